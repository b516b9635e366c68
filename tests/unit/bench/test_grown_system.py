"""Systems with many services."""

import json

import pytest

from bench.grown_system import MOST_SERVICES, settings_of
from infra.stack_file import parse_settings
from tests.stack_values import as_values, stack_config


@pytest.mark.parametrize("services", [1, 3, MOST_SERVICES])
def test_a_grown_prod_is_sound_and_all_its_services_have_images(services: int) -> None:
    grown = settings_of(services, "prod")
    settings = parse_settings("slipway", "prod", as_values({**stack_config("prod"), **json.loads(json.dumps(grown))}))
    assert len(settings.services) == len(settings.images) == services
    assert len({host for service in settings.services.values() for host in service.hosts}) == services


def test_more_than_a_balancer_takes_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 100"):
        settings_of(MOST_SERVICES + 1, "prod")
