"""What a container may use."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from infra.strict_model import StrictModel


class ResourceAmounts(StrictModel):
    """CPU in millicores, memory in MiB."""

    # The largest instance that EC2 has, u7inh-32tb.480xlarge: 1,920 vCPUs and 32 TiB.
    # https://docs.aws.amazon.com/ec2/latest/instancetypes/mo.html
    cpu_millicores: Annotated[int, Field(ge=1, le=1_920_000)]
    memory_mib: Annotated[int, Field(alias="memoryMiB", ge=4, le=33_554_432)]

    def quantities(self) -> dict[str, str]:
        """As Kubernetes writes them."""
        return {"cpu": f"{self.cpu_millicores}m", "memory": f"{self.memory_mib}Mi"}


class ResourceSettings(StrictModel):
    """What a container is sure of, and what it may not exceed."""

    requests: ResourceAmounts
    limits: ResourceAmounts

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for key, limit, request in (
            ("cpuMillicores", self.limits.cpu_millicores, self.requests.cpu_millicores),
            ("memoryMiB", self.limits.memory_mib, self.requests.memory_mib),
        ):
            if limit < request:
                raise ValueError(f"limits.{key} is {limit}; expected at least requests.{key}, {request}")
        return self
