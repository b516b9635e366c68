"""The status that a kubelet would report of a pod, as templates that kwok fills in.

A template is Go's (https://pkg.go.dev/text/template) with Sprig's functions (https://masterminds.github.io/sprig/) and
kwok's own (https://kwok.sigs.k8s.io/docs/user/go-template/). It sees the pod and writes `status` as JSON, to be merged
into what is there: conditions by their type, so that those of readiness gates are never touched; container statuses as
a whole. What a kubelet reports: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

import json
from typing import Any, Final

# What is the same for every status: the time, and what was reported before by name.
_START: Final = """
{{- $pod := . -}}
{{- $now := Now -}}
{{- $before := dict -}}
{{- range (default list .status.containerStatuses) -}}{{- $_ := set $before .name . -}}{{- end -}}
{{- range (default list .status.initContainerStatuses) -}}{{- $_ := set $before .name . -}}{{- end -}}
{{- $phase := .status.phase -}}
{{- $always := eq .spec.restartPolicy "Always" -}}
{{- $labels := default dict .metadata.labels -}}
{{- $jobName := get $labels "batch.kubernetes.io/job-name" -}}
{{- $job := $model.otherJobs -}}
{{- range $model.jobs -}}{{- if hasPrefix .prefix $jobName -}}{{- $job = . -}}{{- end -}}{{- end -}}
{{- $app := get $labels "app" -}}
{{- $crash := $model.otherCrash -}}
{{- if hasKey $model.crashes $app -}}{{- $crash = get $model.crashes $app -}}{{- end -}}
{{- if not $always -}}{{- $crash = $job -}}{{- end -}}
{{- $held := false -}}
{{- range (default list .spec.initContainers) -}}
  {{- $image := .image -}}
  {{- range $model.badImages -}}{{- if contains . $image -}}{{- $held = true -}}{{- end -}}{{- end -}}
{{- end -}}
"""

# One container after the other; BLOCK changes what was reported of it.
_LOOP: Final = """
{{- $LIST := list -}}
{{- range $index, $container := (default list .spec.FIELD) -}}
  {{- $was := default dict (get $before $container.name) -}}
  {{- $state := default dict $was.state -}}
  {{- $last := default dict $was.lastState -}}
  {{- $ready := default false $was.ready -}}
  {{- $started := default false $was.started -}}
  {{- $restarts := int (toString (default 0 $was.restartCount)) -}}
  {{- $sidecar := eq (toString $container.restartPolicy) "Always" -}}
  {{- $bad := false -}}
  {{- range $model.badImages -}}{{- if contains . $container.image -}}{{- $bad = true -}}{{- end -}}{{- end -}}
  BLOCK
  {{- $id := default "" $was.containerID -}}
  {{- $imageID := default "" $was.imageID -}}
  {{- if $state.running -}}
    {{- $id = printf "containerd://%s" (sha256sum (printf "%s/%s/%d" $pod.metadata.uid $container.name $restarts)) -}}
    {{- $imageID = $container.image -}}
    {{- if not (contains "@" $container.image) -}}
      {{- $repository := regexReplaceAll ":[^:/]+$" $container.image "" -}}
      {{- $imageID = printf "%s@sha256:%s" $repository (sha256sum $container.image) -}}
    {{- end -}}
  {{- end -}}
  {{- $LIST = append $LIST (dict
    "name" $container.name "image" $container.image "imageID" $imageID "containerID" $id
    "ready" $ready "started" $started "restartCount" $restarts "state" $state "lastState" $last
  ) -}}
{{- end -}}
"""

# The conditions follow from the containers and the readiness gates, by the kubelet's rules and in its words:
# https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate
_END: Final = """
{{- $had := dict -}}
{{- range (default list .status.conditions) -}}{{- $_ := set $had .type . -}}{{- end -}}
{{- $unready := list -}}
{{- range $statuses -}}{{- if not .ready -}}{{- $unready = append $unready .name -}}{{- end -}}{{- end -}}
{{- $incomplete := list -}}
{{- range $inits -}}{{- if not .ready -}}{{- $incomplete = append $incomplete .name -}}{{- end -}}{{- end -}}
{{- $closed := list -}}
{{- range (default list .spec.readinessGates) -}}
  {{- $gate := get $had .conditionType -}}
  {{- if not $gate -}}
    {{- $text := printf "corresponding condition of pod readiness gate %q does not exist." .conditionType -}}
    {{- $closed = append $closed $text -}}
  {{- else if ne $gate.status "True" -}}
    {{- $text := printf "the status of pod readiness gate %q is not %q, but %s" .conditionType "True" $gate.status -}}
    {{- $closed = append $closed $text -}}
  {{- end -}}
{{- end -}}
{{- $initialized := dict "status" "True" -}}
{{- $containers := dict "status" "True" -}}
{{- $all := dict "status" "True" -}}
{{- $sandbox := dict "status" "True" -}}
{{- if has $phase (list "Succeeded" "Failed") -}}
  {{- $reason := printf "Pod%s" (ternary "Completed" "Failed" (eq $phase "Succeeded")) -}}
  {{- $containers = dict "status" "False" "reason" $reason -}}
  {{- $all = $containers -}}
  {{- $sandbox = dict "status" "False" -}}
{{- else -}}
  {{- if $incomplete -}}
    {{- $text := printf "containers with incomplete status: [%s]" (join " " $incomplete) -}}
    {{- $initialized = dict "status" "False" "reason" "ContainersNotInitialized" "message" $text -}}
  {{- end -}}
  {{- if $unready -}}
    {{- $text := printf "containers with unready status: [%s]" (join " " $unready) -}}
    {{- $containers = dict "status" "False" "reason" "ContainersNotReady" "message" $text -}}
    {{- $all = $containers -}}
  {{- else if $closed -}}
    {{- $all = dict "status" "False" "reason" "ReadinessGatesNotReady" "message" (join ", " $closed) -}}
  {{- end -}}
{{- end -}}
{{- $wanted := dict
  "Initialized" $initialized "PodReadyToStartContainers" $sandbox "ContainersReady" $containers "Ready" $all
-}}
{{- $conditions := list -}}
{{- range $type, $condition := $wanted -}}
  {{- $was := default dict (get $had $type) -}}
  {{- $since := $now -}}
  {{- if eq (toString $was.status) $condition.status -}}{{- $since = default $now $was.lastTransitionTime -}}{{- end -}}
  {{- $conditions = append $conditions (dict
    "type" $type "status" $condition.status "lastTransitionTime" $since
    "reason" $condition.reason "message" $condition.message "observedGeneration" $pod.metadata.generation
  ) -}}
{{- end -}}
{{- $status := dict "phase" $phase "conditions" $conditions "containerStatuses" $statuses -}}
{{- $_ := set $status "observedGeneration" $pod.metadata.generation -}}
{{- if $inits -}}{{- $_ := set $status "initContainerStatuses" $inits -}}{{- end -}}
EXTRA
{{ toJson $status }}
"""

# A pod gets its addresses with its sandbox, before its containers start.
ADDRESSES: Final = """
{{- $host := index (NodeIPsWith $pod.spec.nodeName) 0 -}}
{{- $network := default false $pod.spec.hostNetwork -}}
{{- $ips := PodIPsWith $pod.spec.nodeName $network $pod.metadata.uid $pod.metadata.name $pod.metadata.namespace -}}
{{- $addresses := list -}}
{{- range $ips -}}{{- $addresses = append $addresses (dict "ip" .) -}}{{- end -}}
{{- $_ := set $status "hostIP" $host -}}
{{- $_ := set $status "hostIPs" (list (dict "ip" $host)) -}}
{{- $_ := set $status "podIP" (index $ips 0) -}}
{{- $_ := set $status "podIPs" $addresses -}}
{{- $_ := set $status "startTime" $now -}}
"""

# What happens to each container; the variables are those of `_LOOP`.
ACCEPTED: Final = """
{{- $reason := ternary "PodInitializing" "ContainerCreating" (gt (len (default list $pod.spec.initContainers)) 0) -}}
{{- $state = dict "waiting" (dict "reason" $reason) -}}
"""
# A container that nothing probes counts as ready at once; only those of a service have a model of their readiness.
RUNNING: Final = """
{{- if not $state.running -}}
  {{- $state = dict "running" (dict "startedAt" $now) -}}{{- $started = true -}}{{- $ready = not $always -}}
{{- end -}}
"""
INITIALIZED: Final = """
{{- $started = true -}}{{- $ready = true -}}{{- $state = dict "running" (dict "startedAt" $now) -}}
{{- if not $sidecar -}}
  {{- $started = false -}}
  {{- $end := dict "exitCode" 0 "reason" "Completed" "startedAt" $now "finishedAt" $now -}}
  {{- $state = dict "terminated" $end -}}
{{- end -}}
"""
_UNPULLABLE: Final = """
  {{- $text := printf "failed to resolve reference %q: %s: not found" $container.image $container.image -}}
  {{- $text = printf "failed to pull and unpack image %q: %s" $container.image $text -}}
  {{- $text = printf "rpc error: code = NotFound desc = %s" $text -}}
  {{- $state = dict "waiting" (dict "reason" "ErrImagePull" "message" $text) -}}
"""
PULL_FAILED: Final = "{{- if $bad -}}" + _UNPULLABLE + "{{- else if not $held -}}" + RUNNING + "{{- end -}}"
INIT_PULL_FAILED: Final = (
    "{{- if $bad -}}" + _UNPULLABLE + "{{- else if and $held $sidecar -}}{{- else -}}" + INITIALIZED + "{{- end -}}"
)
BACKED_OFF: Final = """
{{- if and $state.waiting (eq (toString $state.waiting.reason) "ErrImagePull") -}}
  {{- $text := printf "Back-off pulling image %q: ErrImagePull: %s" $container.image $state.waiting.message -}}
  {{- $state = dict "waiting" (dict "reason" "ImagePullBackOff" "message" $text) -}}
{{- end -}}
"""
READY: Final = "{{- $ready = true -}}"
UNREADY: Final = "{{- $ready = false -}}"
UNCHANGED: Final = ""
CRASHED: Final = """
{{- if eq $index 0 -}}
  {{- $end := dict "exitCode" $crash.exit_code "reason" "Error" "message" $crash.message "finishedAt" $now -}}
  {{- $_ := set $end "startedAt" $state.running.startedAt -}}
  {{- $_ := set $end "containerID" $was.containerID -}}
  {{- $last = dict "terminated" $end -}}
  {{- $pause := index $model.backOffs (int (min $restarts (sub (len $model.backOffs) 1))) -}}
  {{- $name := printf "%s_%s(%s)" $pod.metadata.name $pod.metadata.namespace $pod.metadata.uid -}}
  {{- $text := printf "back-off %s restarting failed container=%s pod=%s" $pause $container.name $name -}}
  {{- $state = dict "waiting" (dict "reason" "CrashLoopBackOff" "message" $text) -}}
  {{- $ready = false -}}{{- $started = false -}}
{{- end -}}
"""
RESTARTED: Final = """
{{- if eq $index 0 -}}
  {{- $restarts = int (add1 $restarts) -}}{{- $started = true -}}{{- $ready = not $always -}}
  {{- $state = dict "running" (dict "startedAt" $now) -}}
{{- end -}}
"""
# The sidecars of a pod that has ended; how they ended is of no account.
SIDECAR_ENDED: Final = """
{{- if $state.running -}}
  {{- $end := dict "exitCode" 0 "reason" "Completed" "startedAt" $state.running.startedAt "finishedAt" $now -}}
  {{- $state = dict "terminated" $end -}}{{- $started = false -}}
{{- end -}}
"""
ENDED: Final = """
{{- $reason := ternary "Completed" "Error" (eq (int $job.exit_code) 0) -}}
{{- $end := dict "exitCode" $job.exit_code "reason" $reason "finishedAt" $now -}}
{{- $_ := set $end "startedAt" $state.running.startedAt -}}
{{- if and (eq $index 0) $job.message -}}{{- $_ := set $end "message" $job.message -}}{{- end -}}
{{- $phase = ternary "Succeeded" "Failed" (eq (int $job.exit_code) 0) -}}
{{- $state = dict "terminated" $end -}}{{- $ready = false -}}{{- $started = false -}}
"""
# A server that is asked to stop does so and ends with 0; a Job's work is not done: 143 is SIGTERM's exit code.
STOPPED: Final = """
{{- if not $state.terminated -}}
  {{- $code := 137 -}}{{- $reason := "ContainerStatusUnknown" -}}
  {{- if $state.running -}}
    {{- $code = ternary 0 143 $always -}}{{- $reason = ternary "Completed" "Error" $always -}}
  {{- end -}}
  {{- $end := dict "exitCode" $code "reason" $reason "finishedAt" $now -}}
  {{- if $state.running -}}{{- $_ := set $end "startedAt" $state.running.startedAt -}}{{- end -}}
  {{- $state = dict "terminated" $end -}}{{- $ready = false -}}{{- $started = false -}}
{{- end -}}
{{- if ne (int (toString $state.terminated.exitCode)) 0 -}}{{- $phase = "Failed" -}}{{- end -}}
"""


def status_template(
    tables: dict[str, Any], containers: str, inits: str = UNCHANGED, *, phase: str = "", extra: str = ""
) -> str:
    """The template of a pod's whole status.

    Args:
        tables: what the templates look up as `$model`
        containers: what happens to each container
        inits: what happens to each init container
        phase: the pod's phase; as it was unless told
        extra: more to set in `$status`
    """
    # JSON's strings are Go's, but for characters outside of the basic plane, which are left as they are.
    model = f"{{{{- $model := fromJson {json.dumps(json.dumps(tables, ensure_ascii=False), ensure_ascii=False)} -}}}}"
    start = _START + (f'{{{{- $phase = "{phase}" -}}}}' if phase else "")
    return "".join(
        [
            model,
            start,
            _LOOP.replace("LIST", "inits").replace("FIELD", "initContainers").replace("BLOCK", inits),
            _LOOP.replace("LIST", "statuses").replace("FIELD", "containers").replace("BLOCK", containers),
            _END.replace("EXTRA", extra),
        ]
    )
