"""Rules about certificates, hosted zones and records."""

from typing import Any, Final

from sandbox.aws.certificates import CERTIFICATE_TYPE, RECORD_TYPE, is_issued, missing_records
from sandbox.aws.outputs.edge import certificate_names, fully_qualified
from sandbox.aws.rules import Call, rule
from sandbox.inventory import Inventory
from sandbox.values import as_list, objects

ZONE_TYPE: Final = "aws:route53/zone:Zone"
_ACM: Final = "https://docs.aws.amazon.com/acm/latest/userguide/"
_ROUTE_53: Final = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/"


@rule("create", on=(CERTIFICATE_TYPE,), page=f"{_ACM}acm-certificate-characteristics.html")
def _certificate_names(call: Call) -> None:
    """A certificate's names are domain names; a wildcard stands at the left only; it has at most ten by default."""
    for name in certificate_names(call.inputs):
        labels = str(name).removeprefix("*.").split(".")
        if len(labels) < 2 or any(not label or "*" in label for label in labels):  # noqa: PLR2004 - a name, a top level
            call.refuse(
                "InvalidDomainValidationOptionsException", f"{name!r} is no domain name a certificate can be for"
            )


@rule(
    "create",
    on=("aws:acm/certificateValidation:CertificateValidation",),
    page=f"{_ACM}dns-validation.html",
)
def _validation_ends(call: Call) -> None:
    """A certificate is issued once its records stand in a zone, with the right names and values."""
    certificate = call.inventory.by_arn(str(call.inputs["certificateArn"]))
    if certificate is not None and not is_issued(call.inventory, certificate):
        missing = ", ".join(missing_records(call.inventory, certificate))
        call.refuse("PENDING_VALIDATION", f"timeout while waiting for state to become 'ISSUED': no record {missing}")


@rule("create", "update", on=(RECORD_TYPE,), page=f"{_ROUTE_53}resource-record-sets-values-shared.html")
def _record_is_whole(call: Call) -> None:
    """A record is an alias, or has values and a time to live."""
    alias, values = call.inputs.get("aliases"), call.inputs.get("records")
    if bool(alias) == bool(values):
        call.refuse("InvalidInput", "a record has either aliases or records")
    if values and call.inputs.get("ttl") is None:
        call.refuse("InvalidInput", "a record that is no alias needs a ttl")
    if call.inputs["type"] == "CNAME" and values and len(as_list(values)) > 1:
        call.refuse("InvalidChangeBatch", "a CNAME record has one value")


@rule("create", on=(RECORD_TYPE,), page=f"{_ROUTE_53}ResourceRecordTypes.html")
def _record_is_free(call: Call) -> None:
    """A name has one record of a type and set, and beside a CNAME nothing else."""
    if call.inputs.get("allowOverwrite") is True:
        return
    name = _full_name(call.inventory, call.inputs)
    for other in call.others(RECORD_TYPE):
        if other.inputs.get("zoneId") != call.inputs["zoneId"] or other.outputs.get("fqdn") != name:
            continue
        same_type = other.inputs.get("type") == call.inputs["type"]
        if same_type and other.inputs.get("setIdentifier") == call.inputs.get("setIdentifier"):
            call.refuse(
                "InvalidChangeBatch",
                f"Tried to create resource record set [name='{name}', type='{call.inputs['type']}']"
                " but it already exists",
            )
        if not same_type and "CNAME" in {other.inputs.get("type"), call.inputs["type"]}:
            call.refuse("InvalidChangeBatch", f"RRSet of type CNAME with DNS name {name} conflicts with another")


def _full_name(inventory: Inventory, inputs: Any) -> str:
    zone = inventory.get(ZONE_TYPE, str(inputs["zoneId"]))
    return fully_qualified(str(inputs["name"]), str(zone.inputs["name"]).rstrip(".") if zone else "")


@rule("create", "update", on=(RECORD_TYPE,), page=f"{_ROUTE_53}resource-record-sets-choosing-alias-non-alias.html")
def _alias_target_exists(call: Call) -> None:
    """An alias names a balancer that exists, or a record of its own zone."""
    for alias in objects(call.inputs.get("aliases")):
        target, zone = str(alias.get("name")).rstrip(".").lower(), alias.get("zoneId")
        balancers = {
            (str(each.outputs["dnsName"]).lower(), each.outputs["zoneId"])
            for each in call.inventory.list(type="aws:lb/loadBalancer:LoadBalancer")
        }
        records = {
            (str(each.outputs["fqdn"]).lower(), each.inputs.get("zoneId"))
            for each in call.inventory.list(type=RECORD_TYPE)
        }
        elsewhere = not target.endswith(
            (".elb.amazonaws.com", *(f".{each.name}" for each in call.inventory.list(type=ZONE_TYPE)))
        )
        if not elsewhere and (target.removeprefix("dualstack."), zone) not in balancers | records:
            call.refuse(
                "InvalidChangeBatch",
                f"Tried to create an alias that targets {target}, type {call.inputs['type']} in zone {zone},"
                " but the alias target name does not lie within the target zone",
            )


@rule("delete", on=(ZONE_TYPE,), page=f"{_ROUTE_53}DeleteHostedZone.html")
def _zone_is_empty(call: Call) -> None:
    """A zone that holds more than its own NS and SOA records cannot be deleted."""
    if call.existing.inputs.get("forceDestroy") is True:
        return
    for record in call.inventory.list(type=RECORD_TYPE):
        if record.inputs.get("zoneId") == call.existing.id:
            call.refuse(
                "HostedZoneNotEmpty",
                f"The specified hosted zone contains non-required resource record sets: {record.id}",
            )
