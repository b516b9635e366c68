"""Computed outputs of balancers, certificates and DNS."""

import hashlib
from collections.abc import Iterator
from typing import Any

from sandbox.aws.outputs import Making, computes
from sandbox.values import as_list, objects


@computes("aws:lb/loadBalancer:LoadBalancer")
def _balancer(making: Making) -> dict[str, Any]:
    internal = "internal-" if making.inputs.get("internal") else ""
    name = making.inputs["name"]
    mapped = [mapping.get("subnetId") for mapping in objects(making.inputs.get("subnetMappings"))]
    subnets = [*as_list(making.inputs.get("subnets")), *mapped]
    subnet = making.inventory.by_id(str(subnets[0])) if subnets else None
    number = making.seed.number(10**10, "dns")
    return {
        "arnSuffix": making.identity.arn.split("loadbalancer/", 1)[1],
        "dnsName": f"{internal}{name}-{number}.{making.place.region}.elb.amazonaws.com",
        # The hosted zone of application load balancers in us-west-2; one is enough for an emulation.
        "zoneId": "Z1H1FL5HABSF5",
        "vpcId": str(subnet.inputs["vpcId"]) if subnet else "",
        "loadBalancerType": "application",
        "internal": False,
        "ipAddressType": "ipv4",
        "idleTimeout": 60,
        "clientKeepAlive": 3600,
        "enableDeletionProtection": False,
        "enableHttp2": True,
        "desyncMitigationMode": "defensive",
        "xffHeaderProcessingMode": "append",
    }


@computes("aws:lb/targetGroup:TargetGroup")
def _target_group(making: Making) -> dict[str, Any]:
    return {
        "arnSuffix": making.identity.arn.rsplit(":", 1)[1],
        "targetType": "instance",
        "deregistrationDelay": 300,
        "slowStart": 0,
        "protocolVersion": "HTTP1",
        "loadBalancingAlgorithmType": "round_robin",
        "healthCheck": {
            "enabled": True,
            "healthyThreshold": 3,
            "interval": 30,
            "matcher": "200",
            "path": "/",
            "port": "traffic-port",
            "protocol": "HTTP",
            "timeout": 6,
            "unhealthyThreshold": 3,
        },
        "loadBalancerArns": [],
    }


@computes("aws:lb/listener:Listener")
def _listener(making: Making) -> dict[str, Any]:
    https = making.inputs.get("protocol") == "HTTPS"
    return {"protocol": "HTTP", "sslPolicy": "ELBSecurityPolicy-2016-08" if https else ""}


@computes("aws:lb/listenerRule:ListenerRule")
def _listener_rule(making: Making) -> dict[str, Any]:
    siblings = [
        int(rule.outputs["priority"])
        for rule in making.inventory.list(type="aws:lb/listenerRule:ListenerRule")
        if rule.inputs.get("listenerArn") == making.inputs["listenerArn"]
    ]
    return {"priority": max(siblings, default=0) + 1}


@computes("aws:acm/certificate:Certificate")
def _certificate(making: Making) -> dict[str, Any]:
    names = certificate_names(making.inputs)
    return {
        "subjectAlternativeNames": names,
        "domainValidationOptions": list(_validation_options(names)),
        "keyAlgorithm": "RSA_2048",
        "status": "PENDING_VALIDATION" if making.inputs.get("domainName") else "ISSUED",
        "type": "AMAZON_ISSUED" if making.inputs.get("domainName") else "IMPORTED",
        "notBefore": "",
        "notAfter": "",
        "pendingRenewal": False,
        "renewalEligibility": "INELIGIBLE",
        "validationEmails": [],
    }


def certificate_names(inputs: Any) -> list[str]:
    """Return the names a certificate is for, its main one first."""
    domain = inputs.get("domainName")
    others = [name for name in as_list(inputs.get("subjectAlternativeNames")) if name != domain]
    return [domain, *others] if domain else []


def _validation_options(names: list[str]) -> Iterator[dict[str, str]]:
    """One option for each name; `d` and `*.d` share one record.

    https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
    """
    for name in names:
        base = name.removeprefix("*.")
        # ACM derives the record from the account and the domain, so a renewed certificate keeps its record.
        proof = hashlib.sha256(f"validation of {base}".encode()).hexdigest()
        yield {
            "domainName": name,
            "resourceRecordName": f"_{proof[:32]}.{base}.",
            "resourceRecordType": "CNAME",
            "resourceRecordValue": f"_{proof[32:]}.emulated.acm-validations.aws.",
        }


@computes("aws:route53/zone:Zone")
def _zone(making: Making) -> dict[str, Any]:
    servers = [f"ns-{making.seed.number(512, str(n)) + 512 * n}.awsdns-{n:02d}.{tld}"
               for n, tld in enumerate(("com", "org", "net", "co.uk"))]  # fmt: skip
    return {
        "zoneId": making.identity.id,
        "nameServers": sorted(servers),
        "primaryNameServer": servers[0],
        "comment": "Managed by Pulumi",
        "forceDestroy": False,
    }


@computes("aws:route53/record:Record")
def _record(making: Making) -> dict[str, Any]:
    zone = making.inventory.by_id(str(making.inputs["zoneId"]))
    domain = str(zone.inputs["name"]).rstrip(".") if zone else ""
    return {"fqdn": fully_qualified(str(making.inputs["name"]), domain)}


def fully_qualified(name: str, domain: str) -> str:
    """Return a record's full name, as the provider completes one: without the final dot."""
    name = name.rstrip(".").lower()
    if not name:
        return domain
    return name if name == domain or name.endswith(f".{domain}") else f"{name}.{domain}"
