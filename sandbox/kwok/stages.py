"""The stages by which kwok plays the kubelet, made from the model of services.

kwok looks at a node or a pod whenever it changes, takes the one stage whose selector fits, waits for the stage's delay
and does its steps. https://kwok.sigs.k8s.io/docs/user/stages-configuration/

No two of these stages fit the same object, or kwok would draw lots. A stage that changes does not make kwok look again
at what has not changed: see `sandbox.kwok.agent`.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

from sandbox.kubernetes.api_types import Object
from sandbox.kwok import pod_status
from sandbox.kwok.configuration import ADDRESS_TYPE
from sandbox.kwok.definitions import API_VERSION
from sandbox.kwok.model import APP_LABEL, JOB_LABEL, Crash, JobModel, Model, ServiceModel

# How often a kubelet reports a node's status when nothing changed; its lease is the heartbeat between.
# https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ (nodeStatusReportFrequency)
_REPORT_MILLISECONDS: Final = 300_000
# From a pod's arrival on its node until its containers run, its image being there already.
_CREATION_MILLISECONDS: Final = 500
# From a pull that failed until the kubelet says that it backs off.
_PULL_MILLISECONDS: Final = 3_000
# 10 s, doubled after each crash up to 5 minutes.
# https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
_BACK_OFFS: Final = ("10s", "20s", "40s", "1m20s", "2m40s", "5m0s")

# jq: https://jqlang.org/manual/, as far as https://github.com/itchyny/gojq has it.
_STARTED: Final = '.status.containerStatuses[0].state.running != null and .status.phase == "Running"'
_BEGAN: Final = ".status.containerStatuses[0].state.running.startedAt"
_SERVES: Final = '.spec.restartPolicy == "Always"'
_CONTAINERS_READY: Final = "all(.status.containerStatuses[]; .ready)"
_GATES_OPEN: Final = (
    "(.status.conditions // []) as $all | "
    'all(.spec.readinessGates[]?.conditionType; . as $gate | any($all[]; .type == $gate and .status == "True"))'
)
_IS_READY: Final = 'any(.status.conditions[]?; .type == "Ready" and .status == "True")'
_WAITS: Final = "[.status.containerStatuses[]?, .status.initContainerStatuses[]? | .state.waiting.reason]"

# When the preStop hooks are over, or the grace period is, and the second in which the process ends then. The time of
# deletion is cut to whole seconds, so this is up to a second early, but never before the hook's own end. Readiness
# probes go on meanwhile, so the pod stays as ready as it was.
# https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination-flow
_STOP_TIME: Final = """
if any(.status.containerStatuses[]?; .state.running != null) then
  .metadata.deletionGracePeriodSeconds as $grace
  | ([.spec.containers[].lifecycle.preStop
      | (.sleep.seconds // 0), ((.exec.command // []) | join(" ") | capture("sleep +(?<s>[0-9]+)") | .s | tonumber)
     ] | max // 0) as $hook
  | ((.metadata.deletionTimestamp | fromdate) - $grace + ([$hook + 1, $grace] | min)) | todate
else "0s" end
"""


def stages(model: Model) -> list[Object]:
    """All stages, each a `Stage` object."""
    return [*node_stages(), *pod_stages(model)]


def node_stages() -> list[Object]:
    """A node is ready as soon as it is there. What it has room for, its Node says already and keeps saying."""
    ready = '.status.conditions[]? | select(.type == "Ready") | .status == "True"'
    conditions = """
conditions:
{{ range NodeConditions }}
- lastHeartbeatTime: {{ Now | Quote }}
  LAST
  message: {{ .message | Quote }}
  reason: {{ .reason | Quote }}
  status: {{ .status | Quote }}
  type: {{ .type | Quote }}
{{ end }}
"""
    addresses = f"""
addresses:
- address: localhost
  type: {ADDRESS_TYPE}
daemonEndpoints:
  kubeletEndpoint:
    Port: {{{{ NodePort }}}}
"""
    begun = conditions.replace("LAST", "lastTransitionTime: {{ Now | Quote }}")
    return [
        _stage("node-ready", "Node", [f"any({ready}; .) | not"], [_patch(begun + addresses)]),
        _stage(
            "node-report", "Node", [f"any({ready}; .)"], [_patch(conditions.replace("LAST", ""))],
            milliseconds=_REPORT_MILLISECONDS,
        ),
    ]  # fmt: skip


def pod_stages(model: Model) -> list[Object]:
    """A pod from its arrival on a node until it is gone."""
    tables = _tables(model)

    def status(containers: str, inits: str = pod_status.UNCHANGED, phase: str = "", extra: str = "") -> Object:
        return _patch(pod_status.status_template(tables, containers, inits, phase=phase, extra=extra))

    bad = f"[.spec.containers[], .spec.initContainers[]? | .image] | any(contains({json.dumps(model.bad_images)}[]))"
    pending = '.status.phase == "Pending"'
    arriving = f'{_WAITS} | any(. == "ContainerCreating" or . == "PodInitializing")'
    pulling = f'{_WAITS} | any(. == "ErrImagePull")'
    failed = f'{_WAITS} | any(. == "ErrImagePull" or . == "ImagePullBackOff")'
    late = _by_app(model, lambda each: not each.ready or _crashes_early(each))
    early = _by_app(model, _crashes_early)
    told = f"(({_GATES_OPEN}) == ({_IS_READY}))"
    crashes = _by_app(model, lambda each: each.crash is not None)
    crash_time = _by_app(model, lambda each: each.crash.after_seconds if each.crash else 0.0)
    job_fails = f'.spec.restartPolicy == "OnFailure" and {_by_job(model, lambda each: each.exit_code)} != 0'
    crashed = [status(pod_status.CRASHED), _event("BackOff", "Back-off restarting failed container")]
    back_off = f"{json.dumps(_BACK_OFFS)}[[.status.containerStatuses[0].restartCount, {len(_BACK_OFFS) - 1}] | min]"
    job_time = _by_job(model, lambda each: _duration(each.seconds))
    waits = '.status.containerStatuses[0].state.waiting.reason == "CrashLoopBackOff" and .status.phase == "Running"'
    return [
        _pod(
            "pod-accept", [pending, ".status.containerStatuses | not"],
            [status(pod_status.ACCEPTED, pod_status.ACCEPTED, "Pending", pod_status.ADDRESSES)],
        ),
        _pod(
            "pod-run", [pending, f"({arriving}) or ({failed})", f"{bad} | not"],
            [status(pod_status.RUNNING, pod_status.INITIALIZED, "Running")],
            milliseconds=_CREATION_MILLISECONDS,
        ),
        _pod(
            "pod-pull-fails", [pending, arriving, f"{failed} | not", bad],
            [status(pod_status.PULL_FAILED, pod_status.INIT_PULL_FAILED), _event("Failed", "Error: ErrImagePull")],
            milliseconds=_CREATION_MILLISECONDS,
        ),
        _pod(
            "pod-pull-backs-off", [pending, pulling, bad],
            [status(pod_status.BACKED_OFF, pod_status.BACKED_OFF), _event("Failed", "Error: ImagePullBackOff")],
            milliseconds=_PULL_MILLISECONDS,
        ),
        _pod(
            "pod-ready", [_STARTED, _SERVES, f"{_CONTAINERS_READY} | not", f"{late} | not"],
            [status(pod_status.READY)],
            duration=_by_app(model, lambda each: _duration(each.startup_seconds)),
        ),
        _pod(
            "pod-unready",
            [
                _STARTED, _SERVES, "any(.status.containerStatuses[]; .ready)",
                _by_app(model, lambda each: not each.ready and each.crash is None),
            ],
            [status(pod_status.UNREADY)],
        ),
        # A condition of a gate has changed, or the node was given up and is back.
        _pod(
            "pod-gates",
            [_STARTED, _SERVES, _CONTAINERS_READY, f"{told} | not", f"{late} | not"], [status(pod_status.UNCHANGED)],
        ),
        _pod(
            "pod-crash", [_STARTED, _SERVES, f"{crashes} and ({early} or ({_CONTAINERS_READY} and {told}))"], crashed,
            duration=f"({_BEGAN} | fromdate) + {crash_time} | ceil | todate",
        ),
        _pod("job-crash", [_STARTED, job_fails], crashed, duration=job_time),
        _pod("pod-restart", [waits], [status(pod_status.RESTARTED)], duration=back_off),
        _pod(
            "job-end", [_STARTED, f"{_SERVES} | not", f"{job_fails} | not"],
            [status(pod_status.ENDED, pod_status.SIDECAR_ENDED)], duration=job_time,
        ),
        _pod(
            "pod-stop", ['.status.phase == "Pending" or .status.phase == "Running"'],
            [status(pod_status.STOPPED, pod_status.SIDECAR_ENDED, "Succeeded")], duration=_STOP_TIME, deleted=True,
        ),
        # What has a finalizer is asked for once and stays until the finalizer's owner takes it away.
        _pod(
            "pod-delete",
            ['.status.phase == "Succeeded" or .status.phase == "Failed"', ".metadata.deletionGracePeriodSeconds != 0"],
            [{"delete": True}], deleted=True,
        ),
    ]  # fmt: skip


def _crashes_early(service: ServiceModel) -> bool:
    """Whether it crashes before it could become ready."""
    return service.crash is not None and not (service.ready and service.startup_seconds <= service.crash.after_seconds)


def _tables(model: Model) -> dict[str, Any]:
    """What the templates look up."""
    return {
        "badImages": list(model.bad_images),
        "crashes": {app: asdict(each.crash) for app, each in model.services.items() if each.crash},
        "otherCrash": asdict(model.other.crash) if model.other.crash else asdict(Crash()),
        "jobs": [{"prefix": name, **asdict(model.jobs[name])} for name in sorted(model.jobs, key=len)],
        "otherJobs": asdict(model.other_jobs),
        "backOffs": list(_BACK_OFFS),
    }


def _by_app(model: Model, value: Callable[[ServiceModel], bool | float | str]) -> str:
    """A jq expression of what holds for a pod's service."""
    other = value(model.other)
    table = {app: each for app in sorted(model.services) if (each := value(model.services[app])) != other}
    label = f'(.metadata.labels["{APP_LABEL}"] // "")'
    return f"({label} as $app | {json.dumps(table)} | if has($app) then .[$app] else {json.dumps(other)} end)"


def _by_job(model: Model, value: Callable[[JobModel], int | str]) -> str:
    """A jq expression of what holds for a pod's Job."""
    known = [{"prefix": name, "value": value(model.jobs[name])} for name in sorted(model.jobs, key=len)]
    return (
        f'((.metadata.labels["{JOB_LABEL}"] // "") as $job'
        f" | [{json.dumps(known)}[] | select(.prefix as $prefix | $job | startswith($prefix)) | .value]"
        f" | if length > 0 then last else {json.dumps(value(model.other_jobs))} end)"
    )


def _duration(seconds: float) -> str:
    """A duration as Go reads it."""
    return f"{round(seconds * 1000)}ms"


def _pod(
    name: str,
    conditions: Sequence[str],
    steps: Sequence[Object],
    *,
    duration: str | None = None,
    milliseconds: int = 0,
    deleted: bool = False,
) -> Object:
    """A stage of pods that are, or are not, asked to leave."""
    life = ".metadata.deletionTimestamp != null" if deleted else ".metadata.deletionTimestamp == null"
    return _stage(name, "Pod", [life, *conditions], steps, duration=duration, milliseconds=milliseconds)


def _stage(
    name: str,
    kind: str,
    conditions: Sequence[str],
    steps: Sequence[Object],
    *,
    duration: str | None = None,
    milliseconds: int = 0,
) -> Object:
    """A stage.

    Args:
        name: of the `Stage`
        kind: of the objects that it is about
        conditions: jq expressions that all have to be true, the cheapest first
        steps: what it does
        duration: a jq expression of how long it waits first, or until when
        milliseconds: how long it waits where there is no `duration`
    """
    expressions = [{"jq": {"key": each, "operator": "In", "values": ["true"]}} for each in conditions]
    delay: Object = {"durationMilliseconds": milliseconds}
    if duration is not None:
        delay["durationFrom"] = {"jq": {"expression": duration}}
    return {
        "apiVersion": API_VERSION,
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": kind},
            "selector": {"matchExpressions": expressions},
            "delay": delay,
            "steps": list(steps),
        },
    }


def _patch(template: str) -> Object:
    return {"patch": {"subresource": "status", "root": "status", "type": "strategic", "template": template}}


def _event(reason: str, message: str) -> Object:
    return {"event": {"type": "Warning", "reason": reason, "message": message}}
