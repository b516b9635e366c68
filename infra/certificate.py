"""The certificate of the stack's domain, proven to ACM by records in the stack's own zone."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


def certificate_names(domain: str, hosts: Sequence[str]) -> tuple[str, ...]:
    """The domain, everything one label below it, and each host that lies deeper.

    A wildcard covers one label (https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html),
    so a new service beside the others does not need a new certificate.
    """
    covered = {domain} | {host for host in hosts if host.partition(".")[2] == domain}
    return (domain, f"*.{domain}", *sorted(set(hosts) - covered))


def validation_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names that need a record of their own: a wildcard is proven by its parent's.

    https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
    """
    return tuple(name for name in names if not name.startswith("*."))


@dataclass(frozen=True)
class CertificateArgs:
    """What the certificate is made of."""

    domain: str
    hosts: Sequence[str]
    zone_id: pulumi.Input[str]


class Certificate(pulumi.ComponentResource):
    """A certificate that is issued: `arn` is known only once ACM has seen the records."""

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:Certificate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        names = certificate_names(args.domain, args.hosts)
        certificate = aws.acm.Certificate(
            f"{name}-certificate",
            domain_name=names[0],
            subject_alternative_names=list(names[1:]),
            validation_method="DNS",
            tags={"Name": name},
            opts=child,
        )
        records = [
            self._validation_record(name, validated, certificate, args.zone_id) for validated in validation_names(names)
        ]
        validation = aws.acm.CertificateValidation(
            f"{name}-certificate-validation",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn for record in records],
            opts=child,
        )
        self.arn = validation.certificate_arn

        self.register_outputs({"arn": self.arn})

    def _validation_record(
        self, name: str, validated: str, certificate: aws.acm.Certificate, zone_id: pulumi.Input[str]
    ) -> aws.route53.Record:
        # The loop runs over names of the configuration; only what a record says comes from AWS (pulumi #10233).
        option = certificate.domain_validation_options.apply(
            lambda options: next(option for option in options if option.domain_name == validated)
        )
        return aws.route53.Record(
            f"{name}-validation-{validated}",
            zone_id=zone_id,
            name=option.apply(lambda option: str(option.resource_record_name)),
            type=option.apply(lambda option: str(option.resource_record_type)),
            records=[option.apply(lambda option: str(option.resource_record_value))],
            ttl=300,
            # ACM gives a domain the same record again, so a replaced certificate's record may stand there already.
            # https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
            allow_overwrite=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
