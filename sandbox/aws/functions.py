"""The data sources (`get...` functions) that the emulated AWS answers."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.aws.account import Caller
from sandbox.aws.errors import AwsError
from sandbox.aws.identifiers import ACCOUNT
from sandbox.aws.outputs.network import zones_of
from sandbox.inventory import Inventory, Record
from sandbox.values import as_list, as_map, is_list, is_map, objects

_Answer = Callable[[Mapping[str, Any], Inventory, Caller], dict[str, Any]]


def call_function(token: str, arguments: Mapping[str, Any], inventory: Inventory, caller: Caller) -> dict[str, Any]:
    """Answer one data source.

    Raises:
        AwsError: it finds nothing, or is not emulated.
    """
    answer = _ANSWERS.get(token)
    if answer is None:
        raise AwsError(f"invoking {token}", "NotEmulated", f"emulated are {', '.join(sorted(_ANSWERS))}")
    return {**arguments, **answer(arguments, inventory, caller)}


def _caller_identity(_arguments: Mapping[str, Any], _inventory: Inventory, caller: Caller) -> dict[str, Any]:
    user = "AROAEMULATED00000000:pulumi" if caller.role_arn else "AIDAEMULATED00000000"
    return {"id": ACCOUNT, "accountId": ACCOUNT, "arn": caller.arn, "userId": user}


def _partition(_arguments: Mapping[str, Any], _inventory: Inventory, _caller: Caller) -> dict[str, Any]:
    return {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def _region(arguments: Mapping[str, Any], _inventory: Inventory, caller: Caller) -> dict[str, Any]:
    name = arguments.get("region") or arguments.get("name") or caller.region
    return {
        "id": name, "name": name, "region": name, "description": f"{name} (emulated)",
        "endpoint": f"ec2.{name}.amazonaws.com",
    }  # fmt: skip


def _zones(arguments: Mapping[str, Any], _inventory: Inventory, caller: Caller) -> dict[str, Any]:
    region = str(arguments.get("region") or caller.region)
    excluded = as_list(arguments.get("excludeNames"))
    names = [zone for zone in zones_of(region) if zone not in excluded]
    return {
        "id": region, "region": region, "names": names, "groupNames": [region],
        "zoneIds": [f"{region}-az{index}" for index in range(1, len(names) + 1)],
    }  # fmt: skip


def _hosted_zone(arguments: Mapping[str, Any], inventory: Inventory, _caller: Caller) -> dict[str, Any]:
    wanted = str(arguments.get("name") or "").rstrip(".")
    found = [
        zone
        for zone in inventory.list(type="aws:route53/zone:Zone")
        if (not wanted or str(zone.inputs["name"]).rstrip(".") == wanted)
        and arguments.get("zoneId") in {None, "", zone.id}
        and bool(arguments.get("privateZone")) == bool(zone.inputs.get("vpcs"))
    ]
    if len(found) != 1:
        reason = "no matching Route 53 Hosted Zone found" if not found else "multiple Route 53 Hosted Zones matched"
        raise AwsError(
            "reading Route 53 Hosted Zone", "NotFound" if not found else "Ambiguous",
            f"{reason} for {wanted or arguments.get('zoneId')!r}; `bootstrap` makes the zones",
            "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/route53_zone",
        )  # fmt: skip
    zone = found[0]
    return {
        "id": zone.id, "zoneId": zone.id, "name": str(zone.inputs["name"]).rstrip("."), "arn": zone.arn,
        "nameServers": zone.outputs["nameServers"],
        "primaryNameServer": zone.outputs["primaryNameServer"],
        "comment": zone.outputs["comment"], "privateZone": bool(zone.inputs.get("vpcs")),
        "tags": zone.outputs["tagsAll"],
        "callerReference": "", "linkedServiceDescription": "", "linkedServicePrincipal": "",
        "resourceRecordSetCount": 2,
    }  # fmt: skip


def _clusters(_arguments: Mapping[str, Any], inventory: Inventory, caller: Caller) -> dict[str, Any]:
    names = [cluster.id for cluster in inventory.list(type="aws:eks/cluster:Cluster", scope=caller.region)]
    return {"id": caller.region, "region": caller.region, "names": sorted(names)}


def _node_groups(arguments: Mapping[str, Any], inventory: Inventory, _caller: Caller) -> dict[str, Any]:
    groups = inventory.list(type="aws:eks/nodeGroup:NodeGroup")
    names = [str(each.outputs["nodeGroupName"]) for each in groups if _is_of(each, arguments)]
    return {"id": arguments["clusterName"], "names": sorted(names)}


def _node_group(arguments: Mapping[str, Any], inventory: Inventory, _caller: Caller) -> dict[str, Any]:
    for each in inventory.list(type="aws:eks/nodeGroup:NodeGroup"):
        if _is_of(each, arguments) and each.outputs["nodeGroupName"] == arguments["nodeGroupName"]:
            return {**each.outputs, "id": each.id, "tags": each.outputs.get("tagsAll", {})}
    raise AwsError(
        f"reading EKS Node Group ({arguments['nodeGroupName']})", "ResourceNotFoundException", "No node group found"
    )


def _is_of(group: Record, arguments: Mapping[str, Any]) -> bool:
    return group.inputs.get("clusterName") == arguments["clusterName"]


def _addon_version(arguments: Mapping[str, Any], _inventory: Inventory, caller: Caller) -> dict[str, Any]:
    version = f"v1.{str(arguments['kubernetesVersion']).split('.')[-1]}.0-eksbuild.1"
    return {
        "id": arguments["addonName"],
        "version": version,
        "region": arguments.get("region") or caller.region,
    }


def _policy_document(arguments: Mapping[str, Any], _inventory: Inventory, _caller: Caller) -> dict[str, Any]:
    statements = [_statement(statement) for statement in objects(arguments.get("statements"))]
    document: dict[str, Any] = {"Version": arguments.get("version") or "2012-10-17", "Statement": statements}
    if arguments.get("policyId"):
        document["Id"] = arguments["policyId"]
    text = json.dumps(document, indent=2)
    return {"id": str(len(text)), "json": text, "minifiedJson": json.dumps(document, separators=(",", ":"))}


def _statement(given: Mapping[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": given.get("effect") or "Allow"}
    if given.get("sid"):
        statement["Sid"] = given["sid"]
    for name, key in (("actions", "Action"), ("notActions", "NotAction"), ("resources", "Resource"),
                      ("notResources", "NotResource")):  # fmt: skip
        if given.get(name):
            statement[key] = _one_or_many(given[name])
    for name, key in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        principals: dict[str, Any] = {}
        for principal in objects(given.get(name)):
            principals[principal["type"]] = _one_or_many(principal["identifiers"])
        if principals:
            statement[key] = "*" if principals == {"*": "*"} else principals
    conditions: dict[str, dict[str, Any]] = {}
    for condition in objects(given.get("conditions")):
        conditions.setdefault(condition["test"], {})[condition["variable"]] = _one_or_many(condition["values"])
    if conditions:
        statement["Condition"] = conditions
    return statement


def _one_or_many(values: Any) -> Any:
    return values[0] if is_list(values) and len(values) == 1 else sorted(values, reverse=True)


def _named(type_token: str, argument: str, what: str) -> _Answer:
    """A data source that finds one thing of a type by its name and returns its outputs."""

    def answer(arguments: Mapping[str, Any], inventory: Inventory, _caller: Caller) -> dict[str, Any]:
        wanted = arguments.get(argument)
        for record in inventory.list(type=type_token):
            if wanted in {record.name, record.id, record.arn}:
                shown = {key: value for key, value in record.outputs.items() if not re.match("__", key)}
                return {**shown, "id": record.id, "tags": shown.get("tagsAll", {}) if is_map(shown) else {}}
        raise AwsError(f"reading {what} ({wanted})", "NotFound", f"no {what} of that name exists")

    return answer


_TYPES_BY_FILTER: Final[Mapping[str, str]] = {
    "ec2:vpc": "aws:ec2/vpc:Vpc",
    "ec2:subnet": "aws:ec2/subnet:Subnet",
    "eks:cluster": "aws:eks/cluster:Cluster",
    "eks:nodegroup": "aws:eks/nodeGroup:NodeGroup",
    "rds:db": "aws:rds/instance:Instance",
}
"""Resource types as the tagging API names them, as far as they are emulated."""


def _tagged_resources(arguments: Mapping[str, Any], inventory: Inventory, _caller: Caller) -> dict[str, Any]:
    """What carries all the tags asked for.

    https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
    """
    unknown = [each for each in as_list(arguments.get("resourceTypeFilters")) if each not in _TYPES_BY_FILTER]
    if unknown:
        raise AwsError("reading Resource Groups Tagging API Resources", "NotEmulated", f"resource types {unknown}")
    filters = {each["key"]: as_list(each.get("values")) for each in objects(arguments.get("tagFilters"))}
    found: list[dict[str, Any]] = [
        {"resourceArn": record.arn, "tags": tags, "complianceDetails": []}
        for each in as_list(arguments.get("resourceTypeFilters"))
        for record in inventory.list(type=_TYPES_BY_FILTER[each])
        for tags in [as_map(record.outputs.get("tagsAll"))]
        if all(key in tags and (not values or tags[key] in values) for key, values in filters.items())
    ]
    return {"id": "tagged-resources", "resourceTagMappingLists": found}


_ANSWERS: Final[Mapping[str, _Answer]] = {
    "aws:ecr/getRepository:getRepository": _named("aws:ecr/repository:Repository", "name", "ECR Repository"),
    "aws:eks/getAddonVersion:getAddonVersion": _addon_version,
    "aws:eks/getCluster:getCluster": _named("aws:eks/cluster:Cluster", "name", "EKS Cluster"),
    "aws:eks/getClusters:getClusters": _clusters,
    "aws:eks/getNodeGroup:getNodeGroup": _node_group,
    "aws:eks/getNodeGroups:getNodeGroups": _node_groups,
    "aws:iam/getPolicyDocument:getPolicyDocument": _policy_document,
    "aws:iam/getRole:getRole": _named("aws:iam/role:Role", "name", "IAM Role"),
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
    "aws:kms/getKey:getKey": _named("aws:kms/key:Key", "keyId", "KMS Key"),
    "aws:rds/getInstance:getInstance": _named("aws:rds/instance:Instance", "dbInstanceIdentifier", "RDS Instance"),
    "aws:resourcegroupstaggingapi/getResources:getResources": _tagged_resources,
    "aws:route53/getZone:getZone": _hosted_zone,
    "aws:ssm/getParameter:getParameter": _named("aws:ssm/parameter:Parameter", "name", "SSM Parameter"),
}
