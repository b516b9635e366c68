"""Each rule that is to find a pinned version finds it, so that no pin is forgotten."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from infra import balancer_controller, cluster_autoscaler
from infra.addons import ADD_ONS
from tests.stack_values import STACKS, stack_config

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[3]
LOCKS = ("requirements.txt", *(f"requirements/{file.name}" for file in (ROOT / "requirements").glob("*.txt")))
RENOVATE: dict[str, Any] = json.loads((ROOT / "renovate.json").read_text())


def found(datasource: str) -> set[tuple[str, str, str]]:
    """What the custom managers of a datasource find: file, name and version."""
    managers = [each for each in RENOVATE["customManagers"] if each["datasourceTemplate"] == datasource]
    hits: set[tuple[str, str, str]] = set()
    files = [path for folder in (ROOT, ROOT / "infra", ROOT / ".github/actions/setup") for path in folder.iterdir()]
    for manager, path in product(managers, files):
        name = path.relative_to(ROOT).as_posix()
        if any(re.search(pattern.strip("/"), name) for pattern in manager["managerFilePatterns"]):
            for expression in manager["matchStrings"]:
                for hit in re.finditer(expression.replace("(?<", "(?P<"), path.read_text()):
                    groups = hit.groupdict()
                    hits.add((name, groups.get("depName") or manager["depNameTemplate"], groups["currentValue"]))
    return hits


def test_every_add_on_is_found() -> None:
    assert found("aws-eks-addon") == {("infra/addons.py", each.name, each.version) for each in ADD_ONS}


def test_the_version_of_every_cluster_is_found() -> None:
    assert found("endoflife-date") == {
        (f"Pulumi.{stack}.yaml", "amazon-eks", stack_config(stack)["slipway:cluster"]["version"]) for stack in STACKS
    }


def test_the_add_ons_are_looked_up_for_the_version_of_the_clusters() -> None:
    (manager,) = [each for each in RENOVATE["customManagers"] if each["datasourceTemplate"] == "aws-eks-addon"]
    version = json.loads(manager["packageNameTemplate"].replace("{{{depName}}}", ""))["kubernetesVersion"]
    assert {stack_config(stack)["slipway:cluster"]["version"] for stack in STACKS} == {version}


def test_the_charts_are_found() -> None:
    assert found("helm") == {
        ("infra/balancer_controller.py", balancer_controller.CHART, balancer_controller.CHART_VERSION),
        ("infra/cluster_autoscaler.py", cluster_autoscaler.CHART, cluster_autoscaler.CHART_VERSION),
    }


def test_the_autoscaler_is_found_and_of_the_version_of_the_clusters() -> None:
    image, tag = "registry.k8s.io/autoscaling/cluster-autoscaler", cluster_autoscaler.IMAGE_TAG
    assert found("docker") == {("infra/cluster_autoscaler.py", image, tag)}
    assert {stack_config(stack)["slipway:cluster"]["version"] for stack in STACKS} == {
        tag.removeprefix("v").rpartition(".")[0]
    }


def test_the_pulumi_of_the_pipelines_is_the_programs() -> None:
    pinned = re.search(r"^pulumi==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    assert found("github-releases") == {(".github/actions/setup/action.yml", "pulumi/pulumi", pinned[1])}


def test_every_file_of_hashes_is_looked_at() -> None:
    assert len(LOCKS) == 4
    patterns = RENOVATE["pip-compile"]["managerFilePatterns"]
    assert all(any(re.search(each.strip("/"), name) for each in patterns) for name in LOCKS)
    # It runs the command at the top of each file again. https://docs.renovatebot.com/modules/manager/pip-compile/
    headers = {name: (ROOT / name).read_text().splitlines()[1].split() for name in LOCKS}
    assert {name: f"--output-file={name}" in words for name, words in headers.items()} == dict.fromkeys(LOCKS, True)


def test_actions_are_pinned_by_commit_and_say_their_version() -> None:
    files = [*(ROOT / ".github").rglob("*.yml")]
    used = [
        line.strip() for path in files for line in path.read_text().splitlines() if re.match(r"\s*(- )?uses:", line)
    ]
    assert len(used) > 10
    for line in used:
        assert re.fullmatch(r"(- )?uses: (\./\S+|[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)", line), line
