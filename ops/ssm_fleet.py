"""The fleet on AWS: its machines are asked through Systems Manager, since nobody can log in to them.

Each runs the stack's own command document, which passes the commands on to HAProxy's socket, and nothing else.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
"""

import base64
import binascii
import gzip
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.aws_session import aws_asked, aws_reason
from ops.fleet import Trouble
from ops.haproxy_runtime import UnknownAnswerError, joined, split_answers
from ops.refusal import Refusal

# "If this time is reached and the command hasn't already started running, it won't run"; 30 is the least. Waiting
# longer than that for the answer means: what was told to have failed does not happen afterwards.
DELIVERY_SECONDS = 30
ANSWER_SECONDS = 60.0
_POLL_SECONDS = 1.0
# https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
_UNDER_WAY = {"Pending", "InProgress", "Delayed", "Cancelling"}


@dataclass(frozen=True)
class Machines:
    """The fleet's instances.

    Attributes:
        in_service: those that the Auto Scaling group counts on
        others: those that come or go, by their state
    """

    in_service: Sequence[str]
    others: Mapping[str, str]


def machines_of(autoscaling: Any, group: str) -> Machines:
    """The instances of an Auto Scaling group.

    Raises:
        Refusal: there is no such group, or none of it is in service.
    """
    with aws_asked(f"the machines of {group}"):
        answer = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
    if not answer:
        raise Refusal(f"there is no Auto Scaling group {group}; bring the stack up first")
    states = {each["InstanceId"]: each["LifecycleState"] for each in answer[0]["Instances"]}
    in_service = sorted(name for name, state in states.items() if state == "InService")
    if not in_service:
        told = ", ".join(f"{name} is {state}" for name, state in sorted(states.items())) or "it has none"
        raise Refusal(f"no machine of {group} is in service ({told})")
    return Machines(in_service, {name: state for name, state in states.items() if state != "InService"})


class SsmFleet:
    """HAProxys on machines that Systems Manager reaches."""

    def __init__(self, ssm: Any, instances: Sequence[str], document: str) -> None:
        self._ssm, self._instances, self._document = ssm, instances, document

    def instances(self) -> Sequence[str]:
        """Their ids."""
        return self._instances

    def ask(self, commands: Sequence[str]) -> Mapping[str, Sequence[str] | Trouble]:
        """Give each of them all of these commands; their answers, or why there are none.

        Each gets a command of its own: one for all of them is refused as a whole when one machine is not reached.
        """
        told = {instance: self._send(instance, commands) for instance in self._instances}
        deadline = time.monotonic() + ANSWER_SECONDS
        return {instance: self._answer(instance, command, commands, deadline) for instance, command in told.items()}

    def _send(self, instance: str, commands: Sequence[str]) -> str | Trouble:
        try:
            sent = self._ssm.send_command(
                DocumentName=self._document,
                InstanceIds=[instance],
                Parameters={"commands": [joined(commands)]},
                TimeoutSeconds=DELIVERY_SECONDS,
                Comment="python -m ops migrate",
            )
        except (BotoCoreError, ClientError) as error:
            return Trouble(aws_reason(error))
        return sent["Command"]["CommandId"]

    def _answer(
        self, instance: str, command: str | Trouble, commands: Sequence[str], deadline: float
    ) -> Sequence[str] | Trouble:
        if isinstance(command, Trouble):
            return command
        while True:
            try:
                done = self._ssm.get_command_invocation(CommandId=command, InstanceId=instance)
            except (BotoCoreError, ClientError) as error:
                # A command that was just sent is not known everywhere yet.
                if not isinstance(error, ClientError) or error.response["Error"]["Code"] != "InvocationDoesNotExist":
                    return Trouble(aws_reason(error))
                done = {"Status": "Pending"}
            if done["Status"] not in _UNDER_WAY:
                return _answers(done, len(commands))
            if time.monotonic() > deadline:
                return Trouble(f"did not answer within {ANSWER_SECONDS:.0f} s (it is {done['Status']}, {command})")
            time.sleep(_POLL_SECONDS)


def _answers(done: Mapping[str, Any], count: int) -> Sequence[str] | Trouble:
    if done["Status"] != "Success":
        said = " ".join(done.get("StandardErrorContent", "").split())
        return Trouble(f"{done['Status']}: {said or done.get('StatusDetails', 'it gives no reason')}")
    try:
        text = gzip.decompress(base64.b64decode(done["StandardOutputContent"])).decode(errors="replace")
        return split_answers(text, count)
    except (OSError, EOFError, zlib.error, binascii.Error):
        return Trouble("answered something that cannot be unpacked")
    except UnknownAnswerError as error:
        return Trouble(str(error))
