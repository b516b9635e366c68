from typing import Any

import pytest

from policy.graph import UNKNOWN, Resource, Stack
from policy.rules_containers import containers_are_bounded
from policy.rules_images import immutable_images
from tests.says import Says
from tests.unit.policy.rule_answers import answers, aws, kubernetes, told_value

pytestmark = pytest.mark.unit

DIGEST = "registry/web@sha256:" + "0" * 64
PATHS = {
    "apps/v1:Deployment": "spec.template.spec",
    "apps/v1:StatefulSet": "spec.template.spec",
    "apps/v1:DaemonSet": "spec.template.spec",
    "batch/v1:Job": "spec.template.spec",
    "batch/v1:CronJob": "spec.jobTemplate.spec.template.spec",
    "core/v1:Pod": "spec",
}
AMOUNTS = [f"resources.{bound}.{what}" for bound in ("requests", "limits") for what in ("cpu", "memory")]
RUN_ONCE = {"batch/v1:Job", "batch/v1:CronJob"}


def container(**changed: Any) -> dict[str, Any]:
    amounts = {"cpu": "100m", "memory": "64Mi"}
    sound = {
        "name": "web",
        "image": DIGEST,
        "livenessProbe": {"httpGet": {"path": "/"}},
        "readinessProbe": {"httpGet": {"path": "/"}},
        "resources": {"requests": amounts, "limits": amounts},
        "securityContext": {"runAsUser": 1000},
    }
    return {key: value for key, value in {**sound, **changed}.items() if value is not None}


def workload(type_: str = "apps/v1:Deployment", **spec: Any) -> Resource:
    inputs: dict[str, Any] = {"containers": [container()], **spec}
    for key in reversed(PATHS[type_].split(".")):
        inputs = {key: inputs}
    return kubernetes(type_, **inputs)


@pytest.mark.parametrize("type_", PATHS)
def test_every_kind_of_workload_is_looked_into(type_: str) -> None:
    assert answers(containers_are_bounded, workload(type_)) == []
    assert answers(containers_are_bounded, workload(type_, containers=[container(securityContext=None)])) == [
        Says(f"{PATHS[type_]}.containers[web].securityContext.runAsUser", "missing")
    ]


@pytest.mark.parametrize("type_", PATHS)
def test_only_what_runs_once_needs_no_probes(type_: str) -> None:
    found = answers(
        containers_are_bounded, workload(type_, containers=[container(livenessProbe=None, readinessProbe={})])
    )
    wanted = [
        Says(f"{PATHS[type_]}.containers[web].{probe}", "missing") for probe in ("livenessProbe", "readinessProbe")
    ]
    assert found == ([] if type_ in RUN_ONCE else wanted)


def test_an_init_container_is_bounded_but_not_probed() -> None:
    init = container(name="init", livenessProbe=None, readinessProbe=None, resources={}, securityContext={})
    found = answers(containers_are_bounded, workload(initContainers=[init]))
    assert found == [
        Says(f"spec.template.spec.initContainers[init].{path}", "missing")
        for path in (*AMOUNTS, "securityContext.runAsUser")
    ]


def test_a_sidecar_is_probed_too() -> None:
    sidecar = container(name="proxy", restartPolicy="Always", readinessProbe=None)
    assert answers(containers_are_bounded, workload(initContainers=[sidecar])) == [
        Says("spec.template.spec.initContainers[proxy].readinessProbe", "missing")
    ]


def test_the_second_container_is_seen() -> None:
    found = answers(containers_are_bounded, workload(containers=[container(), container(name="db", resources=None)]))
    assert found == [Says(f"spec.template.spec.containers[db].{path}", "missing") for path in AMOUNTS]


@pytest.mark.parametrize("amount", [None, "0", 0, "0m", "0.0", "0Mi"])
def test_nothing_is_no_amount(amount: Any) -> None:
    amounts = {"cpu": "1", "memory": "1Gi"}
    resources = {"requests": amounts, "limits": {**amounts, "cpu": amount}}
    assert answers(containers_are_bounded, workload(containers=[container(resources=resources)])) == [
        Says("spec.template.spec.containers[web].resources.limits.cpu", told_value(amount), "above zero")
    ]


@pytest.mark.parametrize("amount", ["0.1", 1, 2.0, "100m", "10", UNKNOWN])
def test_anything_more_is(amount: Any) -> None:
    amounts = {"cpu": amount, "memory": "1Gi"}
    resources = {"requests": amounts, "limits": amounts}
    assert answers(containers_are_bounded, workload(containers=[container(resources=resources)])) == []


@pytest.mark.parametrize(
    ("of_pod", "of_container", "sound"),
    [
        (None, 1000, True),
        (1000, None, True),
        (None, 1000.0, True),  # as the engine hands it on
        (None, UNKNOWN, True),
        (0, 1000, True),
        (1000, 0, False),  # the container's goes first
        (None, None, False),
        (0, None, False),
        (None, "1000", False),
        (None, "postgres", False),
        (None, True, False),
        (None, -1, False),
    ],
)
def test_the_user(of_pod: Any, of_container: Any, sound: bool) -> None:
    pod = workload(
        securityContext={"runAsUser": of_pod}, containers=[container(securityContext={"runAsUser": of_container})]
    )
    assert (answers(containers_are_bounded, pod) == []) is sound


def test_what_is_not_known_yet_breaks_nothing() -> None:
    assert answers(containers_are_bounded, workload(containers=UNKNOWN)) == []
    assert answers(containers_are_bounded, kubernetes("apps/v1:Deployment", spec=UNKNOWN)) == []
    assert answers(immutable_images, workload(containers=[container(image=UNKNOWN)])) == []


def test_other_kinds_are_left_alone() -> None:
    assert (
        answers(containers_are_bounded, kubernetes("helm.sh/v3:Release", chart="x"), aws("ecs/service:Service")) == []
    )


@pytest.mark.parametrize("image", ["web", "web:latest", "web:1.0", "web@sha256:abc", "", None])
def test_an_image_without_a_digest(image: str | None) -> None:
    pod = workload(initContainers=[container(name="init", image=image)])
    assert answers(immutable_images, pod) == [
        Says("spec.template.spec.initContainers[init].image", told_value(image), "@sha256:")
    ]
    assert answers(immutable_images, pod, stack=Stack(protected=False, mutable_images=True)) == []


def test_an_image_by_digest() -> None:
    assert answers(immutable_images, workload()) == []
    assert answers(immutable_images, workload(containers=[container(image=f"web:1.0@sha256:{'a' * 64}")])) == []


@pytest.mark.parametrize("mutability", ["MUTABLE", "IMMUTABLE_WITH_EXCLUSION", None])
def test_a_registry_whose_tags_move(mutability: str | None) -> None:
    repository = aws("ecr/repository:Repository", imageTagMutability=mutability)
    assert answers(immutable_images, repository) == [Says("imageTagMutability", told_value(mutability), "IMMUTABLE")]
    assert answers(immutable_images, repository, stack=Stack(protected=False, mutable_images=True)) == []


def test_a_registry_whose_tags_stay() -> None:
    assert answers(immutable_images, aws("ecr/repository:Repository", imageTagMutability="IMMUTABLE")) == []


@pytest.mark.parametrize(
    ("config", "stack"),
    [
        ({}, Stack(protected=True, mutable_images=False)),
        ({"slipway:immutableImages": "false"}, Stack(protected=True, mutable_images=False)),
        ({"slipway:protect": "false"}, Stack(protected=False, mutable_images=False)),
        (
            {"slipway:protect": "false", "slipway:immutableImages": "false"},
            Stack(protected=False, mutable_images=True),
        ),
        ({"slipway:protect": "no", "slipway:immutableImages": "0"}, Stack(protected=True, mutable_images=False)),
    ],
)
def test_a_stack_without_a_word_has_the_strict_rules(config: dict[str, str], stack: Stack) -> None:
    assert Stack.from_config(config) == stack
