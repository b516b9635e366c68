"""The verbs of `python -m sandbox cluster` that change how pods and nodes behave: what they set, say and refuse."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from emulated_account import Account
from held_control_plane import describe, hold
from nodes_account import Nodes

from sandbox.__main__ import main
from sandbox.cluster_command import run_cluster
from sandbox.cluster_model_command import VERBS
from sandbox.kwok.commands import add_bad_image, set_load
from sandbox.kwok.model import Model, ServiceModel, load_model
from sandbox.nodes.instances import State as InstanceState
from sandbox.nodes.instances import all_instances
from sandbox.nodes.outages import failed_zones
from sandbox.refusal import Refusal
from sandbox.state import State
from tests.says import Says

pytestmark = pytest.mark.unit

_EXAMPLES = {
    "load": ["web", "--total", "500"],
    "startup": ["web", "20"],
    "ready": ["web", "no"],
    "bad-image": ["web:2"],
    "calm": [],
    "kill": ["node-1"],
    "fail-zone": ["us-west-2a"],
    "restore-zone": ["us-west-2a"],
}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    monkeypatch.chdir(project)
    return State(tmp_path)


@pytest.fixture
def model(state: State) -> Generator[Path]:
    """The model of the pods of the stack `dev`, whose control plane runs."""
    with hold(describe(state.control_plane("shop", "dev"))) as directory:
        yield directory.model


@pytest.fixture
def nodes(account: Account, model: Path, state: State) -> Nodes:
    """The account of the same state, where the cluster of `dev` has three nodes."""
    assert (account.inventory.path, model.exists()) == (state.account, False)
    return Nodes(account)


def said(capfd: pytest.CaptureFixture[str]) -> list[str]:
    """The lines that were said, which are all that was shown."""
    shown = capfd.readouterr()
    assert shown.out == ""
    return shown.err.splitlines()


def test_every_verb_has_an_example() -> None:
    assert set(_EXAMPLES) == {verb.name for verb in VERBS}


@pytest.mark.parametrize("verb", sorted(_EXAMPLES))
def test_without_a_control_plane_every_verb_is_refused(
    state: State, verb: str, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["--state", str(state.directory), "cluster", verb, *_EXAMPLES[verb], "--stack", "prod"]
    with hold(describe(state.control_plane("shop", "dev"))) as directory:
        assert main(words) == 2
        assert not directory.model.exists()
    assert said(capfd) == [Says("prod", "`make cluster-up STACK=prod`", at="sandbox")]
    assert not state.account.exists()


def test_another_stacks_pods_are_left_alone(state: State, model: Path) -> None:
    with hold(describe(state.control_plane("shop", "prod"))) as prod:
        run_cluster(["startup", "web", "7", "--stack", "prod"], state)
        assert load_model(prod.model).service("web").startup_seconds == 7
    assert not model.exists()


@pytest.mark.parametrize(
    ("words", "expected", "facts"),
    [
        ("load web --per-pod 250", ServiceModel(load_millicores_per_pod=250), ["each", "250 millicores"]),
        ("load web --total 1500.5", ServiceModel(load_millicores_total=1500.5), ["share", "1500.5 millicores"]),
        ("startup web 20", ServiceModel(startup_seconds=20), ["20 s"]),
        ("startup web 0", ServiceModel(startup_seconds=0), ["0 s"]),
        ("ready web no", ServiceModel(ready=False), ["probes", "fail"]),
        ("ready web yes", ServiceModel(ready=True), ["probes", "succeed"]),
    ],
)
def test_a_service_behaves_as_was_said(
    state: State, model: Path, capfd: pytest.CaptureFixture[str], words: str, expected: ServiceModel, facts: list[str]
) -> None:
    assert run_cluster(words.split(), state) == 0
    assert load_model(model) == Model(services={"web": expected})
    assert said(capfd) == [Says("web", *facts, at="sandbox")]


@pytest.mark.parametrize("words", [[], ["--total", "0"], ["--per-pod", "0"]])
def test_a_load_ends_and_the_rest_stays(
    state: State, model: Path, capfd: pytest.CaptureFixture[str], words: list[str]
) -> None:
    run_cluster(["startup", "web", "20"], state)
    set_load(model, "web", total=700)
    capfd.readouterr()
    assert run_cluster(["load", "web", *words], state) == 0
    assert load_model(model).service("web") == ServiceModel(startup_seconds=20)
    assert said(capfd) == [Says("web", "no load", at="sandbox")]


def test_an_image_is_bad_until_all_is_calm(state: State, model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    add_bad_image(model, "cart")
    assert run_cluster(["bad-image", "web:2"], state) == 0
    assert load_model(model).bad_images == ("cart", "web:2")
    assert said(capfd) == [Says("no image", "'web:2'", at="sandbox")]
    assert run_cluster(["calm"], state) == 0
    assert load_model(model) == Model()
    assert said(capfd) == [Says("every service", "first", at="sandbox")]


def test_one_service_is_calmed_by_itself(state: State, model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for app in ("web", "cart"):
        set_load(model, app, total=700)
    add_bad_image(model, "web:2")
    assert run_cluster(["calm", "web"], state) == 0
    left = load_model(model)
    assert (set(left.services), left.bad_images) == ({"cart"}, ("web:2",))
    assert said(capfd) == [Says("web", "first", at="sandbox")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["startup", "web", "-1"], Says("-1.0", "0", "86400", at="services.web.startup_seconds")),
        (["startup", "web", "nan"], Says("NaN", "0", "86400", at="services.web.startup_seconds")),
        (["load", "web", "--total", "1e9"], Says("1000000000.0", "0", at="services.web.load_millicores_total")),
        (["bad-image", ""], Says("empty", at="bad_images")),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(state: State, model: Path, words: list[str], says: Says) -> None:
    with pytest.raises(Refusal) as refused:
        run_cluster(words, state)
    assert says == str(refused.value)
    assert load_model(model) == Model()


@pytest.mark.parametrize(
    "words", ["startup web soon", "ready web maybe", "ready web", "kill", "load web --total 1 --per-pod 1"]
)
def test_wrong_usage_ends_with_2_and_changes_nothing(state: State, model: Path, words: str) -> None:
    with pytest.raises(SystemExit) as end:
        run_cluster(words.split(), state)
    assert end.value.code == 2
    assert not model.exists()


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_node_is_killed_by_its_name_or_its_instance(
    state: State, nodes: Nodes, capfd: pytest.CaptureFixture[str], by: str
) -> None:
    nodes.joined(3)
    victim, *others = all_instances(nodes.inventory)
    assert run_cluster(["kill", getattr(victim, by)], state) == 0
    assert [each.state for each in all_instances(nodes.inventory)] == [
        InstanceState.TERMINATED, InstanceState.RUNNING, InstanceState.RUNNING,
    ]  # fmt: skip
    assert all_instances(nodes.inventory)[1:] == others
    assert said(capfd) == [Says(victim.name, victim.id, "us-west-2a", at="sandbox")]
    assert run_cluster(["kill", victim.name], state) == 0
    assert said(capfd) == [Says(victim.name, victim.id, "already", at="sandbox")]


def test_a_node_that_the_cluster_has_not_is_refused_and_those_it_has_are_named(state: State, nodes: Nodes) -> None:
    nodes.joined(2)
    with pytest.raises(Refusal) as refused:
        run_cluster(["kill", "ip-9"], state)
    assert Says("ip-9", *(each.name for each in all_instances(nodes.inventory))) == str(refused.value)


def test_a_node_of_another_stacks_cluster_is_not_killed(state: State, nodes: Nodes) -> None:
    nodes.joined(1)
    (instance,) = all_instances(nodes.inventory)
    cluster = nodes.cluster
    nodes.inventory.set_property(cluster.type, cluster.id, "endpoint", "https://127.0.0.1:1")
    with pytest.raises(Refusal) as refused:
        run_cluster(["kill", instance.name], state)
    assert Says(instance.name, "none") == str(refused.value)
    assert all_instances(nodes.inventory) == [instance]


def test_a_zone_fails_and_is_restored(state: State, nodes: Nodes, capfd: pytest.CaptureFixture[str]) -> None:
    nodes.joined(3)
    in_a = all_instances(nodes.inventory)[0]
    assert run_cluster(["fail-zone", "us-west-2a"], state) == 0
    assert failed_zones(nodes.inventory) == {"us-west-2a"}
    assert all_instances(nodes.inventory)[0].state is InstanceState.TERMINATED
    assert said(capfd) == [Says("us-west-2a", "failed", in_a.name, at="sandbox")]
    assert run_cluster(["restore-zone", "us-west-2a"], state) == 0
    assert failed_zones(nodes.inventory) == frozenset()
    assert said(capfd) == [Says("us-west-2a", "works", at="sandbox")]


@pytest.mark.usefixtures("nodes")
def test_a_zone_that_nobody_uses_is_refused(state: State) -> None:
    with pytest.raises(Refusal) as refused:
        run_cluster(["fail-zone", "us-west-2z"], state)
    assert Says("'us-west-2z'", "us-west-2a, us-west-2b, us-west-2c") == str(refused.value)


def test_a_zone_that_works_is_not_restored(state: State, nodes: Nodes) -> None:
    for failed in ("none", "us-west-2a"):
        with pytest.raises(Refusal) as refused:
            run_cluster(["restore-zone", "us-west-2b"], state)
        assert Says("us-west-2b", failed) == str(refused.value)
        run_cluster(["fail-zone", "us-west-2a"], state)
    assert failed_zones(nodes.inventory) == {"us-west-2a"}
