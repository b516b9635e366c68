"""Runs a policy pack for a `pulumi` that came without its language hosts, as `sandbox/language_host.py` runs a program.

It is run as a file, not imported. The policy SDK's own main does the work.
"""

from __future__ import annotations

import gc
import runpy

# As for the program: what the SDKs' modules hold stays, and need not be searched for cycles again and again.
_OBJECTS_BETWEEN_COLLECTIONS = 500_000


if __name__ == "__main__":
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=True)
