"""Systems with many services."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.grown_system import MOST_SERVICES, nodes_for, settings_of, write_with_internal
from capacity.check import check_capacity
from infra.stack_file import parse_settings
from tests import capacity_settings
from tests.stack_values import as_values, stack_config


@pytest.mark.parametrize("services", [1, 3, MOST_SERVICES])
def test_a_grown_prod_is_sound_and_all_its_services_have_images(services: int) -> None:
    grown = settings_of(services, "prod")
    settings = parse_settings("slipway", "prod", as_values({**stack_config("prod"), **json.loads(json.dumps(grown))}))
    assert len(settings.services) == len(settings.images) == services
    assert len({host for service in settings.services.values() for host in service.hosts}) == services


@pytest.mark.parametrize("services", [10, 1000])
def test_internal_services_come_beside_those_of_prod(services: int, tmp_path: Path) -> None:
    project = write_with_internal(services, "prod", tmp_path)
    written: dict[str, Any] = yaml.safe_load((project / "Pulumi.prod.yaml").read_text())["config"]
    # Passwords are in no file; these are `stack_config`'s.
    written["slipway:database"] = stack_config("prod")["slipway:database"]
    settings = parse_settings("slipway", "prod", as_values({**stack_config("prod"), **written}))
    internal = {name for name, service in settings.services.items() if not service.hosts}
    assert len(internal) == services
    assert internal < set(settings.images)
    assert set(settings.services) - internal == {"frontend", "thoughts", "users"}
    assert check_capacity(settings, datetime(2026, 6, 1, tzinfo=UTC)).errors == ()


def test_more_than_a_balancer_takes_is_refused() -> None:
    with pytest.raises(ValueError, match=rf"^{MOST_SERVICES + 1} services: .*\b{MOST_SERVICES}$"):
        settings_of(MOST_SERVICES + 1, "prod")


@pytest.mark.parametrize("services", [3, 30, MOST_SERVICES])
def test_prod_has_room_for_them(services: int) -> None:
    def grow(config: dict[str, Any]) -> None:
        config.update(settings_of(services, "prod"))
        path, size = next(iter(nodes_for(services).items()))
        assert path == "slipway:nodeGroups.baseline.size"
        config["slipway:nodeGroups"]["baseline"]["size"] = size

    assert check_capacity(capacity_settings.settings_of("prod", grow), datetime(2026, 6, 1, tzinfo=UTC)).errors == ()
