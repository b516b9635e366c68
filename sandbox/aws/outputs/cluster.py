"""Computed outputs of EKS clusters, node groups, add-ons and Auto Scaling, and of what watches them."""

import base64
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim

from sandbox.aws.outputs import Making, computes
from sandbox.values import is_map

NEWEST_VERSION = "1.36"
"""The Kubernetes version a cluster gets that asks for none."""


@computes("aws:eks/cluster:Cluster")
def _cluster(making: Making) -> dict[str, Any]:
    issuer = making.seed.letters(32, "issuer")
    certificate = base64.b64encode(
        f"-----BEGIN CERTIFICATE-----\n{making.seed.letters(60, 'authority')}\n-----END CERTIFICATE-----\n".encode()
    ).decode()
    endpoint = f"https://{issuer}.gr7.{making.place.region}.eks.amazonaws.com"
    if making.control_plane is not None:
        endpoint, certificate = making.control_plane.endpoint, making.control_plane.certificate_authority
    subnet = making.inventory.by_id(str((making.inputs["vpcConfig"].get("subnetIds") or [""])[0]))
    access = making.inputs.get("accessConfig")
    return {
        "endpoint": endpoint,
        "certificateAuthority": {"data": certificate},
        "certificateAuthorities": [{"data": certificate}],
        "identities": [{"oidcs": [{"issuer": f"https://oidc.eks.{making.place.region}.amazonaws.com/id/{issuer}"}]}],
        "status": "ACTIVE",
        "clusterId": "",
        "version": NEWEST_VERSION,
        "platformVersion": "eks.1",
        "bootstrapSelfManagedAddons": True,
        "deletionProtection": False,
        "vpcConfig": {
            "clusterSecurityGroupId": f"sg-0{making.seed.hexadecimal(16, 'cluster group')}",
            "vpcId": str(subnet.inputs["vpcId"]) if subnet else "",
            "endpointPrivateAccess": False,
            "endpointPublicAccess": True,
            "publicAccessCidrs": ["0.0.0.0/0"],
            "securityGroupIds": [],
        },
        "accessConfig": {
            "authenticationMode": "CONFIG_MAP",
            "bootstrapClusterCreatorAdminPermissions": not is_map(access)
            or access.get("bootstrapClusterCreatorAdminPermissions") is not False,
        },
        "kubernetesNetworkConfig": {
            "ipFamily": "ipv4",
            "serviceIpv4Cidr": "172.20.0.0/16",
            "serviceIpv6Cidr": "",
        },
        "upgradePolicy": {"supportType": "EXTENDED"},
    }


@computes("aws:eks/nodeGroup:NodeGroup")
def _node_group(making: Making) -> dict[str, Any]:
    cluster = making.inventory.get("aws:eks/cluster:Cluster", str(making.inputs["clusterName"]))
    version = str(cluster.outputs["version"]) if cluster else NEWEST_VERSION
    group = f"eks-{making.inputs['nodeGroupName']}-{making.seed.uuid('auto scaling group')}"
    return {
        "amiType": "AL2023_x86_64_STANDARD",
        "capacityType": "ON_DEMAND",
        "diskSize": 0 if making.inputs.get("launchTemplate") else 20,
        "instanceTypes": ["t3.medium"],
        "resources": [{"autoscalingGroups": [{"name": group}], "remoteAccessSecurityGroupId": ""}],
        "status": "ACTIVE",
        "version": version,
        "releaseVersion": f"{version}.0-20260101",
        "updateConfig": {"maxUnavailable": 1},
    }


@computes("aws:eks/addon:Addon")
def _addon(making: Making) -> dict[str, Any]:
    return {"addonVersion": "v1.0.0-eksbuild.1", "createdAt": making.now(), "modifiedAt": making.now()}


@computes("aws:eks/accessEntry:AccessEntry")
def _access_entry(making: Making) -> dict[str, Any]:
    return {
        "accessEntryArn": making.identity.arn,
        "type": "STANDARD",
        "userName": making.inputs["principalArn"],
    }


@computes("aws:eks/podIdentityAssociation:PodIdentityAssociation")
def _pod_identity(making: Making) -> dict[str, Any]:
    return {"associationArn": making.identity.arn, "associationId": making.identity.id, "externalId": ""}


@computes("aws:autoscaling/schedule:Schedule")
def _schedule(making: Making) -> dict[str, Any]:
    # The provider sends 0 for a size left out: https://github.com/pulumi/pulumi-aws/issues/2473 names the trap.
    return {
        **{"minSize": 0, "maxSize": 0, "desiredCapacity": 0, "timeZone": ""},
        "startTime": _next_occurrence(making.inputs.get("recurrence"), making.inputs.get("timeZone")),
    }


def _next_occurrence(recurrence: Any, zone: Any) -> str:
    """What AWS fills in as the start of a recurring action that was given none."""
    if recurrence is None:
        return ""
    now = datetime.now(ZoneInfo(str(zone)) if zone else UTC)
    return next(CronSim(str(recurrence), now)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@computes("aws:autoscaling/policy:Policy")
def _policy(_making: Making) -> dict[str, Any]:
    return {"policyType": "SimpleScaling", "enabled": True, "metricAggregationType": ""}


@computes("aws:autoscaling/group:Group")
def _group(making: Making) -> dict[str, Any]:
    return {"desiredCapacity": making.inputs["minSize"], "defaultCooldown": 300, "healthCheckType": "EC2"}


@computes("aws:cloudwatch/dashboard:Dashboard")
def _dashboard(making: Making) -> dict[str, Any]:
    return {"dashboardArn": making.identity.arn}


@computes("aws:sns/topicSubscription:TopicSubscription")
def _subscription(making: Making) -> dict[str, Any]:
    # Until the person says yes: https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
    return {"pendingConfirmation": making.inputs["protocol"] == "email", "ownerId": making.place.account}
