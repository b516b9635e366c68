"""What a stack file may say of a move from an old system: where that is, and who is served by which of the two."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from infra.setting_types import DnsLabel, TargetAddress, text
from infra.strict_model import StrictModel

_CODES_WORDS = 'status codes from 200 to 499 in quotes, such as "200", "200,301" or "200-399"'


def _codes(codes: str) -> str:
    for part in codes.split(","):
        low, _, high = part.partition("-")
        if high and int(low) >= int(high):
            raise ValueError("expected the lower code of a range first")
    return codes


# "For Application Load Balancers, you can specify values between 200 and 499", several of them or ranges.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html
HealthCheckCodes = Annotated[
    str,
    text(r"^[2-4][0-9]{2}(-[2-4][0-9]{2})?(,[2-4][0-9]{2}(-[2-4][0-9]{2})?)*$", _CODES_WORDS),
    AfterValidator(_codes),
]
# "The path [...] can be up to 1024 characters":
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
HealthCheckPath = Annotated[
    str, text(r"^/[!-~]*$", "a path that begins with /, of at most 1024 characters without spaces", max_length=1024)
]
# "A path pattern is case-sensitive, can be up to 128 characters in length, and can contain" these characters:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html#path-conditions
PathPattern = Annotated[
    str,
    text(
        r"^[/*][A-Za-z0-9_.$/~\"'@:+&*?-]*$",
        "a path pattern such as /img/* of at most 128 letters, digits and _-.$/~\"'@:+&*? that begins with / or *",
        max_length=128,
    ),
]


class OldSystemSettings(StrictModel):
    """The old system as the balancer reaches it."""

    # "Inbound or outbound rules per security group": 60, of which each address takes one and each port of pods another.
    # https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
    addresses: Annotated[tuple[TargetAddress, ...], Field(min_length=1, max_length=50)]
    port: Annotated[int, Field(ge=1, le=65535)]
    protocol: Literal["HTTP", "HTTPS"]
    health_check_path: HealthCheckPath
    health_check_codes: HealthCheckCodes


class SidePathSettings(StrictModel):
    """Paths that one side serves, whatever the percentage says. Those of `new` are looked at first."""

    new: tuple[PathPattern, ...] = ()
    old: tuple[PathPattern, ...] = ()

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.new and not self.old:
            raise ValueError("has neither; expected at least one of new and old")
        return self


class ServiceMigrationSettings(StrictModel):
    """How one service's requests are divided."""

    new_percent: Annotated[int, Field(ge=0, le=100)]
    paths: SidePathSettings | None = None
    # "The range is 1-604800 seconds (7 days)":
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupStickinessConfig.html
    sticky_seconds: Annotated[int, Field(ge=1, le=604800)] | None = None


class AlbMigrationSettings(StrictModel):
    """The stack's own balancer divides the requests."""

    kind: Literal["alb"]
    old: OldSystemSettings
    services: Mapping[DnsLabel, ServiceMigrationSettings]
