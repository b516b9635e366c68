"""Rules about tags."""

from typing import Final

from sandbox.aws.rules import ANY, Call, rule
from sandbox.values import as_map

_MOST_TAGS: Final = 50
_LONGEST_KEY: Final = 128
_LONGEST_VALUE: Final = 256


@rule("create", "update", on=ANY, page="https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html")
def _tags_fit(call: Call) -> None:
    """A resource has at most 50 tags; keys have 128 characters, values 256; `aws:` is reserved."""
    tags = as_map(call.inputs.get("tags"))
    if len(tags) > _MOST_TAGS:
        call.refuse("TagLimitExceeded", f"{len(tags)} tags; a resource has at most {_MOST_TAGS}")
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            call.refuse("InvalidParameterValue", f"tag {key!r}: keys that start with aws: are AWS's own")
        if len(key) > _LONGEST_KEY or len(str(value)) > _LONGEST_VALUE:
            call.refuse(
                "InvalidParameterValue", f"tag {key!r} is too long: {_LONGEST_KEY} and {_LONGEST_VALUE} at most"
            )
