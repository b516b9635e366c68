"""Computed outputs of databases."""

from typing import Any

from sandbox.aws.identifiers import Seed
from sandbox.aws.outputs import Making, computes


@computes("aws:rds/instance:Instance")
def _instance(making: Making) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_CommonTasks.Connect.html"""
    identifier, port = making.inputs["identifier"], making.inputs.get("port") or 5432
    # One for each account and region.
    account = Seed(f"{making.place.account}|{making.place.region}").letters(12).lower()
    address = f"{identifier}.{account}.{making.place.region}.rds.amazonaws.com"
    version = making.inputs.get("engineVersion")
    return {
        "address": address,
        "endpoint": f"{address}:{port}",
        "port": port,
        "engineVersionActual": version,
        "status": "available",
        "hostedZoneId": "Z1PVIF0B656C1W",
        "resourceId": making.identity.id,
        "caCertIdentifier": "rds-ca-rsa2048-g1",
        "multiAz": False,
        "publiclyAccessible": False,
        "autoMinorVersionUpgrade": True,
    }


@computes("aws:rds/parameterGroup:ParameterGroup")
def _parameter_group(_making: Making) -> dict[str, Any]:
    return {"description": "Managed by Pulumi", "skipDestroy": False}
