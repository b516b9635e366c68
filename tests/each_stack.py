"""The shipped stacks as a parameter: staging, which declares nothing that neither of the others does, where time is."""

from __future__ import annotations

import pytest

EACH_STACK = ("dev", pytest.param("staging", marks=pytest.mark.thorough), "prod")
