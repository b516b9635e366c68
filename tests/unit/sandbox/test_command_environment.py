"""The environment that `pulumi` gets: nothing in it leads to a real account."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sandbox.fork_client import SOCKET_VARIABLE
from sandbox.pulumi_environment import environment, link_plugins
from sandbox.state import State

pytestmark = pytest.mark.unit

PERSON = {
    "PATH": "/usr/bin",
    "HOME": "/home/someone",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "real",
    "PULUMI_ACCESS_TOKEN": "real",
    "PULUMI_CONFIG_PASSPHRASE": "real",
    "PULUMI_BACKEND_URL": "s3://real",
    "PULUMI_PARALLEL": "4",
    "PULUMI_SKIP_CHECKPOINTS": "true",
    "KUBECONFIG": "/home/someone/.kube/config",
}


def _made(tmp_path: Path, **changes: object) -> dict[str, str]:
    given = {"stack": "dev", "providers": "aws:1", "inherited": PERSON, **changes}
    return environment(State(tmp_path), Path("/tools/pulumi"), **given)  # pyright: ignore[reportArgumentType]


def test_the_persons_own_accounts_stay_out(tmp_path: Path) -> None:
    made = _made(tmp_path)
    assert "real" not in made.values()
    assert "s3://real" not in made.values()
    assert {"AWS_PROFILE", "PULUMI_ACCESS_TOKEN", "KUBECONFIG"}.isdisjoint(made)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PULUMI_PARALLEL", "4"),  # what only changes how things run stays
        ("PULUMI_SKIP_CHECKPOINTS", "true"),
        ("HOME", "/home/someone"),
        ("PULUMI_BACKEND_URL", "file://STATE/backend"),
        ("PULUMI_HOME", "STATE/home"),
        ("PATH", f"STATE/bin:/tools:{Path(sys.executable).parent}:/usr/bin"),  # stand-ins for commands come first
    ],
)
def test_everything_is_kept_in_the_sandbox_and_else_as_the_person_has_it(tmp_path: Path, name: str, value: str) -> None:
    assert _made(tmp_path)[name] == value.replace("STATE", str(tmp_path))


def test_plugins_are_fetched_only_when_real_ones_are_asked_for(tmp_path: Path) -> None:
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" in _made(tmp_path)
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in _made(tmp_path, real=("eks",))


def test_installed_plugins_are_used_and_never_removed(tmp_path: Path) -> None:
    state = State(tmp_path / "sandbox")
    state.prepare()
    (tmp_path / "person" / "plugins" / "resource-eks-v4.4.0").mkdir(parents=True)
    for _ in range(2):
        link_plugins(state, {"PULUMI_HOME": str(tmp_path / "person")})
    assert [each.name for each in (state.pulumi_home / "plugins").iterdir()] == ["resource-eks-v4.4.0"]


def test_only_with_a_server_are_hosts_copies_of_it(tmp_path: Path) -> None:
    assert "SLIPWAY_FORK_CLIENT" not in _made(tmp_path)
    made = _made(tmp_path, inherited={**PERSON, SOCKET_VARIABLE: "/tmp/socket"})
    assert Path(made["SLIPWAY_FORK_CLIENT"]).name == "fork_client.py"
    for host in ("SLIPWAY_LANGUAGE_HOST", "SLIPWAY_POLICY_HOST"):
        assert Path(made[host]).is_file()
