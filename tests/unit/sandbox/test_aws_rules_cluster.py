"""EKS rules, both ways."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from emulated_account import ADDON, CLUSTER, NODE_GROUP, Account, Network

from sandbox.aws.errors import AwsError
from tests.says import Says

pytestmark = pytest.mark.unit

_LOGS = "aws:cloudwatch/logGroup:LogGroup"
_ENTRY = "aws:eks/accessEntry:AccessEntry"
_POLICY = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
_IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
_LAPTOP = "arn:aws:iam::123456789012:user/laptop"
_NODES, _CNI = "AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy"
_PULL, _READ = "AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly"


def test_a_cluster_needs_two_zones(account: Account, network: Network) -> None:
    with pytest.raises(AwsError, match=r"two.* AZs"):
        account.cluster(network, vpcConfig={"subnetIds": [network.subnets[0].id]})


def test_a_cluster_needs_its_role(account: Account, network: Network) -> None:
    wrong_service = account.role("wrong", "ec2.amazonaws.com", "AmazonEKSClusterPolicy")
    with pytest.raises(AwsError, match=rf"{wrong_service.arn} .* eks\.amazonaws\.com"):
        account.cluster(network, roleArn=wrong_service.arn)
    bare = account.role("bare", "eks.amazonaws.com")
    with pytest.raises(AwsError, match="AmazonEKSClusterPolicy"):
        account.cluster(network, name="other", roleArn=bare.arn)


def test_a_cluster_has_some_endpoint(account: Account, network: Network) -> None:
    subnets = [subnet.id for subnet in network.subnets]
    closed = {"subnetIds": subnets, "endpointPublicAccess": False}
    with pytest.raises(AwsError, match="endpoint access"):
        account.cluster(network, vpcConfig=closed)


def test_a_cluster_brings_a_group_logs_and_its_creators_entry(account: Account) -> None:
    cluster = account.cluster(enabledClusterLogTypes=["api"])
    group = account.inventory.by_id(cluster["vpcConfig"]["clusterSecurityGroupId"])
    assert group is not None
    assert group.name == "eks-cluster-sg-main"
    with pytest.raises(AwsError, match="ResourceAlreadyExistsException"):
        account.create(_LOGS, "logs", {"name": "/aws/eks/main/cluster"})
    with pytest.raises(AwsError, match="ResourceInUseException"):
        account.create(_ENTRY, "me", {"clusterName": "main", "principalArn": _LAPTOP})
    account.delete(cluster)
    assert account.inventory.by_id(group.id) is None
    assert account.inventory.list(type=_ENTRY) == []
    assert [logs.id for logs in account.inventory.list(type=_LOGS)] == ["/aws/eks/main/cluster"]


def test_a_log_group_made_first_is_used(account: Account) -> None:
    account.create(_LOGS, "logs", {"name": "/aws/eks/main/cluster", "retentionInDays": 7})
    account.cluster(enabledClusterLogTypes=["api"])
    assert len(account.inventory.list(type=_LOGS)) == 1


def test_a_log_group_that_is_written_to_comes_back(account: Account) -> None:
    logs = account.create(_LOGS, "logs", {"name": "/aws/eks/main/cluster", "retentionInDays": 7})
    cluster = account.cluster(enabledClusterLogTypes=["api"])
    account.delete(logs)
    (again,) = account.inventory.list(type=_LOGS)
    assert again.outputs["retentionInDays"] == 0
    account.delete(cluster)
    assert account.inventory.list(type=_LOGS) == [again], "nobody removes what nobody declared"
    account.delete(logs)
    assert account.inventory.list(type=_LOGS) == []


def test_an_addon_that_finds_no_log_groups_makes_them(account: Account) -> None:
    cluster = account.network_addons(account.cluster())
    account.node_group(cluster)
    first = {"name": "/aws/containerinsights/main/application", "retentionInDays": 7}
    account.create(_LOGS, "application", first)
    account.create(ADDON, "observe", {"clusterName": "main", "addonName": "amazon-cloudwatch-observability"})
    kinds = ("application", "dataplane", "host", "performance")
    assert {logs.id: logs.outputs["retentionInDays"] for logs in account.inventory.list(type=_LOGS)} == {
        f"/aws/containerinsights/main/{kind}": 7 if kind == "application" else 0 for kind in kinds
    }
    with pytest.raises(AwsError, match="ResourceAlreadyExistsException"):
        account.create(_LOGS, "host", {"name": "/aws/containerinsights/main/host"})


def test_a_creator_without_an_entry_makes_one(account: Account) -> None:
    account.cluster(accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False})
    assert account.create(_ENTRY, "me", {"clusterName": "main", "principalArn": _LAPTOP})


def test_a_protected_or_used_cluster_stays(account: Account) -> None:
    cluster = account.cluster(deletionProtection=True)
    with pytest.raises(AwsError, match="deletion protection"):
        account.delete(cluster)
    cluster = account.update(cluster, deletionProtection=False)
    account.network_addons(cluster)
    nodes = account.node_group(cluster)
    with pytest.raises(AwsError, match="ResourceInUseException"):
        account.delete(cluster)
    account.delete(nodes)
    account.delete(cluster)
    assert account.inventory.list(type=CLUSTER) == []


def test_nodes_need_the_network_addons(account: Account) -> None:
    cluster = account.cluster()
    role = account.node_role()
    with pytest.raises(AwsError, match=r"NodeCreationFailure.*kube-proxy, vpc-cni"):
        account.node_group(cluster, role)
    account.network_addons(cluster)
    assert account.node_group(cluster, role).id.startswith("main:nodes-")


def test_self_managed_addons_do_too(account: Account) -> None:
    cluster = account.cluster(bootstrapSelfManagedAddons=None)
    assert account.node_group(cluster)


@pytest.mark.parametrize(
    ("service", "policies", "facts"),
    [
        ("eks.amazonaws.com", [_NODES], ["ec2.amazonaws.com"]),
        ("ec2.amazonaws.com", [_PULL, _CNI], ["NodeCreationFailure", _NODES]),
        ("ec2.amazonaws.com", [_NODES, _CNI], ["NodeCreationFailure", _PULL, _READ]),
        ("ec2.amazonaws.com", [_NODES, _READ], ["NodeCreationFailure", _CNI]),
    ],
)
def test_a_node_role_lacks_something(account: Account, service: str, policies: list[str], facts: list[str]) -> None:
    cluster = account.network_addons(account.cluster())
    with pytest.raises(AwsError) as refused:
        account.node_group(cluster, account.role("wrong", service, *policies))
    assert Says(*facts) == str(refused.value)


@pytest.mark.parametrize("policies", [[_CNI], []])
def test_the_network_plugin_may_have_a_role_of_its_own_with_its_policy(account: Account, policies: list[str]) -> None:
    cluster = account.cluster()
    plugin = account.role("plugin", "pods.eks.amazonaws.com", *policies)
    identity = [{"serviceAccount": "aws-node", "roleArn": plugin.arn}]
    account.create(ADDON, "cni", {"clusterName": "main", "addonName": "vpc-cni", "podIdentityAssociations": identity})
    account.create(ADDON, "proxy", {"clusterName": "main", "addonName": "kube-proxy"})
    with nullcontext() if policies else pytest.raises(AwsError, match=_CNI):
        account.node_group(cluster, account.role("node", "ec2.amazonaws.com", _NODES, _READ))


@pytest.mark.parametrize(("smallest", "desired", "largest"), [(0, 0, 0), (2, 1, 3), (1, 4, 3), (3, 3, 2), (-1, 1, 1)])
def test_node_sizes_are_ordered(account: Account, smallest: int, desired: int, largest: int) -> None:
    cluster = account.network_addons(account.cluster())
    role = account.node_role()
    sizes = {"minSize": smallest, "desiredSize": desired, "maxSize": largest}
    with pytest.raises(AwsError, match=rf"InvalidParameterException: .*maxSize (is )?{largest}\b"):
        account.node_group(cluster, role, scalingConfig=sizes)
    assert account.node_group(cluster, role, scalingConfig={"minSize": 0, "desiredSize": 0, "maxSize": 1})


@pytest.mark.parametrize("config", [{"maxUnavailable": 1, "maxUnavailablePercentage": 10}, {"maxUnavailable": 0}])
def test_update_config(account: Account, config: dict[str, Any]) -> None:
    cluster = account.network_addons(account.cluster())
    with pytest.raises(AwsError, match="maxUnavailable"):
        account.node_group(cluster, updateConfig=config)


def test_what_a_launch_template_says_is_not_said_twice(account: Account) -> None:
    cluster = account.network_addons(account.cluster())
    role = account.node_role()
    template = account.create("aws:ec2/launchTemplate:LaunchTemplate", "template", {"instanceType": "m5.large"})
    used = {"id": template.id, "version": "1"}
    with pytest.raises(AwsError, match="Disk size"):
        account.node_group(cluster, role, launchTemplate=used, diskSize=20)
    with pytest.raises(AwsError, match="instance types"):
        account.node_group(cluster, role, launchTemplate=used, instanceTypes=["m5.large"])
    assert account.node_group(cluster, role, launchTemplate=used)


@pytest.mark.parametrize("addon", ["coredns", "metrics-server", "amazon-cloudwatch-observability"])
def test_addons_that_need_nodes_come_after_them(account: Account, addon: str) -> None:
    cluster = account.cluster()
    with pytest.raises(AwsError, match="DEGRADED"):
        account.create(ADDON, addon, {"clusterName": "main", "addonName": addon})
    account.network_addons(cluster)
    account.node_group(cluster)
    account.create(ADDON, addon, {"clusterName": "main", "addonName": addon})
    with pytest.raises(AwsError, match="ResourceInUseException"):
        account.create(ADDON, "again", {"clusterName": "main", "addonName": addon})


def test_an_addons_configuration_is_json(account: Account) -> None:
    account.cluster()
    inputs = {"clusterName": "main", "addonName": "vpc-cni"}
    with pytest.raises(AwsError, match="ConfigurationValue"):
        account.create(ADDON, "cni", {**inputs, "configurationValues": "{nonsense"})
    assert account.create(ADDON, "cni", {**inputs, "configurationValues": '{"env": {}}'})


def test_a_cluster_that_does_not_exist(account: Account) -> None:
    with pytest.raises(AwsError, match=r"ResourceNotFoundException.* nowhere"):
        account.create(ADDON, "cni", {"clusterName": "nowhere", "addonName": "vpc-cni"})


def test_pod_identities_trust_the_pods(account: Account) -> None:
    account.cluster()
    wrong, right = (account.role(n, s) for n, s in (("w", "ec2.amazonaws.com"), ("r", "pods.eks.amazonaws.com")))
    inputs = {"clusterName": "main", "namespace": "kube-system", "serviceAccount": "x"}
    with pytest.raises(AwsError, match=rf"{wrong.arn} .* pods\.eks\.amazonaws\.com"):
        account.create(_IDENTITY, "identity", {**inputs, "roleArn": wrong.arn})
    account.create(_IDENTITY, "identity", {**inputs, "roleArn": right.arn})
    with pytest.raises(AwsError, match="ResourceInUseException"):
        account.create(_IDENTITY, "again", {**inputs, "roleArn": right.arn})


def test_access_entries(account: Account) -> None:
    account.cluster()
    role, session = "arn:aws:iam::123456789012:role/people", "arn:aws:sts::123456789012:assumed-role/people/me"
    other_policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    policy = {
        "clusterName": "main", "principalArn": role, "accessScope": {"type": "cluster"},
        "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
    }  # fmt: skip
    with pytest.raises(AwsError, match=f"ResourceNotFoundException: .*principalArn .*{role}"):
        account.create(_POLICY, "policy", policy)
    with pytest.raises(AwsError, match=f"InvalidParameterException: .*principalArn .*{session}"):
        account.create(_ENTRY, "session", {"clusterName": "main", "principalArn": session})
    entry = account.create(_ENTRY, "entry", {"clusterName": "main", "principalArn": role})
    with pytest.raises(AwsError, match=f"InvalidParameterException: .*policyArn .*{other_policy}"):
        account.create(_POLICY, "policy", {**policy, "policyArn": other_policy})
    account.create(_POLICY, "policy", policy)
    account.delete(entry)
    assert account.inventory.list(type=_POLICY) == []


def test_access_entries_are_off_in_the_old_mode(account: Account) -> None:
    account.cluster(accessConfig=None)
    with pytest.raises(AwsError, match="API, API_AND_CONFIG_MAP"):
        account.create(_ENTRY, "entry", {"clusterName": "main", "principalArn": "arn:aws:iam::123456789012:role/p"})


def test_two_groups_of_one_name(account: Account) -> None:
    cluster = account.network_addons(account.cluster())
    role = account.node_role()
    account.node_group(cluster, role, nodeGroupName="web")
    with pytest.raises(AwsError, match="ResourceInUseException"):
        account.node_group(cluster, role, nodeGroupName="web")
    assert len(account.inventory.list(type=NODE_GROUP)) == 1
