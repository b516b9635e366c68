"""A resource that was made, or changed, but does not work: the engine keeps it, and tries again with the next update.

https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto (`ErrorResourceInitFailed`)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import grpc
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import provider_pb2, status_pb2

from sandbox.values import property_map


class PartialFailureError(Exception):
    """Something exists but did not become what it should be.

    Attributes:
        id: what the engine knows it by
        state: what the engine keeps of it
        inputs: what it would be made from today, where it was only read
        reasons: what is wrong, in words, the main thing first
    """

    def __init__(
        self, id_: str, state: Mapping[str, Any], reasons: Sequence[str], inputs: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__("; ".join(reasons))
        self.id = id_
        self.state = state
        self.inputs = inputs
        self.reasons = tuple(reasons)


def status_metadata(code: grpc.StatusCode, failure: PartialFailureError) -> tuple[tuple[str, bytes], ...]:
    """What goes with a gRPC error so that the engine keeps the resource.

    https://grpc.io/docs/guides/error/#richer-error-model
    """
    detail = provider_pb2.ErrorResourceInitFailed(
        id=failure.id,
        properties=PropertyValue.marshal_map(property_map(failure.state)),
        reasons=failure.reasons,
        inputs=None if failure.inputs is None else PropertyValue.marshal_map(property_map(failure.inputs)),
    )
    number: int = code.value[0]
    status = status_pb2.Status(code=number, message=str(failure))
    status.details.add().Pack(detail)
    return (("grpc-status-details-bin", status.SerializeToString()),)
