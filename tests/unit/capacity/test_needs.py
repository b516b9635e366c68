"""What services and add-ons ask of nodes."""

import pytest

from apps.service import _strategy
from capacity.allocatable import Resources
from capacity.needs import at_least, at_most, during_update, needs_of, stalling_update, taken_down_at_once
from capacity.system_pods import CLUSTER_AUTOSCALER, SYSTEM_PODS, requested_on_each_node, system_demand
from capacity.workloads import Demand, Taint
from infra.addons import ADD_ONS
from infra.balancer_controller import controller_values
from infra.cluster_autoscaler import autoscaler_values
from infra.settings import Settings
from tests.capacity_settings import frontend, settings_of

pytestmark = pytest.mark.unit


def needs(settings: Settings):
    return needs_of(settings.services, settings.node_groups)


def of_services(demand: Demand) -> dict[str, int]:
    system = {workload.name for workload, _ in system_demand(cluster_autoscaler=True)}
    return {workload.name: pods for workload, pods in demand if workload.name not in system}


def test_a_pod_requests_what_its_containers_do_together() -> None:
    by_name = {need.name: need for need in needs(settings_of("dev")).services}
    assert by_name["frontend"].workload.requests == Resources(60, 64, 1)
    assert by_name["thoughts"].workload.requests == Resources(160, 224, 1)  # with the database beside it
    assert by_name["thoughts"].cpu_limit == 450


def test_least_and_most_are_the_autoscalers() -> None:
    found = needs(settings_of("dev"))
    assert of_services(at_least(found)) == {"frontend": 2, "thoughts": 1, "users": 1}
    assert of_services(at_most(found)) == {"frontend": 8, "thoughts": 1, "users": 1}


def test_the_system_comes_first_and_always() -> None:
    demand = at_least(needs(settings_of("dev")))
    assert [(workload.name, pods) for workload, pods in demand[:4]] == [
        ("add-on amazon-cloudwatch-observability-controller-manager", 1),
        ("add-on coredns", 2),
        ("add-on metrics-server", 2),
        ("add-on aws-load-balancer-controller", 2),
    ]


def test_the_cluster_autoscalers_pods_count_where_a_group_has_it() -> None:
    def autoscaled(config):
        group = config["slipway:nodeGroups"]["general"]
        group["clusterAutoscaler"] = True
        group["schedules"] = {}

    assert "add-on cluster-autoscaler" not in by_name(at_least(needs(settings_of("dev"))))
    assert by_name(at_least(needs(settings_of("dev", autoscaled))))["add-on cluster-autoscaler"] == 2


def by_name(demand: Demand) -> dict[str, int]:
    return {workload.name: pods for workload, pods in demand}


def test_a_bound_service_tolerates_the_taints_of_its_group() -> None:
    def bind(config):
        config["slipway:nodeGroups"]["burst"]["taints"] = [{"key": "spot", "value": "yes", "effect": "NO_SCHEDULE"}]
        frontend(config)["nodeGroup"] = "burst"

    bound, free, _ = needs(settings_of("prod", bind)).services
    assert bound.workload.node_group == "burst"
    assert bound.workload.tolerates == (Taint("spot", "yes", "NoSchedule"),)
    assert (free.workload.node_group, free.workload.tolerates) == (None, ())


def test_an_update_holds_both_revisions_until_the_old_pods_have_ended() -> None:
    """50 s of grace are ten times the 5 s after which a new pod may be ready: all old pods are still there."""
    demand = of_services(during_update(needs(settings_of("prod")), drain_seconds=30))
    assert demand == {
        "frontend (old revision)": 4,
        "thoughts (old revision)": 4,
        "users (old revision)": 4,
        "frontend": 4,
        "thoughts": 4,
        "users": 4,
    }


def test_a_database_in_the_pod_stops_before_it_is_replaced() -> None:
    demand = of_services(during_update(needs(settings_of("dev")), drain_seconds=30))
    assert demand == {"frontend (old revision)": 2, "frontend": 2, "thoughts": 1, "users": 1}


@pytest.mark.parametrize(("replicas", "gone"), [(1, 0), (3, 0), (4, 1), (7, 1), (8, 2), (12, 3)])
def test_a_quarter_may_be_missing_rounded_down(replicas: int, gone: int) -> None:
    assert taken_down_at_once(replicas) == gone


def test_only_a_small_service_needs_room_for_its_surge() -> None:
    found = needs(settings_of("staging"))
    small, *_ = found.services
    demand = stalling_update(found, small)
    assert demand is not None
    assert of_services(demand) == {"thoughts": 2, "users": 2, "frontend (old revision)": 1, "frontend": 2}
    found = needs(settings_of("prod"))
    large, *_ = found.services
    assert stalling_update(found, large) is None
    found = needs(settings_of("dev"))
    _, recreated, _ = found.services
    assert stalling_update(found, recreated) is None


def test_the_strategy_is_the_programs() -> None:
    settings = settings_of("prod")
    strategy = _strategy(settings.services["frontend"])
    assert strategy.rolling_update.max_unavailable == "25%"  # one of four
    assert strategy.rolling_update.max_surge == 1
    assert _strategy(settings_of("dev").services["users"]).type == "Recreate"


def test_every_add_on_of_the_program_has_its_pods_and_no_other() -> None:
    assert {each.add_on for each in SYSTEM_PODS} == {
        *(add_on.name for add_on in ADD_ONS),
        "aws-load-balancer-controller",
    }


def test_the_controllers_pods_are_those_of_its_chart() -> None:
    values = controller_values("any", "us-west-2", "vpc-1")
    (pods,) = [each for each in SYSTEM_PODS if each.name == "aws-load-balancer-controller"]
    requests = values["resources"]["requests"]
    assert requests == {"cpu": f"{pods.requests.cpu_millicores}m", "memory": f"{pods.requests.memory_mib}Mi"}
    assert values["replicaCount"] == pods.replicas


def test_the_cluster_autoscalers_pods_are_those_of_its_chart() -> None:
    values = autoscaler_values("any", "us-west-2")
    requests = CLUSTER_AUTOSCALER.requests
    assert values["resources"]["requests"] == {
        "cpu": f"{requests.cpu_millicores}m",
        "memory": f"{requests.memory_mib}Mi",
    }
    assert values["replicaCount"] == CLUSTER_AUTOSCALER.replicas


def test_daemon_sets_take_their_part_of_each_node() -> None:
    assert requested_on_each_node() == Resources(cpu_millicores=450, memory_mib=153, pods=5)
