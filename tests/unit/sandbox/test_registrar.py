"""The registrar on a cluster in memory and an emulated account, with a clock of the test's own."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from emulated_account import CONTROLLER, Account, Made, Network
from fake_cluster import FakeCluster

from sandbox.aws.errors import AwsError
from sandbox.inventory import Record
from sandbox.kubernetes.api_types import KindUnknownError, UnreachableError
from sandbox.registrar.registrar import Registrar
from tests.engine.processes import wait_until
from tests.says import Says

pytestmark = pytest.mark.unit

_RELEASE = "kubernetes:helm.sh/v3:Release"


class World:
    """A balancer with a target group, a cluster with its controller released, and the registrar between them."""

    def __init__(self, account: Account) -> None:
        self.account, self.inventory = account, account.inventory
        self.network: Network = account.network()
        self.eks = account.cluster(self.network)
        self.group = self.target_group("targets")
        self.balancer = account.balancer(self.network)
        self.listener = account.listener(self.balancer, self.group)
        self.release()
        self.cluster = FakeCluster()
        self.cluster.service()
        for letter in "abc":
            self.cluster.node(f"node-{letter}", f"us-west-2{letter}")
        self.time = datetime(2026, 11, 23, 8, tzinfo=UTC)
        self.registrar = self.new_registrar()

    def target_group(self, name: str) -> Made:
        checks = {"interval": 10, "healthyThreshold": 2, "unhealthyThreshold": 2, "timeout": 5}
        inputs = {"port": 8000, "protocol": "HTTP", "vpcId": self.network.vpc.id, "targetType": "ip"}
        settings = {"name": name, "healthCheck": checks, "deregistrationDelay": 30}
        return self.account.create("aws:lb/targetGroup:TargetGroup", name, {**inputs, **settings})

    def release(self) -> None:
        role = self.account.role("controller", "pods.eks.amazonaws.com")
        identity = {"namespace": "kube-system", "serviceAccount": "controller", "roleArn": role.arn}
        association = {"clusterName": self.eks.id, **identity}
        self.account.create("aws:eks/podIdentityAssociation:PodIdentityAssociation", "controller", association)
        record = Record("kubernetes", _RELEASE, "kube-system/controller", scope=self.eks.id, inputs=dict(CONTROLLER))
        self.released = self.inventory.add(record)

    def new_registrar(self) -> Registrar:
        api: Any = self.cluster
        return Registrar(api, self.inventory, str(self.eks["endpoint"]), 1.0, lambda: self.time)

    def look(self, seconds: float = 0, *, sliced: bool = True) -> None:
        """Let time pass and the registrar look, until it finds nothing more to do."""
        self.time += timedelta(seconds=seconds)
        for _ in range(3):
            if sliced:
                self.cluster.slice()
            for mirror in self.registrar.mirrors:
                mirror.read()
            self.registrar.step()

    def targets(self) -> dict[str, str]:
        """The states of the targets by their pod."""
        records = self.inventory.list(type="aws:lb/target")
        return {str(record.outputs["pod"]).removeprefix("example/"): record.outputs["state"] for record in records}

    def bind(self, *pods: str) -> None:
        """A binding, and pods behind it."""
        self.cluster.binding(self.group.arn)
        for number, pod in enumerate(pods, 5):
            self.cluster.pod(pod, f"10.10.32.{number}")
        self.look()

    def serve(self, *pods: str) -> None:
        """The same, with the pods' targets healthy."""
        self.bind(*pods)
        self.look(10)
        assert set(self.targets().values()) == {"healthy"}

    def binding(self) -> dict[str, Any] | None:
        return self.cluster.get("TargetGroupBinding", "web")


@pytest.fixture
def world(account: Account) -> World:
    return World(account)


def test_a_binding_gets_the_finalizer_and_its_generation_is_told(world: World) -> None:
    world.bind()
    binding = world.binding()
    assert binding is not None
    assert binding["metadata"]["finalizers"] == ["elbv2.k8s.aws/resources"]
    assert binding["status"]["observedGeneration"] == 1


def test_a_pod_is_registered_and_its_gate_opens_once_its_target_is_healthy(world: World) -> None:
    world.bind("web-1")
    assert world.targets() == {"web-1": "initial"}
    assert world.cluster.gate("web-1") == "False"
    world.look(9)
    assert world.cluster.gate("web-1") == "False"
    world.look(1)
    assert world.targets() == {"web-1": "healthy"}
    assert world.cluster.gate("web-1") == "True"
    record = world.inventory.list(type="aws:lb/target")[0]
    assert record.owner == f"aws:lb/targetGroup:TargetGroup|{world.group.id}"
    assert record.outputs["port"] == 8000
    assert record.outputs["availabilityZone"] == "us-west-2a"
    assert record.outputs["registered"] == "2026-11-23T08:00:00.000+00:00"


def test_a_gate_costs_two_requests_and_nothing_is_asked_again(world: World) -> None:
    world.serve("web-1")
    world.look(100)
    assert [kind for kind, *_ in world.cluster.patches].count("Pod") == 2


def test_a_pod_without_a_gate_is_registered_too(world: World) -> None:
    world.cluster.binding(world.group.arn)
    world.cluster.pod("web-1", "10.10.32.5", gate="")
    world.look()
    world.look(10)
    assert world.targets() == {"web-1": "healthy"}
    assert world.cluster.gate("web-1") == ""


def test_a_pod_whose_containers_are_not_ready_is_no_target(world: World) -> None:
    world.cluster.binding(world.group.arn)
    world.cluster.pod("web-1", "10.10.32.5", ready=False)
    world.look()
    assert world.targets() == {}
    world.cluster.pod("web-1", "10.10.32.5")
    world.look()
    assert world.targets() == {"web-1": "initial"}


def test_a_group_that_nothing_sends_to_keeps_its_gates_shut(world: World) -> None:
    world.account.delete(world.listener)
    world.bind("web-1")
    world.look(60)
    assert world.targets() == {"web-1": "unused"}
    assert world.cluster.gate("web-1") == "False"
    world.account.listener(world.balancer, world.group)
    world.look()
    world.look(10)
    assert world.targets() == {"web-1": "healthy"}
    assert world.cluster.gate("web-1") == "True"


def test_a_target_outside_the_balancers_zones_is_unused(world: World) -> None:
    world.cluster.node("node-d", "us-west-2d")
    world.cluster.binding(world.group.arn)
    world.cluster.pod("web-1", "10.10.32.5", node="node-d")
    world.look()
    assert world.targets() == {"web-1": "unused"}


def test_a_rule_that_forwards_is_use_as_well(world: World) -> None:
    other = world.target_group("other")
    action = {"type": "forward", "forward": {"targetGroups": [{"arn": other.arn, "weight": 1}]}}
    conditions = [{"hostHeader": {"values": ["example.com"]}}]
    world.account.create(
        "aws:lb/listenerRule:ListenerRule",
        "rule",
        {"listenerArn": world.listener.arn, "actions": [action], "conditions": conditions},
    )
    world.cluster.binding(other.arn)
    world.cluster.pod("web-1", "10.10.32.5")
    world.look()
    assert world.targets() == {"web-1": "initial"}


def test_a_deleted_pod_leaves_at_once_and_drains_for_the_delay(world: World) -> None:
    world.serve("web-1", "web-2")
    world.cluster.delete("Pod", "web-1")
    world.look(1, sliced=False)  # even before its endpoint says so
    assert world.targets() == {"web-1": "draining", "web-2": "healthy"}
    record = world.inventory.list(type="aws:lb/target")[0]
    assert record.outputs["deregistered"] == "2026-11-23T08:00:11.000+00:00"
    world.cluster.gone("Pod", "web-1")
    world.look(29)
    assert world.targets()["web-1"] == "draining"
    world.look(1)
    assert world.targets() == {"web-2": "healthy"}


def test_a_pod_that_is_not_ready_any_more_leaves_and_is_registered_anew(world: World) -> None:
    world.serve("web-1")
    world.cluster.pod("web-1", "10.10.32.5", ready=False)
    world.look()
    assert world.targets() == {"web-1": "draining"}
    world.cluster.pod("web-1", "10.10.32.5")
    world.look(5)
    assert world.targets() == {"web-1": "initial"}
    assert world.cluster.gate("web-1") == "False"
    world.look(10)
    assert world.cluster.gate("web-1") == "True"


def test_an_address_that_a_new_pod_has_got_is_checked_anew(world: World) -> None:
    world.serve("web-1")
    world.cluster.gone("Pod", "web-1")
    world.cluster.pod("web-2", "10.10.32.5")
    world.look()
    assert world.targets() == {"web-2": "initial"}


def test_a_pod_on_a_node_that_is_gone_quiet_counts_only_when_there_is_no_other(world: World) -> None:
    world.cluster.pod("web-3", "10.10.33.5", node="node-b")
    world.serve("web-1")
    world.cluster.node("node-b", "us-west-2b", ready="Unknown")
    world.look()
    assert world.targets() == {"web-1": "healthy", "web-3": "draining"}
    world.look(30)
    world.cluster.node("node-a", "us-west-2a", ready="Unknown")
    world.look()
    assert world.targets() == {"web-1": "healthy", "web-3": "initial"}
    world.look(20)
    assert world.targets() == {"web-1": "unhealthy", "web-3": "unhealthy"}


def test_a_balancer_sees_a_dead_instance_before_the_cluster_does(world: World) -> None:
    world.serve("web-1")
    told = {"privateDnsName": "node-a", "state": "shutting-down"}
    world.inventory.add(Record("aws", "aws:ec2/instance:Instance", "i-1", scope="us-west-2", outputs=told))
    world.look()
    world.look(20)
    assert world.targets() == {"web-1": "unhealthy"}
    # The controller asks after a target only until it is healthy.
    assert world.cluster.gate("web-1") == "True"


def test_a_binding_that_is_deleted_takes_its_targets_out_and_goes(world: World) -> None:
    world.bind("web-1")
    world.cluster.delete("TargetGroupBinding", "web")
    world.look()
    assert world.binding() is None
    assert world.targets() == {"web-1": "draining"}
    assert world.cluster.gate("web-1") == "True"
    world.look(30)
    assert world.targets() == {}


def test_a_binding_without_its_service_wants_nothing(world: World) -> None:
    world.serve("web-1")
    world.cluster.gone("Service", "web")
    world.look()
    assert world.targets() == {"web-1": "draining"}


def test_a_binding_to_no_target_group_waits_and_says_so_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.cluster.binding(f"{world.group.arn}x")
    world.cluster.pod("web-1", "10.10.32.5")
    world.look()
    world.look()
    assert world.targets() == {}
    assert [text for text in caplog.messages if "not found" in text] == [Says(f"{world.group.arn}x", at="example/web")]
    world.cluster.delete("TargetGroupBinding", "web")
    world.look()
    assert world.binding() is None


def test_what_another_cluster_left_in_a_bound_group_is_taken_over_or_out(world: World) -> None:
    world.serve("web-1", "web-2")
    for record in world.inventory.list(type="aws:lb/target"):
        world.inventory.update(replace(record, outputs={**record.outputs, "cluster": "another"}))
    world.look()
    assert world.targets() == {"web-1": "healthy", "web-2": "healthy"}
    world.cluster.gone("Pod", "web-1")
    world.look()
    assert world.targets() == {"web-1": "draining", "web-2": "healthy"}


def test_a_group_may_be_named(world: World) -> None:
    spec = {"targetGroupName": "targets", "serviceRef": {"name": "web", "port": "http"}}
    world.cluster.put("TargetGroupBinding", "web", spec=spec)
    world.cluster.pod("web-1", "10.10.32.5")
    world.look()
    assert world.targets() == {"web-1": "initial"}


def test_nothing_happens_without_the_controller(world: World) -> None:
    world.inventory.remove(world.released)
    world.bind("web-1")
    assert world.targets() == {}
    assert world.cluster.patches == []


def test_what_the_balancer_does_goes_on_without_the_controller(world: World) -> None:
    world.serve("web-1", "web-2")
    world.cluster.delete("Pod", "web-1")
    world.look()
    world.inventory.remove(world.released)
    world.cluster.delete("Pod", "web-2")
    world.cluster.delete("TargetGroupBinding", "web")
    world.look(30)
    assert world.targets() == {"web-2": "healthy"}
    assert world.binding() is not None


def test_a_controller_without_a_role_registers_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.inventory.remove(world.released)
    inputs = {**CONTROLLER, "values": {"serviceAccount": {"name": "another"}}}
    world.inventory.add(replace(world.released, inputs=inputs))
    world.bind("web-1")
    assert world.targets() == {}
    assert [text for text in caplog.messages if "role" in text] == [Says("no role")]


def test_a_new_registrar_goes_on_where_another_ended(world: World) -> None:
    world.serve("web-1", "web-2")
    world.cluster.delete("Pod", "web-1")
    world.look()
    world.registrar = world.new_registrar()
    world.look(15)
    assert world.targets() == {"web-1": "draining", "web-2": "healthy"}
    world.look(15)
    assert world.targets() == {"web-2": "healthy"}


def test_nothing_is_taken_for_gone_before_everything_was_listed(world: World) -> None:
    world.serve("web-1")
    world.registrar = world.new_registrar()
    world.registrar.mirrors[0].read()  # the bindings, but no pods yet
    world.registrar.step()
    assert world.targets() == {"web-1": "healthy"}


def test_it_waits_for_the_definition_and_the_cluster(world: World) -> None:
    world.cluster.defined = False
    with pytest.raises(KindUnknownError):
        world.registrar.mirrors[0].read()
    world.registrar.step()
    elsewhere: Any = world.cluster
    Registrar(elsewhere, world.inventory, "https://127.0.0.1:1").step()
    assert world.targets() == {}


def test_targets_drain_while_the_api_server_is_away(world: World) -> None:
    world.serve("web-1", "web-2")
    world.cluster.delete("Pod", "web-1")
    world.look()
    world.cluster.reachable = False
    world.time += timedelta(seconds=30)
    world.registrar.step()
    assert world.targets() == {"web-2": "healthy"}


def test_a_gate_that_could_not_be_set_is_set_later(world: World) -> None:
    world.bind("web-1")
    world.cluster.reachable = False
    world.time += timedelta(seconds=10)
    with pytest.raises(UnreachableError):
        world.registrar.step()
    world.cluster.reachable = True
    world.look()
    assert world.cluster.gate("web-1") == "True"


def test_a_target_group_goes_with_the_targets_in_it(world: World) -> None:
    world.serve("web-1")
    world.account.delete(world.listener)
    world.account.delete(world.group)
    assert world.targets() == {}
    world.look()
    assert world.targets() == {}


def test_a_target_group_in_use_is_kept_with_its_targets(world: World) -> None:
    world.serve("web-1")
    with pytest.raises(AwsError, match="ResourceInUse"):
        world.account.delete(world.group)
    assert world.targets() == {"web-1": "healthy"}


def test_it_runs_until_it_is_told_to_stop(world: World) -> None:
    world.cluster.binding(world.group.arn)
    world.cluster.pod("web-1", "10.10.32.5")
    world.cluster.slice()
    stop, done = threading.Event(), threading.Event()

    def run() -> None:
        world.registrar.run(stop)
        done.set()

    threading.Thread(target=run, daemon=True).start()
    assert wait_until(lambda: world.targets() == {"web-1": "initial"})
    stop.set()
    assert done.wait(2)
