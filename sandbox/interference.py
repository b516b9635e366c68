"""What stands between a call and its answer: how long AWS takes, and the faults a test asked for."""

import asyncio
import os
import time
from collections.abc import Callable
from typing import Final

from sandbox.faults import KILLED, Effect, Fault, Faults
from sandbox.latency import Latencies

_MOST_RETRIES: Final = 25
"""https://registry.terraform.io/providers/hashicorp/aws/latest/docs#max_retries"""

_LOOK_AGAIN: Final = 0.05
"""Seconds between two looks whether a delay is over."""


class Interference:
    """Latencies and faults of one provider.

    Args:
        latencies: how long calls take.
        faults: what goes wrong.
        refuse: makes the error of a failed call from an error code and a reason.
        warn: told the URN and the text of every warning.
    """

    def __init__(
        self,
        latencies: Latencies,
        faults: Faults,
        refuse: Callable[[str, str], Exception],
        warn: Callable[[str, str], None],
    ) -> None:
        self._latencies = latencies
        self._faults = faults
        self._refuse = refuse
        self._warn = warn

    async def before(self, operation: str, type_token: str, urn: str) -> Fault | None:
        """Meet the fault of a call, if it has one, before anything is done.

        Returns:
            The fault, for `after`.

        Raises:
            Exception: what `refuse` makes, where the call fails or is throttled too often.
        """
        fault = self._faults.at_this_call(operation, type_token, urn.split("::", 3)[-1])
        if fault is None:
            return None
        if fault.effect is Effect.FAIL:
            raise self._refuse("InternalFailure", "an injected fault")
        if fault.effect is Effect.HANG:
            await asyncio.Event().wait()
        if fault.effect is Effect.LATE:
            await self._wait_out(fault)
        if fault.effect is Effect.THROTTLE:
            # The real provider backs off and tries again.
            for attempt in range(1, fault.times + 1):
                if attempt > _MOST_RETRIES:
                    raise self._refuse("ThrottlingException", f"Rate exceeded; gave up after {_MOST_RETRIES} retries")
                self._warn(urn, f"ThrottlingException: Rate exceeded; retry {attempt} [emulated]")
                await asyncio.sleep(min(2.0**attempt, 20.0) * self._latencies.scale)
        return fault

    async def _wait_out(self, fault: Fault) -> None:
        end = time.monotonic() + fault.times
        while time.monotonic() < end and not self._faults.is_over(fault):
            await asyncio.sleep(_LOOK_AGAIN)

    async def after(self, operation: str, type_token: str, fault: Fault | None, *, waits: bool = True) -> None:
        """Take the time the call takes, or die before anybody hears that it was done.

        Args:
            operation: `create`, `update` or `delete`.
            type_token: the type it is about.
            fault: what `before` returned.
            waits: whether the time is still to be taken; a call that was really made took its own.
        """
        if fault is not None and fault.effect is Effect.KILL:
            os._exit(KILLED)
        if waits:
            await self._latencies.wait(operation, type_token)
