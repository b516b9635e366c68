"""The base of every setting: frozen, no unknown key, no silent conversion, camelCase in the stack file."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class StrictModel(BaseModel):
    """A part of the stack file.

    Strict means that `"3"` is no integer and `yes` no boolean; frozen, that what was checked stays as it was.
    """

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", alias_generator=to_camel, hide_input_in_errors=True
    )
