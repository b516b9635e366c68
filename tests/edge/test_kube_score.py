"""What kube-score says of every object that the program asks of Kubernetes.

Not seen: what the two Helm charts make, since they are rendered in the cluster by Pulumi's Kubernetes provider.
"""

import json
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.go_tools import KUBERNETES_VERSION, path_of
from tests.program.conftest import shipped
from tests.program.recorded_graph import Graph
from tests.stack_values import STACKS

pytestmark = pytest.mark.edge

EXPLAINED: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("explained_findings.yaml").read_text())[
    "kube-score"
]
_SOUND = 10
_HELM = "kubernetes:helm.sh/v3:Release"


def findings(objects: list[Any]) -> dict[str, set[str]]:
    """What is critical or warned of in some objects: the name of each check, with what it is found in."""
    minor = KUBERNETES_VERSION.rpartition(".")[0]
    words = [path_of("kube-score"), "score", "--output-format", "json", "--kubernetes-version", f"v{minor}", "-"]
    # The engine knows no whole numbers, and kube-score takes 8000.0 for one in YAML only.
    text = yaml.safe_dump_all(objects)
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    found: defaultdict[str, set[str]] = defaultdict(set)
    for each in json.loads(done.stdout):
        for check in each["checks"]:
            if not check["skipped"] and check["grade"] < _SOUND:
                found[check["check"]["id"]].add(each["object_name"])
    return dict(found)


def objects_of(graph: Graph) -> list[Any]:
    return [
        declared.inputs
        for declared in graph.resources
        if declared.type.startswith("kubernetes:") and declared.type != _HELM
    ]


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, set[str]]]:
    """For each stack."""
    return {stack: findings(objects_of(shipped(stack))) for stack in STACKS}


def test_nothing_is_found_that_is_not_explained(found: dict[str, dict[str, set[str]]]) -> None:
    unexplained = {
        (stack, check): objects
        for stack, checks in found.items()
        for check, objects in checks.items()
        if stack not in EXPLAINED.get(check, {}).get("stacks", [])
    }
    assert unexplained == {}


def test_every_explanation_is_needed_and_says_why(found: dict[str, dict[str, set[str]]]) -> None:
    needless = [
        (stack, check) for check, each in EXPLAINED.items() for stack in each["stacks"] if check not in found[stack]
    ]
    assert needless == []
    assert [check for check, each in EXPLAINED.items() if len(each["reason"]) < 40] == []


def test_a_mistake_is_found() -> None:
    (frontend,) = [
        declared.inputs
        for declared in shipped("prod").of("kubernetes:apps/v1:Deployment")
        if declared.inputs["metadata"]["name"] == "frontend"
    ]
    loose = json.loads(json.dumps(frontend))
    del loose["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert "container-resources" in findings([loose]).keys() - findings([frontend]).keys()
