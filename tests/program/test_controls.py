"""What docs/controls.md claims and no other test holds the program to."""

import json

import pytest

from tests.program.recorded_graph import Graph
from tests.program.test_haproxy_graph import FLEET, MARK, moved

pytestmark = pytest.mark.program


def test_the_default_security_group_lets_nobody_through(graph: Graph) -> None:
    (group,) = graph.of("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert not group.inputs.get("ingress")
    assert not group.inputs.get("egress")


def test_no_balancer_is_told_to_let_ambiguous_requests_through(graph: Graph) -> None:
    """AWS's default is `defensive`, which a balancer has where nothing is said."""
    for balancer in graph.of("aws:lb/loadBalancer:LoadBalancer"):
        assert balancer.inputs.get("desyncMitigationMode", "defensive") in {"defensive", "strictest"}


def test_every_balancer_stands_in_every_zone(graph: Graph) -> None:
    for balancer in graph.of("aws:lb/loadBalancer:LoadBalancer"):
        assert len(set(balancer.inputs["subnets"])) == 3


def test_every_bucket_is_closed_reached_by_tls_and_cleared(prod: Graph) -> None:
    for graph in (prod, moved()):
        buckets = {bucket.urn for bucket in graph.of("aws:s3/bucket:Bucket")}
        assert buckets
        for kind in ("PublicAccessBlock", "LifecycleConfiguration", "Policy"):
            those = graph.of(f"aws:s3/bucket{kind}:Bucket{kind}")
            assert {urn for each in those for urn in each.property_dependencies["bucket"]} == buckets
        for policy in graph.of("aws:s3/bucketPolicy:BucketPolicy"):
            statements = json.loads(policy.inputs["policy"])["Statement"]
            denied = [each for each in statements if each["Effect"] == "Deny"]
            assert [each["Condition"] for each in denied] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_a_server_has_a_week_of_backups_two_zones_and_its_logs(prod: Graph) -> None:
    (instance,) = prod.of("aws:rds/instance:Instance")
    assert instance.inputs["backupRetentionPeriod"] >= 7
    assert instance.inputs["multiAz"] is True
    assert instance.inputs["copyTagsToSnapshot"] is True
    assert "postgresql" in instance.inputs["enabledCloudwatchLogsExports"]


def test_machines_that_are_not_healthy_are_replaced() -> None:
    assert moved().one(FLEET, f"{MARK}-haproxy").inputs["healthCheckType"] == "ELB"


def test_nodes_may_only_pull_images(graph: Graph) -> None:
    policies = {
        each.inputs["policyArn"].rpartition("/")[2]
        for each in graph.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if "node" in each.name
    }
    assert "AmazonEC2ContainerRegistryPullOnly" in policies
    assert not [name for name in policies if name.endswith("FullAccess") or "PowerUser" in name]


def test_the_program_makes_no_role_in_kubernetes(graph: Graph) -> None:
    assert [each.type for each in graph.resources if "rbac.authorization.k8s.io" in each.type] == []


def test_every_workload_has_an_account_and_a_network_policy_in_a_namespace_of_its_own(graph: Graph) -> None:
    policies = [each.inputs for each in graph.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")]
    selected = {
        (policy["metadata"]["namespace"], policy["spec"]["podSelector"]["matchLabels"].get("app"))
        for policy in policies
    }
    deployments = graph.of("kubernetes:apps/v1:Deployment")
    assert deployments
    for deployment in deployments:
        metadata, template = deployment.inputs["metadata"], deployment.inputs["spec"]["template"]
        assert metadata["namespace"] != "default"
        assert template["spec"]["serviceAccountName"] not in {None, "", "default"}
        assert (metadata["namespace"], template["metadata"]["labels"]["app"]) in selected
        assert not {"hostNetwork", "hostPID", "hostIPC"} & template["spec"].keys()
        assert not [each for each in template["spec"]["containers"] if each["securityContext"].get("privileged")]
