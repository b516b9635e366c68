"""The reviewer's page of a real preview: all of the stack is on it, and none of its secrets."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from policy.rules import RULES
from tests.engine.sandbox_stack import CHECKOUT, SandboxStack

pytestmark = pytest.mark.engine


def test_a_report_of_a_change(system: Callable[[str], SandboxStack], tmp_path: Path) -> None:
    stack = system("dev")
    secrets = {
        json.loads(each["inputs"]["stringData"]["plaintext"])["password"]
        for each in stack.export(show_secrets=True)["deployment"]["resources"]
        if each["type"] == "kubernetes:core/v1:Secret"
    }
    assert len(secrets) == 2
    html, preview = tmp_path / "dev.html", tmp_path / "dev.json"
    shown = stack.json_of("preview", "--json", "--show-sames", options=["--set", "slipway:drainSeconds=45"])
    preview.write_text(json.dumps(shown))
    subprocess.run(
        [sys.executable, "-m", "ops", "report", "-s", "dev", "--preview", str(preview), "--html", str(html)],
        cwd=CHECKOUT,
        check=True,
    )
    page = html.read_text()
    assert f"all {len(RULES)} hold" in page
    assert "<code>spec.template.spec.terminationGracePeriodSeconds</code>" in page
    graph, _ = (base64.b64decode(each).decode() for each in re.findall(r"svg\+xml;base64,([^\"]+)", page))
    of_stack = len([each for each in stack.resources() if each["type"] == "slipway:apps:WebService"])
    assert graph.count("<title>slipway:apps:WebService") == of_stack
    for secret in secrets:
        assert secret not in page
        assert secret not in graph
    assert shown["changeSummary"]["update"] > 0
