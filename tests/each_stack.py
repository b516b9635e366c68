"""The shipped stacks as a parameter; staging where there is time: its external database has tests of its own."""

from __future__ import annotations

import pytest

EACH_STACK = ("dev", pytest.param("staging", marks=pytest.mark.thorough), "prod")
