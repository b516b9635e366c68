"""What the program declares in AWS, and in which order."""

import json
from typing import Any

import pytest
from pulumi import RunError

from tests.program.recorded_graph import Declared, Graph, record
from tests.says import Says
from tests.stack_values import stack_config

pytestmark = pytest.mark.program

CLUSTER = "eks:index:Cluster"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
ADD_ON = "aws:eks/addon:Addon"
LISTENER = "aws:lb/listener:Listener"
RELEASE = "kubernetes:helm.sh/v3:Release"
BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"


def deploy_role(graph: Graph) -> str:
    return f"arn:aws:iam::123456789012:role/slipway-{graph.stack}-deploy"


def test_everything_is_done_as_the_deploy_role_and_tagged(graph: Graph) -> None:
    (provider,) = graph.of("pulumi:providers:aws")
    inputs = provider.inputs
    assert json.loads(inputs["assumeRoles"])[0]["roleArn"] == deploy_role(graph)
    assert json.loads(inputs["allowedAccountIds"]) == ["123456789012"]
    assert json.loads(inputs["defaultTags"])["tags"] == {
        "owner": "platform",
        "project": "slipway",
        "stack": graph.stack,
    }
    for resource in graph.resources:
        if resource.type.startswith("aws:"):
            assert resource.provider.startswith(provider.urn), resource.name
        if resource.type.startswith("kubernetes:"):
            assert "pulumi:providers:kubernetes" in resource.provider, resource.name
    (cluster,) = graph.of(CLUSTER)
    assert cluster.providers["aws"].startswith(provider.urn)


def add_on(graph: Graph, name: str) -> Declared:
    (found,) = [one for one in graph.of(ADD_ON) if one.inputs["addonName"] == name]
    return found


def test_repositories(dev: Graph) -> None:
    repositories = dev.of("aws:ecr/repository:Repository")
    assert {repository.inputs["name"] for repository in repositories} == {
        f"slipway-dev/{image}"
        for image in ("frontend", "users_backend", "thoughts_backend", "users_backend_db", "thoughts_backend_db")
    }
    assert all(repository.inputs["imageScanningConfiguration"]["scanOnPush"] for repository in repositories)


def test_registries_keep_what_production_runs(prod: Graph) -> None:
    for repository in prod.of("aws:ecr/repository:Repository"):
        assert repository.inputs["imageTagMutability"] == "IMMUTABLE"
        assert repository.inputs["forceDelete"] is False
        assert repository.protect


def test_subnets_over_the_zones(graph: Graph) -> None:
    subnets = graph.of("aws:ec2/subnet:Subnet")
    zones = [subnet.inputs["availabilityZone"] for subnet in subnets]
    assert sorted(zones) == sorted(["us-west-2a", "us-west-2b", "us-west-2c"] * 3)
    assert len(graph.of("aws:ec2/natGateway:NatGateway")) == (3 if graph.stack == "prod" else 1)
    assert not any(subnet.inputs["mapPublicIpOnLaunch"] for subnet in subnets)


def test_isolated_subnets_have_no_way_out(graph: Graph) -> None:
    routes = [route.inputs["routeTableId"] for route in graph.of("aws:ec2/route:Route")]
    assert not [table for table in routes if "isolated" in table]


def test_cluster_is_private_encrypted_and_logged(graph: Graph) -> None:
    (cluster,) = graph.of(CLUSTER)
    inputs = cluster.inputs
    assert inputs["version"] == "1.36"
    assert inputs["endpointPrivateAccess"] is True
    assert inputs["publicAccessCidrs"] == ["203.0.113.0/24"]
    assert inputs["authenticationMode"] == "API"
    assert inputs["encryptionConfigKeyArn"].endswith(f":slipway-{graph.stack}-cluster")
    assert inputs["enabledClusterLogTypes"] == ["api", "audit", "authenticator", "controllerManager", "scheduler"]
    assert inputs["bootstrapSelfManagedAddons"] is False
    assert inputs["skipDefaultSecurityGroups"] is True
    assert inputs["upgradePolicy"] == {"supportType": "STANDARD"}
    assert inputs["deletionProtection"] is (graph.stack == "prod")
    assert inputs["providerCredentialOpts"] == {"roleArn": deploy_role(graph)}
    assert deploy_role(graph) not in json.dumps(inputs["accessEntries"]), "it is an administrator already"


def test_a_new_version_of_a_group_takes_one_node_after_the_other(graph: Graph) -> None:
    # https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupUpdateConfig.html
    updates = {group.name: group.inputs["updateConfig"] for group in graph.of(NODE_GROUP)}
    assert updates == {name: {"maxUnavailable": 1} for name in updates}


def test_a_group_of_arm_instances_gets_an_image_for_them() -> None:
    config = stack_config("dev")
    config["slipway:nodeGroups"]["general"]["instanceType"] = "m7g.large"
    (group,) = record("dev", config).of(NODE_GROUP)
    assert group.inputs["amiType"] == "AL2023_ARM_64_STANDARD"


def test_balancer_and_nodes_have_the_networks_ways_out_before_them_and_until_they_are_gone(graph: Graph) -> None:
    (balancer,) = graph.of("aws:lb/loadBalancer:LoadBalancer")
    types = ("aws:ec2/internetGateway:InternetGateway", "aws:ec2/route:Route")
    ways = {each.urn for type_ in types for each in graph.of(type_)}
    assert len(ways) > 2
    for resource in (balancer, *graph.of(NODE_GROUP)):
        assert ways <= graph.upstream(resource), resource.name


def test_sizes_are_left_alone_exactly_where_schedules_own_them(prod: Graph) -> None:
    ignored = {group.name: group.ignore_changes for group in prod.of(NODE_GROUP)}
    assert ignored == {"slipway-prod-baseline": (), "slipway-prod-burst": ("scalingConfig",)}


def test_nodes_report_every_minute_exactly_where_a_policy_looks_at_them(prod: Graph) -> None:
    templates = prod.of("aws:ec2/launchTemplate:LaunchTemplate")
    reporting = {template.name: template.inputs["monitoring"]["enabled"] for template in templates}
    assert reporting == {"slipway-prod-baseline": False, "slipway-prod-burst": True}


def test_schedules_state_all_three_sizes_a_zone_and_no_start(graph: Graph) -> None:
    schedules = graph.of("aws:autoscaling/schedule:Schedule")
    assert schedules
    for schedule in schedules:
        assert {"minSize", "desiredCapacity", "maxSize", "recurrence", "timeZone"} <= schedule.inputs.keys()
        assert "startTime" not in schedule.inputs
        assert schedule.inputs["timeZone"] == "America/Los_Angeles"
        assert schedule.inputs["maxSize"] > 0
        assert schedule.inputs["autoscalingGroupName"].startswith(f"eks-slipway-{graph.stack}-")
        assert schedule.inputs["scheduledActionName"] == schedule.name
    downs = [schedule for schedule in schedules if "-down-" in schedule.name]
    assert len(downs) * 2 == len(schedules)


def test_policies_and_alarms_of_a_group() -> None:
    config = stack_config("dev")
    alarm = {"comparison": "above", "cpuPercent": 70, "periodSeconds": 60, "periods": 2}
    config["slipway:nodeGroups"]["general"]["policies"] = {
        "track": {"kind": "targetTracking", "cpuPercent": 50},
        "grow": {"kind": "step", "alarm": alarm, "steps": [{"beyond": 0, "nodes": 1}, {"beyond": 15, "nodes": 2}]},
        "shrink": {
            "kind": "simple",
            "alarm": {**alarm, "comparison": "below", "cpuPercent": 20},
            "nodes": -1,
            "cooldownSeconds": 300,
        },
    }
    graph = record("dev", config)
    group, shared = "eks-slipway-dev-general", {"adjustmentType": "ChangeInCapacity"}
    assert {one.name: one.inputs for one in graph.of("aws:autoscaling/policy:Policy")} == {
        "slipway-dev-general-track-targetTracking": {
            "autoscalingGroupName": group,
            "policyType": "TargetTrackingScaling",
            "estimatedInstanceWarmup": 180,
            "targetTrackingConfiguration": {
                "predefinedMetricSpecification": {"predefinedMetricType": "ASGAverageCPUUtilization"},
                "targetValue": 50,
            },
        },
        "slipway-dev-general-grow-step": {
            **shared,
            "autoscalingGroupName": group,
            "policyType": "StepScaling",
            "estimatedInstanceWarmup": 180,
            "metricAggregationType": "Average",
            "stepAdjustments": [
                {"metricIntervalLowerBound": "0", "metricIntervalUpperBound": "15", "scalingAdjustment": 1},
                {"metricIntervalLowerBound": "15", "scalingAdjustment": 2},
            ],
        },
        "slipway-dev-general-shrink-simple": {
            **shared,
            "autoscalingGroupName": group,
            "policyType": "SimpleScaling",
            "cooldown": 300,
            "scalingAdjustment": -1,
        },
    }
    watched = {
        "namespace": "AWS/EC2",
        "metricName": "CPUUtilization",
        "dimensions": {"AutoScalingGroupName": group},
        "statistic": "Average",
        "period": 60,
        "evaluationPeriods": 2,
    }
    alarms = {one.name: one.inputs for one in graph.of("aws:cloudwatch/metricAlarm:MetricAlarm")}
    assert all(inputs.pop("alarmDescription") for inputs in alarms.values())
    assert alarms == {
        f"slipway-dev-general-{name}": {
            **watched,
            "comparisonOperator": f"{operator}Threshold",
            "threshold": threshold,
            "alarmActions": [f"arn:aws:mock:us-west-2:123456789012:slipway-dev-general-{name}"],
        }
        for name, operator, threshold in (
            ("grow-step", "GreaterThanOrEqualTo", 70),
            ("shrink-simple", "LessThanOrEqualTo", 20),
        )
    }


def test_a_boost_is_two_one_off_actions() -> None:
    config = stack_config("dev")
    config["slipway:nodeGroups"]["general"]["boosts"] = {
        "sale": {
            "timeZone": "America/Los_Angeles",
            "start": "2099-12-24T08:00:00",
            "end": "2099-12-24T20:00:00",
            "size": {"min": 4, "desired": 4, "max": 6},
            "after": {"min": 2, "desired": 2, "max": 4},
        }
    }
    graph = record("dev", config)
    once = {
        one.inputs["startTime"]: one.inputs["desiredCapacity"]
        for one in graph.of("aws:autoscaling/schedule:Schedule")
        if "startTime" in one.inputs
    }
    assert once == {"2099-12-24T16:00:00Z": 4, "2099-12-25T04:00:00Z": 2}
    assert len(graph.exports["schedules"]["general"]) == 6


def test_a_service_bound_to_a_group_is_let_onto_its_nodes() -> None:
    config = stack_config("prod")
    spot = {"key": "capacity", "value": "spot", "effect": "NO_SCHEDULE"}
    config["slipway:nodeGroups"]["burst"] = {**config["slipway:nodeGroups"]["burst"], "taints": [spot], "schedules": {}}
    config["slipway:services"]["users"]["nodeGroup"] = "burst"
    graph = record("prod", config)
    pods = graph.one("kubernetes:apps/v1:Deployment", "slipway-prod-users-deployment").inputs["spec"]["template"]
    assert pods["spec"]["nodeSelector"] == {"slipway/node-group": "burst"}
    assert {"key": "capacity", "operator": "Equal", "value": "spot", "effect": "NoSchedule"} in pods["spec"][
        "tolerations"
    ]
    group = graph.one(NODE_GROUP, "slipway-prod-burst")
    assert group.inputs["labels"] == {"capacity": "spot", "slipway/node-group": "burst"}
    assert group.inputs["taints"] == [spot]
    others = graph.one("kubernetes:apps/v1:Deployment", "slipway-prod-frontend-deployment").inputs["spec"]["template"]
    assert "nodeSelector" not in others["spec"]


def test_access_logs_go_to_a_private_encrypted_bucket(prod: Graph) -> None:
    (balancer,) = prod.of("aws:lb/loadBalancer:LoadBalancer")
    assert balancer.inputs["accessLogs"]["enabled"] is True
    (block,) = prod.of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert all(block.inputs[key] for key in block.inputs if key != "bucket")
    assert len(prod.of("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")) == 1
    (policy,) = prod.of("aws:s3/bucketPolicy:BucketPolicy")
    assert policy.urn in prod.upstream(balancer), "the balancer tries to write as soon as logging is on"
    deny = json.loads(policy.inputs["policy"])["Statement"][1]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_flow_logs_where_a_stack_keeps_them(graph: Graph) -> None:
    flow_logs = graph.of("aws:ec2/flowLog:FlowLog")
    assert len(flow_logs) == (0 if graph.stack == "dev" else 1)
    assert all(one.inputs["trafficType"] == "ALL" for one in flow_logs)


def test_add_ons_have_pinned_versions_and_sorted_values(graph: Graph) -> None:
    add_ons = graph.of(ADD_ON)
    assert {one.inputs["addonName"] for one in add_ons} == {
        "vpc-cni",
        "kube-proxy",
        "eks-pod-identity-agent",
        "coredns",
        "metrics-server",
        "amazon-cloudwatch-observability",
    }
    assert all(one.inputs["addonVersion"].startswith("v") for one in add_ons)
    values = json.loads(add_on(graph, "vpc-cni").inputs["configurationValues"])
    assert values["enableNetworkPolicy"] == "true"


def test_order_of_creation(graph: Graph) -> None:
    (cluster,) = graph.of(CLUSTER)
    (release,) = graph.of(RELEASE)
    https = graph.one(LISTENER, f"slipway-{graph.stack}-https")
    validation = graph.of("aws:acm/certificateValidation:CertificateValidation")[0]
    groups = {group.urn for group in graph.of(NODE_GROUP)}
    before = {add_on(graph, name).urn for name in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")}
    logs = {group.inputs["name"]: group.urn for group in graph.of("aws:cloudwatch/logGroup:LogGroup")}
    assert logs[f"/aws/eks/slipway-{graph.stack}/cluster"] in graph.upstream(cluster)
    for group in graph.of(NODE_GROUP):
        assert before <= graph.upstream(group)
    for name in ("coredns", "metrics-server", "amazon-cloudwatch-observability"):
        assert groups <= graph.upstream(add_on(graph, name))
    container_logs = {urn for name, urn in logs.items() if "containerinsights" in name}
    assert container_logs <= graph.upstream(add_on(graph, "amazon-cloudwatch-observability"))
    assert validation.urn in graph.upstream(https)
    assert groups <= graph.upstream(release)
    for binding in graph.of(BINDING):
        assert release.urn in graph.upstream(binding)
        assert not binding.deleted_with, "deleted for real, while its controller is still there"
    for budget in graph.of(BUDGET):
        assert groups <= graph.upstream(budget)
        assert not budget.deleted_with, "deleted for real, or it would hold the last nodes"


def test_what_the_cluster_holds_goes_with_it(graph: Graph) -> None:
    (cluster,) = graph.of(CLUSTER)
    held = [
        resource
        for resource in graph.resources
        if resource.type.startswith("kubernetes:") and resource.type not in {RELEASE, BINDING, BUDGET}
    ]
    assert held
    assert {resource.deleted_with for resource in held} == {cluster.urn}


def test_the_balancer(graph: Graph) -> None:
    stack = f"slipway-{graph.stack}"
    http, https = graph.one(LISTENER, f"{stack}-http").inputs, graph.one(LISTENER, f"{stack}-https").inputs
    (redirect,) = http["defaultActions"]
    assert (redirect["type"], redirect["redirect"]["protocol"]) == ("redirect", "HTTPS")
    assert "TLS13-1-2" in https["sslPolicy"]
    (balancer,) = graph.of("aws:lb/loadBalancer:LoadBalancer")
    assert balancer.inputs["dropInvalidHeaderFields"] is True
    assert balancer.inputs["enableDeletionProtection"] is (graph.stack == "prod")
    domain = f"{graph.stack}.example.com"
    hosts = {
        rule.name: rule.inputs["conditions"][0]["hostHeader"]["values"]
        for rule in graph.of("aws:lb/listenerRule:ListenerRule")
    }
    assert hosts == {f"{stack}-{name}-rule": [f"{name}.{domain}"] for name in ("frontend", "thoughts", "users")}
    records = {record.inputs["name"] for record in graph.of("aws:route53/record:Record") if "aliases" in record.inputs}
    assert records == {f"{name}.{domain}" for name in ("frontend", "thoughts", "users")}


def test_open_to_the_world_is_the_balancer_on_80_and_443_and_nothing_else(graph: Graph) -> None:
    rules = graph.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    world = [rule.inputs for rule in rules if rule.inputs.get("cidrIpv4") == "0.0.0.0/0"]
    assert sorted((rule["fromPort"], rule["toPort"]) for rule in world) == [(80, 80), (443, 443)]
    assert len({rule["securityGroupId"] for rule in world}) == 1
    inside = [rule.inputs for rule in rules if "referencedSecurityGroupId" in rule.inputs]
    database = [("slipway-prod-database-id", 5432)] if graph.stack == "prod" else []
    opened = sorted((rule["securityGroupId"], rule["fromPort"]) for rule in inside)
    assert opened == sorted([*database, ("sg-made-by-eks", 8000)])


def test_the_controller_may_look_and_register_and_nothing_else(graph: Graph) -> None:
    policy = json.loads(graph.of("aws:iam/rolePolicy:RolePolicy")[0].inputs["policy"])
    for statement in policy["Statement"]:
        if statement["Resource"] == "*":
            assert all(":Describe" in action for action in statement["Action"])
    values = graph.of(RELEASE)[0].inputs["values"]
    assert values["enableServiceMutatorWebhook"] is False
    assert values["replicaCount"] == 2
    assert values["podDisruptionBudget"] == {"maxUnavailable": 1}


def test_protected_in_prod_only(graph: Graph) -> None:
    protected = {resource.type for resource in graph.resources if resource.protect}
    if graph.stack == "prod":
        assert {"aws:ec2/vpc:Vpc", CLUSTER, "aws:kms/key:Key", "aws:lb/loadBalancer:LoadBalancer"} <= protected
    else:
        assert not protected


def test_somebody_else_than_the_deploy_role_is_refused() -> None:
    person = "arn:aws:sts::123456789012:assumed-role/platform-team/me"
    with pytest.raises(RunError) as refused:
        record("dev", caller=person)
    assert Says("deployed", "arn:aws:iam::123456789012:role/slipway-dev-deploy", person) == str(refused.value)


def read_only(stack: str) -> dict[str, Any]:
    return {**stack_config(stack), "slipway:readOnly": True}


def test_a_preview_may_work_as_the_role_that_only_reads() -> None:
    role = "arn:aws:iam::123456789012:role/slipway-prod-preview"
    graph = record(
        "prod", read_only("prod"), "arn:aws:sts::123456789012:assumed-role/slipway-prod-preview/ci", preview=True
    )
    (provider,) = graph.of("pulumi:providers:aws")
    assert json.loads(provider.inputs["assumeRoles"])[0]["roleArn"] == role
    (cluster,) = graph.of(CLUSTER)
    assert cluster.inputs["providerCredentialOpts"] == {"roleArn": role}


def test_the_role_that_only_reads_changes_nothing() -> None:
    with pytest.raises(RunError, match=r"^slipway:readOnly: .*\btrue; .*\bfalse\b"):
        record("prod", read_only("prod"), "arn:aws:sts::123456789012:assumed-role/slipway-prod-preview/ci")


def test_a_preview_that_only_reads_is_no_deployers() -> None:
    with pytest.raises(RunError, match=r"previewed\b.* \S+:role/slipway-prod-preview\b.*/slipway-prod-deploy\b"):
        record("prod", read_only("prod"), preview=True)


def test_the_preview_role_sees_the_cluster_and_changes_nothing_in_it(graph: Graph) -> None:
    (cluster,) = graph.of(CLUSTER)
    entry = cluster.inputs["accessEntries"]["read_only"]
    assert entry["principalArn"] == f"arn:aws:iam::123456789012:role/slipway-{graph.stack}-preview"
    (policy,) = entry["accessPolicies"].values()
    assert policy["policyArn"].endswith("/AmazonEKSAdminViewPolicy")


def test_a_wrong_stack_file_creates_nothing() -> None:
    config = stack_config("dev")
    config["slipway:drainSeconds"] = "soon"
    with pytest.raises(RunError) as refused:
        record("dev", config)
    told = str(refused.value).splitlines()
    assert told == [Says("Pulumi.dev.yaml", "1"), Says('"soon"', "5 to 600", at="  slipway:drainSeconds")]


def test_exports(dev: Graph) -> None:
    assert dev.exports.keys() == {
        "siteUrl",
        "serviceUrls",
        "notDeployed",
        "registryUrls",
        "runningImages",
        "runningDatabaseImages",
        "clusterName",
        "kubeconfig",
        "nodeGroups",
        "schedules",
        "migration",
    }
    assert dev.exports["migration"] is None
    assert dev.exports["siteUrl"] == "https://frontend.dev.example.com"
    assert dev.exports["runningDatabaseImages"].keys() == {"thoughts", "users"}
    assert dev.exports["runningDatabaseImages"]["users"].endswith("/users_backend_db:git-3f2c1ab")
    assert dev.exports["nodeGroups"] == {"general": "eks-slipway-dev-general"}
    times = ("20:00", "Monday through Thursday", "America/Los_Angeles")
    assert dev.exports["schedules"]["general"][0] == Says(*times, "1 node (min 1, max 4)", at="night-down")


def test_nodes_stay_at_an_older_version_where_the_stack_file_says_so(dev: Graph) -> None:
    config = stack_config("dev")
    config["slipway:cluster"]["nodeVersion"] = "1.35"
    assert [group.inputs["version"] for group in record("dev", config).of(NODE_GROUP)] == ["1.35"]
    assert all("version" not in group.inputs for group in dev.of(NODE_GROUP))
