"""What a Kubernetes control plane on EKS refuses, or would wait for in vain; each rule is one small function.

To add one, write a function that takes a `Request` and refuses, and put it into `ALL` with its operations.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from sandbox.kubernetes.rules.bindings import binding_fits, controller_outlives_bindings, gates_can_open
from sandbox.kubernetes.rules.existence import fields, kind_is_known, namespace_exists, no_other_of_that_name
from sandbox.kubernetes.rules.request import Request
from sandbox.kubernetes.rules.workloads import has_nodes, mentioned_exist

_KUBERNETES: Final = "https://kubernetes.io/docs"
_CONTROLLER: Final = "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/"
_WRITES: Final = frozenset({"create", "update"})

Rule = tuple[frozenset[str], Callable[[Request], None], str]
"""The operations a rule concerns, the rule, and the page that states it."""

ALL: Final[tuple[Rule, ...]] = (
    (_WRITES, fields, f"{_KUBERNETES}/reference/using-api/server-side-apply/"),
    (frozenset({"create"}), no_other_of_that_name, f"{_KUBERNETES}/concepts/overview/working-with-objects/names/"),
    (_WRITES, namespace_exists, f"{_KUBERNETES}/concepts/overview/working-with-objects/namespaces/"),
    (_WRITES, kind_is_known, f"{_KUBERNETES}/concepts/extend-kubernetes/api-extension/custom-resources/"),
    (_WRITES, mentioned_exist, f"{_KUBERNETES}/concepts/configuration/secret/"),
    (_WRITES, has_nodes, f"{_KUBERNETES}/concepts/scheduling-eviction/kube-scheduler/"),
    (_WRITES, binding_fits, f"{_CONTROLLER}guide/targetgroupbinding/targetgroupbinding/"),
    (_WRITES, gates_can_open, f"{_CONTROLLER}deploy/pod_readiness_gate/"),
    (
        frozenset({"delete"}),
        controller_outlives_bindings,
        f"{_KUBERNETES}/concepts/overview/working-with-objects/finalizers/",
    ),
)  # fmt: skip


OF_RELEASES: Final = tuple(rule for rule in ALL if rule[1] in {fields, no_other_of_that_name, has_nodes})
"""The rules for a Helm release beside a real API server, which watches over everything else itself."""


def enforce(request: Request, rules: Sequence[Rule] = ALL) -> None:
    """Ask every rule that concerns a call.

    Raises:
        KubernetesError: one of them refuses it.
    """
    for operations, check, page in rules:
        if request.operation in operations:
            check(replace(request, page=page))
