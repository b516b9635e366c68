"""What the stand-in for `pulumi_eks.Cluster` takes, and what it refuses by name.

The real component can make node groups, security groups, add-ons, storage classes, Fargate profiles and
more. The stand-in makes the cluster itself with its role and access entries; an argument that asks for
anything else is refused, because ignoring it would make a program pass here that behaves differently in
a real account.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sandbox.refusal import Refusal

# https://www.pulumi.com/registry/packages/eks/api-docs/cluster/#inputs
_TAKEN = frozenset(
    (
        "accessEntries",
        "authenticationMode",
        "bootstrapSelfManagedAddons",
        "clusterTags",
        "corednsAddonOptions",
        "createInstanceRole",
        "createOidcProvider",
        "deletionProtection",
        "enabledClusterLogTypes",
        "encryptionConfigKeyArn",
        "endpointPrivateAccess",
        "endpointPublicAccess",
        "ipFamily",
        "kubeProxyAddonOptions",
        "kubernetesServiceIpAddressRange",
        "name",
        "privateSubnetIds",
        "providerCredentialOpts",
        "publicAccessCidrs",
        "publicSubnetIds",
        "skipDefaultNodeGroup",
        "skipDefaultSecurityGroups",
        "subnetIds",
        "tags",
        "upgradePolicy",
        "useDefaultVpcCni",
        "version",
        "vpcId",
    )
)

# The one value that each of these may have, and what the real component would make otherwise.
_REQUIRED: Mapping[str, tuple[Any, str]] = {
    "skipDefaultNodeGroup": (True, "a default node group"),
    "skipDefaultSecurityGroups": (True, "security groups of its own"),
    "useDefaultVpcCni": (True, "a vpc-cni add-on"),
    "authenticationMode": ("API", "an aws-auth ConfigMap"),
}

_FORBIDDEN: Mapping[str, str] = {
    "createInstanceRole": "an instance role",
    "createOidcProvider": "an OIDC provider",
}


def check_arguments(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the cluster `name` that are not null, all of them understood.

    Raises:
        Refusal: one asks for something that the stand-in does not make, or that the real component
            refuses too.
    """
    arguments = {key: value for key, value in given.items() if value is not None}
    where = f"eks.Cluster {name!r}"
    unknown = sorted(set(arguments) - _TAKEN)
    if unknown:
        raise Refusal(f"{where}: the sandbox's stand-in does not take {', '.join(unknown)}")
    for key, (wanted, otherwise) in _REQUIRED.items():
        if arguments.get(key) != wanted:
            raise Refusal(
                f"{where}: {key} has to be {wanted!r} in the sandbox; "
                f"with {arguments.get(key)!r} the real component makes {otherwise}"
            )
    for key, otherwise in _FORBIDDEN.items():
        if arguments.get(key):
            raise Refusal(f"{where}: {key} makes {otherwise}, which the sandbox's stand-in does not")
    if _options(arguments.get("kubeProxyAddonOptions")).get("enabled") is not False:
        raise Refusal(f"{where}: the sandbox's stand-in makes no kube-proxy add-on; set enabled to False")
    coredns = _options(arguments.get("corednsAddonOptions"))
    if coredns.get("enabled") is True or coredns.get("configurationValues"):
        raise Refusal(f"{where}: the sandbox's stand-in makes no coredns add-on; set enabled to False")
    if "subnetIds" in arguments and {"publicSubnetIds", "privateSubnetIds"}.intersection(arguments):
        raise Refusal(f"{where}: subnetIds excludes publicSubnetIds and privateSubnetIds")
    if "vpcId" not in arguments:
        raise Refusal(f"{where}: the sandbox has no default VPC; set vpcId")
    return arguments


def _options(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
