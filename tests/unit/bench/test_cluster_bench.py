"""What the bench of a whole cluster makes of what it saw."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from bench.bar_chart import Bar, bars
from bench.cluster import medians, picture, report
from bench.cluster_run import Measured, phases, rollouts
from bench.cluster_system import cluster_settings
from bench.cluster_watch import PodTimes, Written, written_in
from bench.engine_events import EventLog, Step, by_type, steps_in
from bench.manifests import objects_in, translated, translation
from bench.processes import ProcessTimes, name_of
from infra.stack_file import parse_settings
from tests.says import Says
from tests.stack_values import as_values, stack_config

pytestmark = pytest.mark.unit

SITE = "urn:pulumi:prod::slipway::slipway:apps:Site$slipway:apps:WebService$"
DEPLOYMENT = f"{SITE}kubernetes:apps/v1:Deployment::slipway-prod-a-deployment"
GROUP = "urn:pulumi:prod::slipway::aws:lb/targetGroup:TargetGroup::a"


def _begins(urn: str) -> dict[str, Any]:
    return {"resourcePreEvent": {"metadata": {"urn": urn}}}


def _ends(urn: str) -> dict[str, Any]:
    return {"resOutputsEvent": {"metadata": {"urn": urn}}}


def test_a_step_lasts_from_its_first_event_to_its_outputs() -> None:
    assert steps_in([(1.0, _begins(DEPLOYMENT)), (2.0, {"stdoutEvent": {}}), (4.5, _ends(DEPLOYMENT))]) == [
        Step("kubernetes:apps/v1:Deployment", "slipway-prod-a-deployment", 1.0, 4.5)
    ]


def test_steps_are_summed_by_type_without_components_the_longest_first() -> None:
    steps = [
        Step("slipway:apps:Site", "site", 0, 100),
        Step("aws:ec2/vpc:Vpc", "a", 1, 2),
        Step("kubernetes:apps/v1:Deployment", "b", 3, 6),
        Step("kubernetes:apps/v1:Deployment", "c", 4, 8),
    ]
    assert by_type(steps) == [
        ("kubernetes:apps/v1:Deployment", 2, 7, 3, 8),
        ("aws:ec2/vpc:Vpc", 1, 1, 1, 2),
    ]


def test_a_line_of_the_event_log_counts_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    log = EventLog(path)
    log.look()
    whole, half = json.dumps(_begins(DEPLOYMENT)), json.dumps(_ends(DEPLOYMENT))
    path.write_text(f"{whole}\n{half[:20]}")
    log.look()
    assert log.steps() == []
    with path.open("a") as more:
        more.write(f"{half[20:]}\n")
    log.look()
    assert [step.name for step in log.steps()] == ["slipway-prod-a-deployment"]


@pytest.mark.parametrize(
    ("command_line", "name"),
    [
        ("/home/x/kubernetes/1.36.4/kube-apiserver --bind-address=127.0.0.1", "kube-apiserver"),
        ("/usr/bin/python -P -u sandbox/language_host.py 127.0.0.1:1", "program"),
        ("/usr/bin/python -m sandbox.server aws eks kubernetes", "providers"),
        ("/home/x/pulumi/3.220.0/pulumi -C /checkout up", "engine"),
        ("/usr/bin/kubectl apply", "kubectl"),
        ("/usr/bin/python -m sandbox pulumi up", "other"),
    ],
)
def test_processes_are_told_by_their_command_lines(command_line: str, name: str) -> None:
    assert name_of(command_line) == name


def test_what_ran_before_counts_from_the_first_look_and_an_ended_process_keeps_its_name() -> None:
    times = ProcessTimes()
    times.note(1, "/x/etcd --name=a", 10.0, new=False)
    times.note(1, "/x/etcd --name=a", 12.0, new=True)
    times.note(2, "/x/pulumi up", 1.0, new=True)
    times.note(2, "", 3.0, new=True)
    assert times.by_name() == {"engine": 3.0, "etcd": 2.0}


def _resource(urn: str, **rest: Any) -> dict[str, Any]:
    return {"urn": urn, "type": urn.split("::")[2].rpartition("$")[2], **rest}


def test_manifests_are_what_was_asked_for_without_the_release_with_the_other_stacks_arns() -> None:
    release = f"{SITE}kubernetes:helm.sh/v3:Release::controller"
    one = [
        _resource(GROUP, id="arn:one", outputs={"arn": "arn:one"}),
        _resource(release, inputs={"chart": "c"}),
        _resource(DEPLOYMENT, inputs={"spec": {"groups": ["arn:one", "arn:one/and more"], "count": 2}}),
    ]
    other = [_resource(GROUP, id="arn:two", outputs={"arn": "arn:two"})]
    assert translated(objects_in(one), translation(one, other)) == [
        {"spec": {"groups": ["arn:two", "arn:one/and more"], "count": 2}}
    ]


def test_a_secret_is_refused_since_an_export_does_not_show_it() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}
    with pytest.raises(ValueError, match=rf"^{re.escape(DEPLOYMENT)} .*\bsecret$"):
        objects_in([_resource(DEPLOYMENT, inputs={"data": [secret]})])


def _audited(resource: str, second: int, **changed: Any) -> str:
    event = {
        "stage": "ResponseComplete",
        "verb": "create",
        "user": {"username": "deployer"},
        "objectRef": {"resource": resource, "namespace": "example", "name": "a"},
        "responseStatus": {"code": 201},
        "requestReceivedTimestamp": f"1970-01-01T00:00:{second:02}.000000Z",
        "stageTimestamp": f"1970-01-01T00:00:{second:02}.500000Z",
    }
    return json.dumps({**event, **changed})


def test_only_what_the_client_itself_made_in_the_namespace_counts_in_the_order_of_its_requests() -> None:
    def by_deployer(event: Mapping[str, Any]) -> bool:
        return event["user"]["username"] == "deployer"

    lines = [
        _audited("deployments", 5),
        _audited("namespaces", 3, objectRef={"resource": "namespaces", "name": "example"}),
        _audited("pods", 6, user={"username": "controller"}),
        _audited("services", 6, responseStatus={"code": 409}),
        _audited("services", 7, objectRef={"resource": "services", "namespace": "kube-system"}),
        _audited("deployments", 8, objectRef={"resource": "deployments", "namespace": "example", "subresource": "x"}),
        _audited("services", 9)[:40],
    ]
    assert written_in(lines, "example", by_deployer) == [
        Written("namespaces", 3.0, 3.5),
        Written("deployments", 5.0, 5.5),
    ]


def _pod(*, node: str = "", ready: bool = False) -> dict[str, Any]:
    status = {"conditions": [{"type": "Ready", "status": str(ready)}]}
    return {"metadata": {"name": "p", "labels": {"app": "a"}}, "spec": {"nodeName": node}, "status": status}


def test_each_thing_about_a_pod_counts_from_when_it_was_first_seen() -> None:
    times = PodTimes()
    for now, pod in (
        (1, _pod()),
        (2, _pod(node="n")),
        (5, _pod(node="n", ready=True)),
        (9, _pod(node="n", ready=True)),
    ):
        times.take(pod, now)
    assert (times.made, times.placed, times.ready) == ({"p": 1}, {"p": 2}, {"p": 5})
    step = Step("kubernetes:apps/v1:Deployment", "slipway-prod-a-deployment", 0.5, 5.5)
    assert rollouts(times, [step]) == {
        "pod made, has a node": 1,
        "pod has a node, is ready": 3,
        "Deployment's step": 5,
        "last pod ready, step ends": 0.5,
    }


def test_phases_follow_each_other_and_a_command_may_end_before_the_pods_are_ready() -> None:
    written = [Written("namespaces", 12, 13), Written("deployments", 15, 16), Written("deployments", 19, 20)]
    assert list(phases(10, written, 27, 30).values()) == [2, 3, 4, 8, 3]
    assert list(phases(10, written, 27, 21).values()) == [2, 3, 4, 8, 0]


def test_a_cluster_full_of_services_is_a_sound_prod_with_two_or_three_pods_each() -> None:
    grown, pods = cluster_settings(100, 50, "prod")
    settings = parse_settings("slipway", "prod", as_values({**stack_config("prod"), **grown}))
    replicas = [service.initial_replicas for service in settings.services.values()]
    assert set(replicas) == {2, 3}
    assert sum(replicas) == pods
    assert settings.node_groups["general"].size.desired == 50


def _measured(way: str, ready: float) -> Measured:
    parts = {"before the first object": 1.0, "until all pods are ready": ready}
    steps = [("kubernetes:apps/v1:Deployment", "a", 1.0, 2.0)] if way != "kubectl apply" else []
    return Measured(way, 0.5, parts, ready + 1, ready, {}, {"services": 0.1}, {"etcd": 1.0}, steps)


def test_the_report_compares_run_by_run_and_the_picture_shows_each_way() -> None:
    runs = [_measured(way, ready) for way, ready in (("up", 6.0), ("kubectl apply", 3.0), ("up", 8.0))]
    lines = report(runs)
    assert Says("up / kubectl", ": 2.00 (1.75)") in lines
    assert "| `kubernetes:apps/v1:Deployment` | 1 | 1.0 | 1.0 | 2.0 |" in lines
    drawn = ET.fromstring(picture(runs, 100, 50))
    assert {"up", "kubectl apply"} <= {each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")}


def test_medians_count_what_a_run_lacks_as_nothing() -> None:
    assert medians([{"a": 1.0}, {"a": 3.0, "b": 2.0}]) == {"a": 2.0, "b": 1.0}


def test_bars_of_a_panel_share_a_scale() -> None:
    drawn = ET.fromstring(bars("t", "s", [[Bar("a", {"x": 10.0}), Bar("b", {"x": 5.0})]], {"x": "#000000"}))
    widths = [
        float(each.attrib["width"])
        for each in drawn.iter("{http://www.w3.org/2000/svg}rect")
        if each.attrib.get("fill") == "#000000" and each.attrib["height"] != "12"
    ]
    assert widths[0] == pytest.approx(2 * widths[1])
