"""What a stack file may say of how much room its nodes must leave."""

from typing import Annotated, Literal

from pydantic import Field

from infra.strict_model import StrictModel


class CapacitySettings(StrictModel):
    """What is warned of at preview, beside pods that find no room at all."""

    headroom_percent: Annotated[int, Field(ge=0, le=90)]
    """How much of CPU, memory and pods has to be free while every service is at its most."""
    survives: Literal["nothing", "node", "zone"]
    """After which loss the least of every service still has to find room on the nodes that are left."""
