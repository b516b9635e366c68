"""The stages that follow from a model. What kwok makes of them, the tests of the cluster tier show."""

import json
import re
from typing import Any

import pytest

from sandbox.kwok.model import Crash, JobModel, Model, ServiceModel
from sandbox.kwok.stages import node_stages, pod_stages, stages

pytestmark = pytest.mark.unit


def by_name(model: Model) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each["spec"] for each in stages(model)}


def templates(spec: dict[str, Any]) -> list[str]:
    return [step["patch"]["template"] for step in spec["steps"] if "patch" in step]


def keys(spec: dict[str, Any]) -> list[str]:
    return [each["jq"]["key"] for each in spec["selector"]["matchExpressions"]]


def looked_up(template: str) -> dict[str, Any]:
    """The table of a template, read as Go and Sprig would read it."""
    found = re.search(r'fromJson ("(?:[^"\\]|\\.)*")', template)
    assert found is not None
    return json.loads(json.loads(found[1]))


def test_names_differ_and_every_stage_asks_for_true() -> None:
    made = stages(Model())
    assert len({each["metadata"]["name"] for each in made}) == len(made)
    for each in made:
        for expression in each["spec"]["selector"]["matchExpressions"]:
            assert (expression["jq"]["operator"], expression["jq"]["values"]) == ("In", ["true"])


def test_a_stage_is_for_pods_that_stay_or_for_pods_that_leave() -> None:
    for each in pod_stages(Model()):
        leaving = each["metadata"]["name"] in {"pod-stop", "pod-delete"}
        assert keys(each["spec"])[0] == f".metadata.deletionTimestamp {'!=' if leaving else '=='} null"


def test_what_a_node_has_room_for_is_left_to_its_node() -> None:
    for each in node_stages():
        (template,) = templates(each["spec"])
        assert "allocatable" not in template
        assert "capacity" not in template


def test_a_ready_node_names_kwoks_port_and_a_loopback_address() -> None:
    (template,) = templates(by_name(Model())["node-ready"])
    assert "Port: {{ NodePort }}" in template
    assert "- address: localhost\n  type: ExternalDNS" in template


def test_only_status_is_changed_and_lists_are_merged_by_their_keys() -> None:
    for each in stages(Model()):
        for step in each["spec"]["steps"]:
            if "patch" in step:
                patch = {name: step["patch"][name] for name in ("subresource", "root", "type")}
                assert patch == {"subresource": "status", "root": "status", "type": "strategic"}


def test_start_up_times_are_told_by_service() -> None:
    model = Model(services={"front-end": ServiceModel(5.0), "users": ServiceModel()}, other=ServiceModel(0.25))
    expression = by_name(model)["pod-ready"]["delay"]["durationFrom"]["jq"]["expression"]
    assert '{"front-end": "5000ms", "users": "1000ms"}' in expression
    assert 'else "250ms"' in expression


@pytest.mark.parametrize("service", [ServiceModel(), ServiceModel(load_millicores_total=400.0)])
def test_a_service_as_the_others_or_with_a_load_changes_no_stage(service: ServiceModel) -> None:
    assert stages(Model(services={"users": service})) == stages(Model())


def test_what_crashes_before_it_is_ready_never_becomes_ready() -> None:
    model = Model(
        services={
            "early": ServiceModel(5.0, crash=Crash(after_seconds=4.0)),
            "late": ServiceModel(5.0, crash=Crash(after_seconds=5.0)),
            "never": ServiceModel(ready=False),
        }
    )
    (ready,) = (key for key in keys(by_name(model)["pod-ready"]) if "$app" in key)
    assert '{"early": true, "never": true}' in ready
    (crash,) = (key for key in keys(by_name(model)["pod-crash"]) if "$app" in key)
    assert '{"early": true, "late": true}' in crash


def test_the_longest_beginning_of_a_jobs_name_comes_last() -> None:
    model = Model(jobs={"migrate-users": JobModel(3.0, 2, "relation exists"), "migrate": JobModel(2.0)})
    expression = by_name(model)["job-end"]["delay"]["durationFrom"]["jq"]["expression"]
    assert expression.index('"migrate", "value": "2000ms"') < expression.index('"migrate-users", "value": "3000ms"')
    (template,) = templates(by_name(model)["job-end"])
    assert looked_up(template)["jobs"][-1] == {
        "prefix": "migrate-users", "seconds": 3.0, "exit_code": 2, "message": "relation exists",
    }  # fmt: skip


@pytest.mark.parametrize("text", ['say "no"', "back\\slash", "two\nlines", "größer", "{{ .x }}", "smile \U0001f600"])
def test_any_text_reaches_the_template_whole(text: str) -> None:
    model = Model(other=ServiceModel(crash=Crash(message=text)), bad_images=(text,))
    (template,) = templates(by_name(model)["pod-crash"])
    assert looked_up(template)["otherCrash"]["message"] == text
    assert json.dumps([text]) in "".join(keys(by_name(model)["pod-pull-fails"]))


def test_braces_of_every_template_are_in_pairs() -> None:
    for each in stages(Model()):
        for template in templates(each["spec"]):
            assert template.count("{{") == template.count("}}")
            blocks = len(re.findall(r"{{-? *(?:if|range|with) ", template))
            assert blocks == len(re.findall(r"{{-? *end ", template))


def test_no_word_of_the_frame_is_left_in_a_template() -> None:
    for each in stages(Model()):
        for template in templates(each["spec"]):
            assert not {"LIST", "FIELD", "BLOCK", "EXTRA", "LAST"} & set(re.findall(r"\b[A-Z]{4,}\b", template))
