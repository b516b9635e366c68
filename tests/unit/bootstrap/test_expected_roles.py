"""What each kind of role may do, statement by statement, and who may take it: dev's roles, and staging's for promotion.

Other tests ask what is allowed, of each environment's roles; these documents show people one role of each kind whole. A
change of one is a change of somebody's rights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.bootstrap.bootstrapped import ENVIRONMENTS, roles_of

pytestmark = pytest.mark.unit

EXPECTED = sorted(Path(__file__).with_name("expected").glob("*.yaml"))


@pytest.mark.parametrize("file", EXPECTED, ids=lambda file: file.stem)
def test_a_role_may_do_what_is_written_and_nothing_else(file: Path) -> None:
    environment, _, purpose = file.stem.partition("-")
    plan = roles_of(environment)[purpose]
    expected: dict[str, Any] = yaml.safe_load(file.read_text())
    assert plan.trust == {"Version": "2012-10-17", "Statement": expected.pop("trust")}
    assert plan.policies.keys() == expected.keys()
    for name, statements in expected.items():
        assert plan.policies[name] == {"Version": "2012-10-17", "Statement": statements}


def test_each_kind_of_role_is_written_down() -> None:
    assert {file.stem.partition("-")[2] for file in EXPECTED} == {
        purpose for environment in ENVIRONMENTS for purpose in roles_of(environment)
    }
