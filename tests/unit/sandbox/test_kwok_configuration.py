"""How kwok is started, and the kinds it reads."""

import json
from pathlib import Path

import pytest

from sandbox.kwok.configuration import ENABLED_KINDS, kwok_command, lease_seconds, metrics_path
from sandbox.kwok.definitions import definitions

pytestmark = pytest.mark.unit


def test_the_command_names_a_file_with_the_nodes_port_on_loopback(tmp_path: Path) -> None:
    command = kwok_command(
        Path("/bin/kwok"), tmp_path / "kubeconfig", tmp_path, 10250, tmp_path / "crt", tmp_path / "key"
    )
    path = Path(command[command.index("--config") + 1])
    options = json.loads(path.read_text())["options"]
    assert command[:3] == ["/bin/kwok", "--kubeconfig", str(tmp_path / "kubeconfig")]
    assert path.parent == tmp_path
    assert (options["serverAddress"], options["nodePort"]) == ("127.0.0.1:10250", 10250)
    assert (options["tlsCertFile"], options["tlsPrivateKeyFile"]) == (str(tmp_path / "crt"), str(tmp_path / "key"))


def test_only_nodes_that_are_marked_and_not_dead_are_kwoks(tmp_path: Path) -> None:
    kwok_command(Path("kwok"), tmp_path, tmp_path, 1, tmp_path, tmp_path)
    options = json.loads((tmp_path / "kwok.json").read_text())["options"]
    assert options["manageNodesWithAnnotationSelector"] == "kwok.x-k8s.io/node=fake"
    assert options["manageNodesWithLabelSelector"] == "!slipway.sandbox/dead"
    assert options["manageAllNodes"] is False


@pytest.mark.parametrize(("grace", "lease"), [(50, 40), (40, 40), (8, 8)])
def test_a_lease_is_renewed_several_times_within_the_nodes_grace(grace: int, lease: int) -> None:
    assert lease_seconds(grace) == lease


def test_a_nodes_figures_have_a_path_of_their_own() -> None:
    assert metrics_path("node-1") == "/metrics/nodes/node-1/metrics/resource"


def test_each_kind_that_kwok_reads_is_defined_and_keeps_what_is_written() -> None:
    made = {each["spec"]["names"]["kind"]: each for each in definitions()}
    assert set(made) == set(ENABLED_KINDS)
    for each in made.values():
        assert each["metadata"]["name"] == f"{each['spec']['names']['plural']}.kwok.x-k8s.io"
        assert each["spec"]["scope"] == "Cluster"
        (version,) = each["spec"]["versions"]
        assert version["schema"]["openAPIV3Schema"]["properties"]["spec"]["x-kubernetes-preserve-unknown-fields"]
