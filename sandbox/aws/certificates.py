"""Whether a certificate is issued: what its validation waits for.

https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
"""

from typing import Final

from sandbox.inventory import Inventory, Record
from sandbox.values import as_list, objects

CERTIFICATE_TYPE: Final = "aws:acm/certificate:Certificate"
RECORD_TYPE: Final = "aws:route53/record:Record"


def is_issued(inventory: Inventory, certificate: Record) -> bool:
    """Whether a certificate is issued: imported, or every name's validation record stands in a zone."""
    if not certificate.inputs.get("domainName"):
        return True
    return not missing_records(inventory, certificate)


def missing_records(inventory: Inventory, certificate: Record) -> list[str]:
    """Return the names of the validation records a certificate still waits for."""
    standing = {
        (str(record.outputs["fqdn"]).rstrip(".").lower(), str(value).rstrip(".").lower())
        for record in inventory.list(type=RECORD_TYPE)
        if record.inputs.get("type") == "CNAME"
        for value in as_list(record.inputs.get("records"))
    }
    wanted = {
        (str(option["resourceRecordName"]).rstrip(".").lower(), str(option["resourceRecordValue"]).rstrip(".").lower())
        for option in objects(certificate.outputs.get("domainValidationOptions"))
    }
    return sorted(name for name, _ in wanted - standing)
