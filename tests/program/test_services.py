"""What the program declares in Kubernetes."""

from typing import Any

import pytest

from bench.scheduler_run import spread_constraint
from capacity.workloads import SERVICE_SPREAD
from tests.program.recorded_graph import Graph, containers, record
from tests.says import Says
from tests.stack_values import stack_config

pytestmark = pytest.mark.program

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SERVICE = "kubernetes:core/v1:Service"
HPA = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


def pod(graph: Graph, name: str) -> dict[str, Any]:
    return graph.one(DEPLOYMENT, f"slipway-{graph.stack}-{name}-deployment").inputs["spec"]["template"]["spec"]


def variables(container: dict[str, Any]) -> dict[str, Any]:
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}


def test_names_labels_and_ports_of_the_system(dev: Graph) -> None:
    found = {
        service.inputs["metadata"]["name"]: (
            service.inputs["metadata"]["namespace"],
            service.inputs["spec"]["type"],
            service.inputs["spec"]["selector"],
            [(port["port"], port["targetPort"]) for port in service.inputs["spec"]["ports"]],
        )
        for service in dev.of(SERVICE)
    }
    assert found == {
        f"{service}-service": ("example", "NodePort", {"app": app}, [(80, 8000)])
        for service, app in (("frontend", "frontend"), ("thoughts", "thoughts-backend"), ("users", "users-backend"))
    }
    for deployment in dev.of(DEPLOYMENT):
        spec = deployment.inputs["spec"]
        assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
        assert spec["selector"]["matchLabels"].keys() == {"app"}


def test_probes(graph: Graph) -> None:
    for container in containers(graph):
        if container["name"] == "database":
            continue
        live, ready = container["livenessProbe"], container["readinessProbe"]
        command = ["curl", "--fail", "--silent", "--max-time", "4", "http://localhost:8000/"]
        assert live["exec"]["command"] == ready["exec"]["command"] == command
        assert (live["initialDelaySeconds"], live["periodSeconds"], live["failureThreshold"]) == (5, 30, 3)
        assert ready["periodSeconds"] == 10
        assert live["timeoutSeconds"] == ready["timeoutSeconds"] == 5


def test_every_container_has_requests_and_limits_or_the_autoscaler_sees_nothing(graph: Graph) -> None:
    for container in containers(graph):
        assert {"cpu", "memory"} == container["resources"]["requests"].keys() == container["resources"]["limits"].keys()


def test_pods_keep_the_restricted_standard(graph: Graph) -> None:
    namespace = graph.of("kubernetes:core/v1:Namespace")[0].inputs["metadata"]
    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for deployment in graph.of(DEPLOYMENT):
        spec = deployment.inputs["spec"]["template"]["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        assert spec["automountServiceAccountToken"] is False
        for container in spec["containers"]:
            security = container["securityContext"]
            assert security["runAsUser"] > 0
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"]["drop"] == ["ALL"]
            assert security["readOnlyRootFilesystem"] is (container["name"] != "database")


def test_images_by_full_url_and_pulled_always_unless_pinned(graph: Graph) -> None:
    registry = f"123456789012.dkr.ecr.us-west-2.amazonaws.com/slipway-{graph.stack}/"
    for container in containers(graph):
        assert container["image"].startswith(registry)
        assert container["imagePullPolicy"] == ("IfNotPresent" if "@sha256:" in container["image"] else "Always")
        assert ("@sha256:" in container["image"]) == (graph.stack != "dev")


def test_autoscaler_owns_the_replicas(graph: Graph) -> None:
    for autoscaler in graph.of(HPA):
        spec = autoscaler.inputs["spec"]
        deployment = graph.one(DEPLOYMENT, autoscaler.name.replace("-autoscaler", "-deployment"))
        assert deployment.inputs["spec"]["replicas"] == spec["minReplicas"]
        assert "spec.replicas" in deployment.ignore_changes
    scaled = {autoscaler.name.removesuffix("-autoscaler") for autoscaler in graph.of(HPA)}
    for deployment in graph.of(DEPLOYMENT):
        if deployment.name.removesuffix("-deployment") not in scaled:
            assert not deployment.ignore_changes


def test_without_an_autoscaler_the_frontend_has_its_four_replicas_and_rolls_over() -> None:
    config = stack_config("dev")
    config["slipway:services"]["frontend"] |= {"replicas": 4}
    del config["slipway:services"]["frontend"]["autoscaling"]
    graph = record("dev", config)
    deployment = graph.one(DEPLOYMENT, "slipway-dev-frontend-deployment")
    assert deployment.inputs["spec"]["replicas"] == 4
    assert deployment.inputs["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 1},
    }
    assert not deployment.ignore_changes
    assert not graph.of(HPA)


def test_demo_database_beside_the_back_end(dev: Graph) -> None:
    for name in ("thoughts", "users"):
        service, database = pod(dev, name)["containers"]
        password = {"secretKeyRef": {"name": f"slipway-dev-{name}-database-1a2b3c4d", "key": "password"}}
        assert variables(service) | {
            "DATABASE_ENGINE": "POSTGRESQL",
            "POSTGRES_DB": "thoughts",
            "POSTGRES_USER": "postgres",
            "POSTGRES_PASSWORD": password,
            "POSTGRES_PORT": "5432",
            "POSTGRES_HOST": "127.0.0.1",
        } == variables(service)
        assert variables(database)["POSTGRES_PASSWORD"] == password
        spec = dev.one(DEPLOYMENT, f"slipway-dev-{name}-deployment").inputs["spec"]
        assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_external_database() -> None:
    staging = record("staging")
    (container,) = pod(staging, "thoughts")["containers"]
    assert variables(container)["POSTGRES_HOST"] == "postgres.staging.internal.example.com"
    assert variables(container)["PGSSLMODE"] == "verify-full"
    policy = staging.one(POLICY, "slipway-staging-thoughts-network-policy").inputs["spec"]
    assert {"to": [{"ipBlock": {"cidr": "10.120.0.0/24"}}], "ports": [{"port": 5432, "protocol": "TCP"}]} in policy[
        "egress"
    ]


def test_a_budget_for_every_service_that_allows_a_disruption(graph: Graph) -> None:
    budgets = {budget.inputs["metadata"]["name"]: budget.inputs["spec"] for budget in graph.of(BUDGET)}
    assert budgets.keys() == {deployment.inputs["metadata"]["name"] for deployment in graph.of(DEPLOYMENT)}
    # A pod that is never ready may not keep a node from being drained.
    # https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy
    for name, spec in budgets.items():
        assert spec == {
            "maxUnavailable": 1,
            "selector": {"matchLabels": {"app": name}},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        }


def test_pods_spread_and_leave_lost_nodes_soon(graph: Graph) -> None:
    for deployment in graph.of(DEPLOYMENT):
        spec = deployment.inputs["spec"]["template"]["spec"]
        spread = {constraint["topologyKey"]: constraint for constraint in spec["topologySpreadConstraints"]}
        assert spread.keys() == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
        assert all(
            constraint["whenUnsatisfiable"] == "ScheduleAnyway"
            and constraint["matchLabelKeys"] == ["pod-template-hash"]
            for constraint in spread.values()
        )
        # `capacity` and its test on a real scheduler reckon with the same.
        app = deployment.inputs["spec"]["template"]["metadata"]["labels"]["app"]
        assert spec["topologySpreadConstraints"] == [spread_constraint(each, app) for each in SERVICE_SPREAD]
        assert {toleration["tolerationSeconds"] for toleration in spec["tolerations"]} == {30}


def test_a_pod_becomes_ready_by_its_target_group_and_leaves_it_before_it_stops(graph: Graph) -> None:
    groups = {group.urn: group for group in graph.of("aws:lb/targetGroup:TargetGroup")}
    bindings = {binding.inputs["metadata"]["name"]: binding for binding in graph.of(BINDING)}
    for deployment in graph.of(DEPLOYMENT):
        spec = deployment.inputs["spec"]["template"]["spec"]
        (gate,) = spec["readinessGates"]
        binding = bindings[gate["conditionType"].removeprefix("target-health.elbv2.k8s.aws/")]
        upstream = graph.upstream(deployment)
        assert binding.urn in upstream
        (group,) = [groups[urn] for urn in upstream if urn in groups and groups[urn].name + "-" in deployment.name]
        sleep = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert group.inputs["deregistrationDelay"] < sleep < spec["terminationGracePeriodSeconds"]


def test_passwords_are_secrets_and_nowhere_else(dev: Graph) -> None:
    secrets = dev.of("kubernetes:core/v1:Secret")
    assert {secret.name for secret in secrets} == {"slipway-dev-thoughts-database", "slipway-dev-users-database"}
    rest = [resource for resource in dev.resources if resource not in secrets]
    assert "tell-no" not in str([resource.inputs for resource in rest])
    assert dev.secret_exports == {"kubeconfig"}


def test_a_service_without_an_image_has_only_its_repositories() -> None:
    config = stack_config("dev")
    config["slipway:images"] = {"frontend": {"tag": "git-1"}, "users_backend": {"tag": "git-1"}}
    graph = record("dev", config)
    assert [deployment.name for deployment in graph.of(DEPLOYMENT)] == ["slipway-dev-frontend-deployment"]
    assert len(graph.of("aws:ecr/repository:Repository")) == 5
    assert len(graph.of("aws:lb/targetGroup:TargetGroup")) == 1
    assert graph.exports["notDeployed"] == {
        "thoughts": Says("slipway:images.thoughts_backend", "slipway:images.thoughts_backend_db"),
        "users": Says("repositories", "slipway:images.users_backend_db"),
    }


def test_a_fourth_service_by_configuration_alone() -> None:
    config = stack_config("dev")
    config["slipway:services"]["search"] = {
        **config["slipway:services"]["frontend"],
        "hosts": ["search.dev.example.com"],
        "environment": {"INDEX": "thoughts"},
    }
    config["slipway:images"]["search"] = {"tag": "git-1"}
    graph = record("dev", config)
    container = pod(graph, "search")["containers"][0]
    assert variables(container)["INDEX"] == "thoughts"
    assert graph.one(SERVICE, "slipway-dev-search-service").inputs["metadata"]["name"] == "search-service"
    assert graph.exports["serviceUrls"]["search"] == "https://search.dev.example.com"
