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
_POLL_SECONDS = 0.5
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
        answers: dict[str, Sequence[str] | Trouble] = {}
        deadline = time.monotonic() + ANSWER_SECONDS
        while len(answers) < len(told):
            late = time.monotonic() > deadline
            for instance in (each for each in self._instances if each not in answers):
                answer = self._answer(instance, told[instance], len(commands))
                if answer is not None:
                    answers[instance] = answer
                elif late:
                    answers[instance] = Trouble(f"did not answer within {ANSWER_SECONDS:.0f} s ({told[instance]})")
            if len(answers) < len(told):
                time.sleep(_POLL_SECONDS)
        return {instance: answers[instance] for instance in self._instances}

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

    def _answer(self, instance: str, command: str | Trouble, count: int) -> Sequence[str] | Trouble | None:
        """What came of it; None while it is under way."""
        if isinstance(command, Trouble):
            return command
        try:
            done = self._ssm.get_command_invocation(CommandId=command, InstanceId=instance)
        except ClientError as error:
            # A command that was just sent is not known everywhere yet.
            unknown = aws_reason(error).startswith("InvocationDoesNotExist")
            return None if unknown else Trouble(aws_reason(error))
        except BotoCoreError as error:
            return Trouble(aws_reason(error))
        return None if done["Status"] in _UNDER_WAY else _answers(done, count)


def _answers(done: Mapping[str, Any], count: int) -> Sequence[str] | Trouble:
    if done["Status"] != "Success":
        # The last line is the reason; the agent adds a line of its own after it.
        lines = [line.strip() for line in done.get("StandardErrorContent", "").splitlines() if line.strip()]
        said = [line for line in lines if not line.startswith("failed to run commands:")]
        return Trouble(f"{done['Status']}: {said[-1] if said else done.get('StatusDetails', 'it gives no reason')}")
    try:
        text = gzip.decompress(base64.b64decode(done["StandardOutputContent"])).decode(errors="replace")
        return split_answers(text, count)
    except (OSError, EOFError, zlib.error, binascii.Error):
        return Trouble("answered something that cannot be unpacked")
    except UnknownAnswerError as error:
        return Trouble(str(error))
