"""What the engine is told when a provider fails."""

from __future__ import annotations

import grpc
import pytest
from pulumi.provider.server import ComponentInitError
from pulumi.runtime.proto import provider_pb2, status_pb2

from sandbox.aws.errors import AwsError
from sandbox.partial_failure import PartialFailureError, status_metadata
from sandbox.refusal import Refusal
from sandbox.server import describe
from tests.says import Says

pytestmark = pytest.mark.unit


def _as_the_sdk_raises(error: Exception) -> Exception:
    try:
        try:
            raise error
        except Exception as inner:
            raise Exception(f"{inner}:\n  File server.py, line 1")  # noqa: B904  # the SDK's own way
    except Exception as wrapped:
        return wrapped


@pytest.mark.parametrize("error", [Refusal("not here"), AwsError("creating a VPC", "VpcLimitExceeded", "too many")])
def test_an_error_raised_on_purpose_is_its_message_alone(error: Exception) -> None:
    code, message = describe(_as_the_sdk_raises(error))
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert message == str(error)


def test_a_mistake_keeps_its_traceback() -> None:
    told = describe(_as_the_sdk_raises(KeyError("vpcId")))
    assert told == (grpc.StatusCode.INTERNAL, Says("KeyError: 'vpcId'", "test_server_errors.py"))


def test_what_is_not_done_says_so() -> None:
    assert describe(NotImplementedError("no 'call'")) == (grpc.StatusCode.UNIMPLEMENTED, Says("'call'"))


def test_a_components_own_error_is_found_inside() -> None:
    assert describe(_as_the_sdk_raises(ComponentInitError(Refusal("no fargate"))))[1] == "no fargate"


def test_an_error_caused_by_another_is_shown_as_itself() -> None:
    try:
        try:
            raise KeyError("first")
        except KeyError as first:
            raise ValueError("second") from first
    except ValueError as second:
        assert Says("ValueError: second") == describe(_as_the_sdk_raises(second))[1]


def test_what_exists_but_does_not_work_is_kept_with_its_reasons() -> None:
    failure = PartialFailureError("shop/web", {"kind": "Deployment"}, ["it failed", "no such image"])
    code, message = describe(_as_the_sdk_raises(failure))
    assert (code, message) == (grpc.StatusCode.UNKNOWN, "it failed; no such image")
    ((name, data),) = status_metadata(code, failure)
    assert name == "grpc-status-details-bin"
    status = status_pb2.Status.FromString(data)
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert (detail.id, list(detail.reasons)) == ("shop/web", ["it failed", "no such image"])
    assert detail.properties["kind"] == "Deployment"
    assert not detail.HasField("inputs")
