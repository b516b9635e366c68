"""The Kubernetes provider on a real API server: what it sends, keeps, waits for and says."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from memory_api_server import MemoryApiServer, rolled_out

from sandbox.aws.errors import KubernetesError
from sandbox.inventory import Inventory, Record
from sandbox.kubernetes.api_cluster import ApiCluster
from sandbox.kubernetes.api_types import ApiServerError
from sandbox.kubernetes.awaiting.lookout import Lookout
from sandbox.kubernetes.awaiting.waiting import Waiting
from sandbox.kubernetes.back_end import Seen, Target
from sandbox.kubernetes.connection import Connection, Messages
from sandbox.kubernetes.emulated_cluster import EmulatedCluster
from sandbox.kubernetes.options import Options
from sandbox.kubernetes.releases import Releases
from sandbox.partial_failure import PartialFailureError
from sandbox.values import UNKNOWN, Secret
from tests.says import Says

pytestmark = pytest.mark.unit

_MAP = "kubernetes:core/v1:ConfigMap"
_SECRET = "kubernetes:core/v1:Secret"
_SERVICE = "kubernetes:core/v1:Service"
_DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_JOB = "kubernetes:batch/v1:Job"
_RELEASE = "kubernetes:helm.sh/v3:Release"
_BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
_AUTOSCALER = "kube-controller-manager"

_T = TypeVar("_T")


@dataclass
class Cluster:
    """A cluster in memory, and the provider's hand on it."""

    api: MemoryApiServer
    back_end: ApiCluster
    warnings: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def target(self, type_token: str) -> Target:
        return Target("urn:pulumi:dev::p::t::it", type_token, "it", self.seconds)

    def create(self, type_token: str, **inputs: Any) -> Seen:
        whole = _whole(type_token, inputs)
        return _run(self.back_end.create(self.target(type_token), whole))

    def preview(self, type_token: str, **inputs: Any) -> dict[str, Any]:
        return _run(self.back_end.preview_create(self.target(type_token), _whole(type_token, inputs)))

    def update(self, type_token: str, made: Seen, *ignored: str, **inputs: Any) -> dict[str, Any]:
        whole = _whole(type_token, inputs)
        return _run(self.back_end.update(self.target(type_token), made.id, made.state, whole, ignored))

    def read(self, type_token: str, made: Seen) -> Seen | None:
        return _run(self.back_end.read(self.target(type_token), made.id, made.state, made.inputs))

    def delete(self, type_token: str, made: Seen) -> None:
        _run(self.back_end.delete(self.target(type_token), made.id, made.state))

    def with_options(self, **options: bool) -> Cluster:
        return replace(self, back_end=replace(self.back_end, options=Options(**options)))


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    return asyncio.run(work)


def _whole(type_token: str, inputs: dict[str, Any]) -> dict[str, Any]:
    if type_token == _RELEASE:
        return inputs
    _, version, kind = type_token.split(":")
    return {"apiVersion": version.removeprefix("core/"), "kind": kind, "metadata": {"name": "it"}, **inputs}


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    api, inventory = MemoryApiServer(), Inventory(tmp_path / "account.sqlite")
    inventory.add(
        Record("aws", "aws:eks/cluster:Cluster", "main", outputs={"endpoint": api.endpoint}, scope="us-west-2")
    )
    inventory.add(Record("aws", "aws:eks/nodeGroup:NodeGroup", "main:web", inputs={"clusterName": "main"}))
    connection = Connection({}, _server=api)
    waiting = Waiting(connection.server, Lookout(connection.server, pause=0.0))
    releases = Releases(EmulatedCluster(inventory, api.endpoint, only_releases=True), connection, waiting)
    warnings: list[str] = []
    told: list[str] = []
    messages = Messages(lambda _, text: warnings.append(text), lambda _, text: told.append(text))
    back_end = ApiCluster(connection, waiting, releases, Options(), messages, retries=(0.0, 0.0))
    return Cluster(api, back_end, warnings, told)


def _spec(**content: Any) -> dict[str, Any]:
    return {"replicas": 2, "template": {"spec": {"containers": [{"name": "web", "image": "web:1"}]}}, **content}


class TestCreation:
    """Objects that are new."""

    def test_what_is_kept_is_the_live_object_with_the_inputs_and_the_manager(self, cluster: Cluster) -> None:
        made = cluster.create(_MAP, data={"a": "1"})
        assert made.id == "default/it"
        assert made.state["metadata"]["uid"]
        assert "managedFields" not in made.state["metadata"]
        assert made.state["__inputs"]["data"] == {"a": "1"}
        assert made.state["__initialApiVersion"] == "v1"
        manager = made.state["__fieldManager"]
        assert manager.startswith("pulumi-kubernetes-")
        assert len(manager) == len("pulumi-kubernetes-") + 8
        assert cluster.api.of("ConfigMap", "it")["metadata"]["managedFields"][0]["manager"] == manager

    def test_what_exists_already_is_refused_unless_it_may_be_taken_over(self, cluster: Cluster) -> None:
        cluster.create(_MAP)
        with pytest.raises(KubernetesError, match=r'^creating ConfigMap .*configmaps "it" already') as caught:
            cluster.create(_MAP)
        assert "emulated" not in str(caught.value)
        assert cluster.with_options(upserts=True).create(_MAP, data={"a": "1"}).id == "default/it"

    def test_a_missing_namespace_is_waited_for_a_little(self, cluster: Cluster) -> None:
        inputs = {"metadata": {"name": "it", "namespace": "shop"}}
        with pytest.raises(KubernetesError, match='namespaces "shop" not found'):
            cluster.create(_MAP, **inputs)
        assert len(cluster.told) == 2
        cluster.api.put("v1", "Namespace", "shop")
        assert cluster.create(_MAP, **inputs).id == "shop/it"

    def test_an_unknown_kind_says_what_to_do(self, cluster: Cluster) -> None:
        with pytest.raises(KubernetesError) as caught:
            cluster.create(_BINDING)
        assert Says('kind "TargetGroupBinding"', '"elbv2.k8s.aws/v1beta1"', "CRDs") == str(caught.value)

    def test_warnings_of_the_api_server_reach_people(self, cluster: Cluster) -> None:
        cluster.api.warnings = ("deprecated",)
        cluster.create(_MAP)
        assert cluster.warnings == ["deprecated"]

    def test_secret_values_are_neither_shown_nor_kept_in_the_open(self, cluster: Cluster) -> None:
        cluster.api.play = lambda thing: thing.update(data={"p": "aHVudGVyMg=="})
        made = cluster.create(_SECRET, stringData=Secret({"p": "hunter2"}))
        seen = cluster.read(_SECRET, made)
        assert seen is not None
        assert isinstance(seen.state["data"], Secret)
        assert seen.inputs == made.inputs
        assert "hunter2" not in repr((made, seen))
        assert "aHVudGVyMg==" not in repr(seen)
        cluster.api.refusal = ApiServerError(422, "Invalid", 'Invalid value: "hunter2"')
        with pytest.raises(KubernetesError) as caught:
            cluster.create(_MAP, data={"p": Secret("hunter2")})
        assert "hunter2" not in str(caught.value)


class TestPreview:
    """What is known before anything is done."""

    def test_a_dry_run_fills_in_what_is_certain(self, cluster: Cluster) -> None:
        seen = cluster.preview(_SERVICE, spec={"clusterIP": "10.0.0.1", "ports": [{"port": 80}]})
        assert seen["metadata"]["namespace"] == "default"
        assert (seen["metadata"]["uid"], seen["status"]) == (UNKNOWN, UNKNOWN)
        assert seen["spec"]["clusterIP"] == "10.0.0.1"
        assert cluster.api.objects.keys() == {("Namespace", "", "default")}

    @pytest.mark.parametrize("inputs", [{"metadata": {"name": "it", "namespace": "shop"}}, {"data": {"a": UNKNOWN}}])
    def test_what_cannot_be_tried_is_guessed(self, cluster: Cluster, inputs: dict[str, Any]) -> None:
        assert cluster.preview(_MAP, **inputs)["metadata"]["uid"] is UNKNOWN

    def test_an_unknown_kind_or_an_unreachable_cluster_is_no_mistake_yet(self, cluster: Cluster) -> None:
        assert cluster.preview(_BINDING)["metadata"]["name"] == "it"
        cluster.api.reachable = False
        assert cluster.preview(_MAP)["metadata"]["name"] == "it"

    def test_a_mistake_is_found(self, cluster: Cluster) -> None:
        cluster.api.refusal = ApiServerError(400, "BadRequest", 'unknown field "spec.replicaCount"')
        with pytest.raises(KubernetesError, match="replicaCount"):
            cluster.preview(_DEPLOYMENT, spec=_spec())

    def test_an_update_shows_what_comes_of_it(self, cluster: Cluster) -> None:
        made = cluster.create(_MAP, data={"a": "1", "b": "2"})
        target, inputs = cluster.target(_MAP), _whole(_MAP, {"data": {"a": "2"}})
        seen = _run(cluster.back_end.preview_update(target, made.state, inputs, []))
        assert seen["data"]["a"] == "2"
        assert seen["metadata"]["uid"] == made.state["metadata"]["uid"]
        assert seen["metadata"]["resourceVersion"] is UNKNOWN
        assert cluster.api.of("ConfigMap", "it")["data"] == {"a": "1", "b": "2"}


class TestUpdate:
    """Objects that change."""

    def test_fields_that_left_the_program_leave_the_object(self, cluster: Cluster) -> None:
        made = cluster.create(_MAP, data={"a": "1", "b": "2"})
        cluster.update(_MAP, made, data={"a": "2"})
        assert cluster.api.of("ConfigMap", "it")["data"] == {"a": "2"}

    def test_what_was_edited_by_hand_is_seen_and_undone(self, cluster: Cluster) -> None:
        made = cluster.create(_MAP, data={"a": "1"})
        cluster.api.edit(cluster.api.of("ConfigMap", "it"), "data.a", "edited")
        seen = cluster.read(_MAP, made)
        assert seen is not None
        assert seen.inputs["data"] == seen.state["__inputs"]["data"] == {"a": "edited"}
        cluster.update(_MAP, made, data={"a": "1"})
        assert cluster.api.of("ConfigMap", "it")["data"] == {"a": "1"}

    def test_another_controllers_field_is_a_conflict_unless_taken(self, cluster: Cluster) -> None:
        made = cluster.create(_MAP, data={"a": "1"})
        cluster.api.edit(cluster.api.of("ConfigMap", "it"), "data.a", "theirs", manager="operator")
        with pytest.raises(KubernetesError) as caught:
            cluster.update(_MAP, made, data={"a": "1"})
        assert Says("1 conflict", '"operator"', ".data.a", at="updating ConfigMap 'default/it'") == str(caught.value)
        cluster.with_options(takes_fields=True).update(_MAP, made, data={"a": "1"})
        assert cluster.api.of("ConfigMap", "it")["data"] == {"a": "1"}

    def test_the_autoscalers_replicas_are_never_reset(self, cluster: Cluster) -> None:
        cluster.api.play = rolled_out
        made = cluster.create(_DEPLOYMENT, spec=_spec())
        live = cluster.api.of("Deployment", "it")
        cluster.api.edit(live, "spec.replicas", 5, manager=_AUTOSCALER, subresource="scale")
        rolled_out(live)
        seen = cluster.read(_DEPLOYMENT, made)
        assert seen is not None
        assert seen.inputs == made.inputs
        changed = _spec(paused=True)
        state = cluster.update(_DEPLOYMENT, made, "spec.replicas", spec=changed)
        assert cluster.api.of("Deployment", "it")["spec"]["replicas"] == 5
        assert state["__inputs"]["spec"] == changed
        assert state["__fieldManager"] == made.state["__fieldManager"]

    def test_what_is_gone_cannot_change(self, cluster: Cluster) -> None:
        made = cluster.create(_MAP)
        del cluster.api.objects["ConfigMap", "default", "it"]
        assert cluster.read(_MAP, made) is None
        with pytest.raises(KubernetesError, match="not found"):
            cluster.update(_MAP, made)


class TestWaiting:
    """Objects that take their time, or never get there."""

    def test_a_rollout_is_waited_for(self, cluster: Cluster) -> None:
        cluster.api.play = rolled_out
        made = cluster.create(_DEPLOYMENT, spec=_spec())
        assert made.state["status"]["availableReplicas"] == 2
        assert cluster.told == [Says("controller")]

    def test_a_rollout_that_fails_leaves_the_object_with_reasons_and_the_next_update_mends_it(
        self, cluster: Cluster
    ) -> None:
        cluster.api.play = partial(_with_a_pod_that_cannot_pull, cluster.api)
        cluster.seconds = 0.05
        with pytest.raises(PartialFailureError) as caught:
            cluster.create(_DEPLOYMENT, spec=_spec())
        failure = caught.value
        assert failure.id == "default/it"
        assert failure.state["__inputs"]["spec"] == _spec()
        assert Says("Deployment default/it", "timed out") == str(failure)
        assert Says("[MinimumReplicasUnavailable] too few") in failure.reasons
        assert Says("container 'web'", "ErrImagePull", "no such tag", at="pod it-1") in failure.reasons
        made = Seen(failure.id, dict(failure.state), dict(failure.state["__inputs"]))
        with pytest.raises(PartialFailureError, match="ErrImagePull"):
            cluster.read(_DEPLOYMENT, made)
        cluster.api.play = rolled_out
        mended = cluster.update(_DEPLOYMENT, made, spec=_spec(paused=False))
        assert mended["status"]["availableReplicas"] == 2

    def test_a_failed_job_says_why(self, cluster: Cluster) -> None:
        cluster.api.play = partial(_with_a_pod_that_fails, cluster.api)
        with pytest.raises(PartialFailureError) as caught:
            cluster.create(_JOB)
        assert Says("Job default/it", "[BackoffLimitExceeded] too often") in caught.value.reasons
        assert Says("container 'job'", "3", "no such table", at="pod it-1") in caught.value.reasons

    def test_nothing_is_waited_for_where_the_program_says_so(self, cluster: Cluster) -> None:
        metadata = {"name": "it", "annotations": {"pulumi.com/skipAwait": "true"}}
        made = cluster.create(_DEPLOYMENT, metadata=metadata, spec=_spec())
        assert cluster.read(_DEPLOYMENT, made) is not None

    def test_an_object_that_is_deleted_meanwhile_is_not_waited_for(self, cluster: Cluster) -> None:
        cluster.api.play = lambda _: cluster.api.objects.pop(("Deployment", "default", "it"))
        with pytest.raises(PartialFailureError, match=r"Deployment default/it .*\bdeleted\b"):
            cluster.create(_DEPLOYMENT, spec=_spec())

    def test_a_cluster_that_goes_away_is_not_waited_for_until_the_time_is_over(self, cluster: Cluster) -> None:
        waiting = replace(cluster.back_end.waiting, longest_silence=0.05)
        cluster.back_end = replace(cluster.back_end, waiting=waiting)
        cluster.api.play = lambda _: setattr(cluster.api, "reachable", False)
        with pytest.raises(PartialFailureError, match=r"Deployment default/it: .*unreachable: https://") as caught:
            cluster.create(_DEPLOYMENT, spec=_spec())
        assert caught.value.id == "default/it"

    def test_waits_end_when_they_are_cancelled(self, cluster: Cluster) -> None:
        cluster.api.play = lambda _: cluster.back_end.cancel()
        with pytest.raises(PartialFailureError, match=r"Deployment default/it .*cancelled") as caught:
            cluster.create(_DEPLOYMENT, spec=_spec())
        made = Seen(caught.value.id, dict(caught.value.state), {})
        cluster.api.of("Deployment", "it")["metadata"]["finalizers"] = ["example.com/keep"]
        with pytest.raises(KubernetesError, match=r"^Deployment default/it: cancelled .*example\.com/keep"):
            cluster.delete(_DEPLOYMENT, made)

    def test_many_waits_look_together(self, cluster: Cluster) -> None:
        things = [cluster.api.put("apps/v1", "Deployment", f"it-{number}", "default") for number in range(50)]
        lookout = Lookout(lambda: cluster.api, pause=0.3)

        async def look_at_all() -> list[Any]:
            return await asyncio.gather(*(lookout.look(thing) for thing in things))

        assert [seen["metadata"]["name"] for seen in _run(look_at_all())][:2] == ["it-0", "it-1"]
        lists = [path for _, path in cluster.api.requests if path.endswith("/deployments")]
        assert len(lists) <= 2


class TestDeletion:
    """Objects that go."""

    def test_it_goes_in_the_foreground_or_as_annotated(self, cluster: Cluster) -> None:
        cluster.delete(_MAP, cluster.create(_MAP))
        assert ("ConfigMap", "default", "it") not in cluster.api.objects
        annotations = {"pulumi.com/deletionPropagationPolicy": "orphan"}
        cluster.delete(_MAP, cluster.create(_MAP, metadata={"name": "it", "annotations": annotations}))
        assert [each["propagationPolicy"] for each in cluster.api.deletions] == ["Foreground", "Orphan"]

    def test_what_is_gone_or_of_no_known_kind_any_more_counts_as_deleted(self, cluster: Cluster) -> None:
        made = cluster.create(_MAP)
        cluster.delete(_MAP, made)
        cluster.delete(_MAP, made)
        cluster.delete(_BINDING, made)
        assert cluster.read(_BINDING, made) is None

    def test_finalizers_that_stay_are_named(self, cluster: Cluster) -> None:
        made = cluster.create(_MAP)
        cluster.api.of("ConfigMap", "it")["metadata"]["finalizers"] = ["example.com/keep"]
        cluster.seconds = 0.05
        with pytest.raises(KubernetesError, match=r"^ConfigMap default/it: timed out .*0 s .*example\.com/keep"):
            cluster.delete(_MAP, made)

    def test_another_object_of_that_name_is_not_waited_for(self, cluster: Cluster) -> None:
        made = cluster.create(_MAP)
        thing = cluster.api.of("ConfigMap", "it")
        thing["metadata"]["finalizers"] = ["example.com/keep"]
        cluster.api.deletions = _Replacing(cluster.api)
        cluster.delete(_MAP, made)


class TestUnreachable:
    """A cluster that does not answer."""

    def test_nothing_can_be_done_and_the_message_says_how_to_go_on(self, cluster: Cluster) -> None:
        made = cluster.create(_MAP)
        cluster.api.reachable = False
        unreachable, way_out = "unreachable: https://127.0.0.1:6443", "PULUMI_K8S_DELETE_UNREACHABLE=true"
        with pytest.raises(KubernetesError, match=unreachable):
            cluster.create(_MAP)
        with pytest.raises(KubernetesError, match=unreachable):
            cluster.update(_MAP, made)
        for act in (cluster.read, cluster.delete):
            with pytest.raises(KubernetesError, match=f"{unreachable}.*{way_out}"):
                act(_MAP, made)

    def test_its_objects_are_forgotten_with_a_warning_on_request(self, cluster: Cluster) -> None:
        made = cluster.create(_MAP)
        cluster.api.reachable = False
        forgetful = cluster.with_options(deletes_unreachable=True)
        forgetful.delete(_MAP, made)
        assert forgetful.read(_MAP, made) is None
        assert cluster.warnings == [Says("unreachable", "https://127.0.0.1:6443")] * 2


class TestReleases:
    """Helm releases, which are recorded only."""

    def test_the_controllers_chart_brings_its_definition_and_leaves_it(self, cluster: Cluster) -> None:
        cluster.api.play = _established
        cluster.api.put("v1", "Namespace", "kube-system")
        inputs = {"name": "controller", "chart": "aws-load-balancer-controller", "namespace": "kube-system"}
        made = cluster.create(_RELEASE, **inputs)
        assert made.state["status"]["status"] == "deployed"
        name = "targetgroupbindings.elbv2.k8s.aws"
        assert cluster.api.of("CustomResourceDefinition", name, "")["spec"]["group"] == "elbv2.k8s.aws"
        seen = cluster.read(_RELEASE, made)
        assert seen is not None
        assert seen.state == made.state
        assert cluster.update(_RELEASE, made, **inputs, version="2")["status"]["revision"] == 2
        cluster.delete(_RELEASE, made)
        assert cluster.read(_RELEASE, made) is None
        assert cluster.api.of("CustomResourceDefinition", name, "")

    def test_a_release_needs_its_namespace_and_an_answer(self, cluster: Cluster) -> None:
        with pytest.raises(KubernetesError, match='namespaces "shop" not found'):
            cluster.create(_RELEASE, name="shop", chart="shop", namespace="shop")
        cluster.create(_RELEASE, name="shop", chart="shop", namespace="shop", createNamespace=True)
        assert cluster.api.of("Namespace", "shop", "")
        cluster.api.reachable = False
        with pytest.raises(KubernetesError, match="unreachable"):
            cluster.create(_RELEASE, name="other", chart="other", namespace="shop")


class _Replacing(list[dict[str, Any]]):
    """Once the object is to be deleted, another one has taken its place."""

    def __init__(self, api: MemoryApiServer) -> None:
        super().__init__()
        self.api = api

    def append(self, options: dict[str, Any]) -> None:
        super().append(options)
        self.api.put("v1", "ConfigMap", "it", "default", metadata={"uid": "another"})


def _established(thing: dict[str, Any]) -> None:
    if thing["kind"] == "CustomResourceDefinition":
        thing["status"] = {"conditions": [{"type": "Established", "status": "True"}]}


def _owned(name: str, owner: dict[str, Any], **content: Any) -> dict[str, Any]:
    metadata = {
        "name": name, "namespace": "default", "uid": f"uid of {name}",
        "ownerReferences": [{"uid": owner["metadata"]["uid"]}], **content.pop("metadata", {}),
    }  # fmt: skip
    return {"metadata": metadata, **content}


def _with_a_pod_that_cannot_pull(api: MemoryApiServer, thing: dict[str, Any]) -> None:
    if thing["kind"] != "Deployment":
        return
    first = {"annotations": {"deployment.kubernetes.io/revision": "1"}}
    thing["metadata"].update(first)
    bad = {"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "message": "too few"}
    thing["status"] = {"observedGeneration": thing["metadata"]["generation"], "conditions": [bad]}
    replica_set = _owned("it-0", thing, metadata=first)
    waiting = {"name": "web", "state": {"waiting": {"reason": "ErrImagePull", "message": "no such tag"}}}
    pod = _owned("it-1", replica_set, status={"phase": "Pending", "containerStatuses": [waiting]})
    api.objects["ReplicaSet", "default", "it-0"] = replica_set
    api.objects["Pod", "default", "it-1"] = pod


def _with_a_pod_that_fails(api: MemoryApiServer, thing: dict[str, Any]) -> None:
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}
    thing["status"] = {"conditions": [failed]}
    ended = {"name": "job", "state": {"terminated": {"exitCode": 3, "message": "no such table"}}}
    api.objects["Pod", "default", "it-1"] = _owned("it-1", thing, status={"containerStatuses": [ended]})
