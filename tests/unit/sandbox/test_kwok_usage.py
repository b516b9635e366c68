"""What the pods use, as kwok is told it."""

from typing import Any

import pytest

from sandbox.kwok.model import Model, ServiceModel
from sandbox.kwok.usage import PodFacts, facts_of, metric, millicores, usages

pytestmark = pytest.mark.unit


def pod(
    name: str, app: str = "front-end", phase: str = "Running", *, serves: bool = True, namespace: str = "example"
) -> PodFacts:
    return PodFacts(namespace, name, app, "", app or "main", phase, serves)


def cpu(model: Model, *pods: PodFacts) -> dict[str, str]:
    """The CPU of each pod's first container, by the pod's name."""
    found: dict[str, str] = {}
    for thing in usages(model, pods).values():
        for name in thing["spec"]["selector"]["matchNames"]:
            assert name not in found, "two objects fit one pod"
            found[name] = thing["spec"]["usages"][0]["usage"]["cpu"]["value"]
    return found


def test_idle_and_load_add_up_on_each_pod() -> None:
    model = Model(services={"front-end": ServiceModel(idle_millicores=1.2, load_millicores_per_pod=26.8)})
    assert cpu(model, pod("a"), pod("b")) == {"a": "28000u", "b": "28000u"}


def test_a_shared_load_is_split_among_the_pods_that_serve() -> None:
    model = Model(services={"front-end": ServiceModel(load_millicores_total=400.0)})
    two = (pod("a"), pod("b"), pod("c", serves=False))
    assert cpu(model, *two) == {"a": "201000u", "b": "201000u", "c": "1000u"}
    assert cpu(model, *two, pod("d"), pod("e"))["a"] == "101000u"


def test_no_pod_to_serve_is_no_division_by_zero() -> None:
    model = Model(services={"front-end": ServiceModel(load_millicores_total=400.0)})
    assert millicores(model, "front-end", 0) == 1.0
    assert cpu(model, pod("a", serves=False)) == {"a": "1000u"}


def test_services_do_not_share_each_others_load() -> None:
    model = Model(services={"front-end": ServiceModel(load_millicores_total=100.0)})
    assert cpu(model, pod("a"), pod("b", "users")) == {"a": "101000u", "b": "1000u"}


@pytest.mark.parametrize("phase", ["Pending", "Succeeded", "Failed"])
def test_a_pod_without_running_containers_uses_nothing(phase: str) -> None:
    assert cpu(Model(), pod("a", phase=phase, serves=False)) == {"a": "0u"}


def test_pods_of_one_name_in_two_namespaces_are_told_apart() -> None:
    made = usages(Model(), [pod("web-0"), pod("web-0", namespace="other")]).values()
    assert [thing["spec"]["selector"]["matchNamespaces"] for thing in made] == [["example"], ["other"]]


def test_a_sidecar_uses_little_and_never_nothing() -> None:
    (thing,) = usages(
        Model(services={"users": ServiceModel(load_millicores_per_pod=50.0)}), [pod("a", "users")]
    ).values()
    first, others = thing["spec"]["usages"]
    assert first["containers"] == ["users"]
    assert others == {"usage": {"cpu": {"value": "1000u"}, "memory": {"value": str(16 * 1024 * 1024)}}}


def test_names_are_kubernetes_names_and_differ() -> None:
    made = usages(Model(), [pod("a", "My_App"), pod("b", "my-app"), pod("c", ""), pod("d", serves=False)])
    assert len(made) == 4
    for name in made:
        assert name == name.lower()
        assert name.replace("-", "").isalnum()


def test_the_objects_are_the_same_however_the_pods_are_listed() -> None:
    pods = [pod("a"), pod("b"), pod("c", "users")]
    assert usages(Model(), pods) == usages(Model(), reversed(pods))


def test_metrics_server_finds_what_it_reads() -> None:
    spec = metric()["spec"]
    assert spec["path"] == "/metrics/nodes/{nodeName}/metrics/resource"
    assert {each["name"] for each in spec["metrics"]} == {
        "container_cpu_usage_seconds_total",
        "container_memory_working_set_bytes",
        "container_start_time_seconds",
        "node_cpu_usage_seconds_total",
        "node_memory_working_set_bytes",
    }


def described(**changes: Any) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "example", "name": "a", "labels": {"app": "users"}, **changes.pop("metadata", {})},
        "spec": {"containers": [{"name": "main"}, {"name": "db"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}], **changes},
    }


def test_a_ready_pod_serves_until_it_leaves() -> None:
    assert facts_of(described()) == PodFacts("example", "a", "users", "", "main", "Running", serves=True)
    leaving = described(metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})
    assert not facts_of(leaving).serves
    assert not facts_of(described(conditions=[{"type": "Ready", "status": "False"}])).serves


def test_a_pod_without_labels_or_status_has_facts_too() -> None:
    bare = {"metadata": {"namespace": "example", "name": "a"}, "spec": {"containers": [{"name": "main"}]}}
    assert facts_of(bare) == PodFacts("example", "a", "", "", "main", "", serves=False)
