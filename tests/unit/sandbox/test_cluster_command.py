"""`python -m sandbox cluster up|down|kubeconfig`: what is refused, and what a person is told to do instead."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from held_control_plane import ENDPOINT, describe, hold

from sandbox import cluster_command
from sandbox.__main__ import main
from sandbox.cluster_command import run_cluster
from sandbox.control_plane.layout import Directory
from sandbox.control_plane.running import RunningControlPlane
from sandbox.refusal import Refusal
from sandbox.state import State
from sandbox.toolchain import ToolMissing
from tests.says import Says

pytestmark = pytest.mark.unit


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """A project with the stacks `dev` and `prod`, where nothing may be started."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    for stack in ("dev", "prod"):
        (project / f"Pulumi.{stack}.yaml").touch()
    monkeypatch.chdir(project)
    monkeypatch.setattr(cluster_command, "start", _started)
    monkeypatch.setattr(cluster_command, "control_plane_binaries", lambda: None)
    return State(tmp_path / "state")


def _started(*_: object) -> None:
    pytest.fail("a control plane was started")


def stands(state: State, endpoint: str, stack: str = "dev") -> None:
    """Let Pulumi's state of a stack say that its cluster is somewhere."""
    file = state.checkpoint("shop", stack)
    file.parent.mkdir(parents=True, exist_ok=True)
    resources: list[dict[str, object]] = [
        {"type": "pulumi:pulumi:Stack", "outputs": {}},
        {"type": "aws:eks/cluster:Cluster", "outputs": {"endpoint": endpoint}},
    ]
    file.write_text(json.dumps({"checkpoint": {"latest": {"resources": resources}}}))


def test_an_unknown_stack_is_refused_with_exit_code_2_and_the_known_ones_named(
    state: State, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--state", str(state.directory), "cluster", "up", "--stack", "staging"]) == 2
    shown = capfd.readouterr()
    assert (shown.out, shown.err.splitlines()) == ("", [Says("'staging'", "dev, prod", at="sandbox")])
    assert not state.control_plane("shop", "staging").exists()


@pytest.mark.parametrize(
    ("endpoint", "way_out"),
    [
        ("https://ABC.gr7.us-west-2.eks.amazonaws.com", ": make destroy STACK=dev"),
        ("https://127.0.0.1:40001", ": PULUMI_K8S_DELETE_UNREACHABLE=true make destroy STACK=dev"),
    ],
)
def test_a_stack_that_is_up_elsewhere_gets_no_second_cluster(state: State, endpoint: str, way_out: str) -> None:
    stands(state, endpoint)
    with pytest.raises(Refusal) as refused:
        run_cluster(["up"], state)
    assert Says(endpoint, way_out) == str(refused.value)


def test_one_that_runs_is_named_and_left_alone(state: State, capfd: pytest.CaptureFixture[str]) -> None:
    stands(state, ENDPOINT)
    with hold(describe(state.control_plane("shop", "dev"))):
        assert run_cluster(["up"], state) == 0
    assert capfd.readouterr().err.splitlines() == [Says("dev", "already", ENDPOINT, at="sandbox")]


@pytest.mark.parametrize(
    "checkpoint",
    [
        None,
        {"checkpoint": {}},
        {"checkpoint": {"latest": {"resources": None}}},
        {"checkpoint": {"latest": {"resources": [{"type": "aws:eks/cluster:Cluster"}]}}},
    ],
)
def test_a_stack_that_is_not_up_gets_one(
    state: State, checkpoint: object, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    stands(state, "https://127.0.0.1:40001", "prod")  # which is in nobody's way
    if checkpoint is not None:
        stands(state, "")
        state.checkpoint("shop", "dev").write_text(json.dumps(checkpoint))
    asked: list[object] = []

    def start(*arguments: object) -> RunningControlPlane:
        asked.extend(arguments[:4])
        return RunningControlPlane(Directory(state.control_plane("shop", "dev")), ENDPOINT, "Q0E=")

    monkeypatch.setattr(cluster_command, "start", start)
    assert run_cluster(["up", "--pace", "fast"], state) == 0
    assert asked == [state.control_plane("shop", "dev"), state.account, state.token, "fast"]
    assert capfd.readouterr().err.splitlines() == [Says("ready", ENDPOINT, at="sandbox")]


def test_without_its_programs_none_is_started(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ToolMissing("etcd is not there; `make cluster-tools`")

    monkeypatch.setattr(cluster_command, "control_plane_binaries", missing)
    with pytest.raises(Refusal, match=r"etcd .*`make cluster-tools`"):
        run_cluster(["up"], state)


def test_a_kubeconfig_needs_a_control_plane(state: State) -> None:
    with pytest.raises(Refusal) as refused:
        run_cluster(["kubeconfig", "--stack", "prod"], state)
    assert Says("prod", "`make cluster-up STACK=prod`") == str(refused.value)


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """What was asked of the program, which exports a kubeconfig."""
    asked: list[Sequence[str]] = []
    user = {"exec": {"command": "aws", "args": ["eks", "get-token"]}}
    content = {"clusters": [{"cluster": {"server": ENDPOINT}}], "users": [{"user": user}]}

    def run(words: Sequence[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(words)
        return subprocess.CompletedProcess(words, 0, json.dumps(content), "")

    monkeypatch.setattr(cluster_command.subprocess, "run", run)
    return asked


def test_the_kubeconfig_asks_the_stand_in_for_its_token_and_is_its_owners_alone(
    state: State, exported: list[Sequence[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    with hold(describe(state.control_plane("shop", "dev"))):
        assert run_cluster(["kubeconfig"], state) == 0
    file = Path(capfd.readouterr().out.strip())
    content = yaml.safe_load(file.read_text())
    assert content["users"][0]["user"]["exec"]["command"] == str(state.commands / "aws")
    assert content["clusters"][0]["cluster"]["server"] == ENDPOINT
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.is_relative_to(state.directory)
    assert [*exported[0][-3:]] == ["--show-secrets", "--stack", "dev"]


def test_a_stack_that_exports_no_kubeconfig_is_refused(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(words: Sequence[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(words, 255, "", "error: current stack does not have output property\n")

    monkeypatch.setattr(cluster_command.subprocess, "run", fail)
    with hold(describe(state.control_plane("shop", "dev"))), pytest.raises(Refusal) as refused:
        run_cluster(["kubeconfig"], state)
    assert Says("dev", "kubeconfig", "error: current stack does not have output property") == str(refused.value)


@pytest.mark.usefixtures("exported")
def test_down_removes_the_kubeconfig_and_says_how_to_remove_what_still_stands(
    state: State, capfd: pytest.CaptureFixture[str]
) -> None:
    stands(state, ENDPOINT)
    with hold(describe(state.control_plane("shop", "dev"))):
        run_cluster(["kubeconfig"], state)
    file = Path(capfd.readouterr().out.strip())
    assert run_cluster(["down"], state) == 0
    assert not file.exists()
    assert capfd.readouterr().err.splitlines() == [
        Says("no", "dev", at="sandbox"),
        Says("dev", "PULUMI_K8S_DELETE_UNREACHABLE=true make destroy STACK=dev", at="sandbox"),
    ]


def test_down_of_nothing_is_fine(state: State, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_cluster(["down"], state) == 0
    assert capfd.readouterr().err.splitlines() == [Says("no", "dev", at="sandbox")]
