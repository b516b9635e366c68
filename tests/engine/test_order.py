"""Order is real: a dependency taken out of the program makes AWS or Kubernetes refuse, and nothing was told to.

What should come first is made late, as anything may be, so that the outcome is no matter of luck: a call that waits
for it is not hurt, one that does not comes too early. The rules that refuse are the sandbox's own, in `sandbox/aws`
and `sandbox/kubernetes`, and hold for every program.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.edited_program import Edit, program_with
from tests.engine.sandbox_stack import CHECKOUT, SandboxStack, succeeded

pytestmark = pytest.mark.engine

System = Callable[[str], SandboxStack]

ADDON = "aws:eks/addon:Addon"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
CLUSTER = "aws:eks/cluster:Cluster"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
LISTENER = "aws:lb/listener:Listener"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
NAMESPACE = "kubernetes:core/v1:Namespace"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
RECORD = "aws:route53/record:Record"
RELEASE = "kubernetes:helm.sh/v3:Release"
RULE = "aws:lb/listenerRule:ListenerRule"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
SECRET = "kubernetes:core/v1:Secret"
SERVICE = "kubernetes:core/v1:Service"
SERVICE_ACCOUNT = "kubernetes:core/v1:ServiceAccount"

# Seconds. A call that does not wait comes long before, and ends the delay; a call that waits sits it out.
LATE = 90
CONTROL = 3


@dataclass(frozen=True)
class Slow:
    """What is late.

    Attributes:
        call: operation, type and name of the calls
        until: type and name of the call that should have waited for them
    """

    call: str
    until: str

    def fault(self, seconds: int) -> str:
        return f"{self.call}=late*{seconds}@{self.until}"


@dataclass(frozen=True)
class Case:
    """A dependency, by the edit that takes it out.

    Attributes:
        edit: the edit
        slow: what should come first
        refused: the types of which one is refused then: of several that come too early, any may be the first
        words: what AWS or Kubernetes says, as a pattern
    """

    edit: Edit
    slow: Slow
    refused: frozenset[str]
    words: str


FIRST_UP: dict[str, Case] = {
    "network add-ons before nodes": Case(
        Edit("__main__.py", "[network, network_add_ons], now", "[network], now"),
        Slow(f"create:{ADDON}:*-before-nodes-*", NODE_GROUP),
        frozenset({NODE_GROUP}),
        r"the cluster lacks the add-on\(s\) kube-proxy, vpc-cni",
    ),
    "internet gateway before the balancer": Case(
        Edit("__main__.py", "        waits_for=[network],\n", "        waits_for=[],\n"),
        Slow("create:aws:ec2/internetGateway:InternetGateway:*", BALANCER),
        frozenset({BALANCER}),
        "InvalidSubnet.*has no internet gateway",
    ),
    "nodes before CoreDNS": Case(
        Edit("__main__.py", "waits_for=[nodes, logs]", "waits_for=[logs]"),
        Slow(f"create:{NODE_GROUP}:*", f"{ADDON}:*-coredns"),
        frozenset({ADDON}),
        r"wanted target 'ACTIVE': (coredns|metrics-server|amazon-cloudwatch-observability) has no node to run on",
    ),
    "policies of the node role before nodes": Case(
        Edit(
            "infra/nodes.py",
            "self.arn = pulumi.Output.all(role.arn, *(attachment.id for attachment in attachments))",
            "self.arn = pulumi.Output.all(role.arn)",
        ),
        Slow(f"create:{ATTACHMENT}:slipway-dev-node-*", NODE_GROUP),
        frozenset({NODE_GROUP}),
        r"NodeCreationFailure: role slipway-dev-node-\w+ lacks AmazonEKSWorkerNodePolicy",
    ),
    "control-plane log group before the cluster": Case(
        Edit("infra/cluster.py", "depends_on=[logs], ", ""),
        Slow(f"create:{LOG_GROUP}:*-control-plane-logs", CLUSTER),
        frozenset({LOG_GROUP}),
        "The specified log group already exists: /aws/eks/slipway-dev/cluster",
    ),
    "container log groups before their writer": Case(
        Edit("__main__.py", "waits_for=[nodes, logs]", "waits_for=[nodes]"),
        Slow(f"create:{LOG_GROUP}:*-application-logs", f"{ADDON}:*-observability"),
        frozenset({LOG_GROUP}),
        "The specified log group already exists: /aws/containerinsights/slipway-dev/application",
    ),
    "nodes before the controller": Case(
        Edit("infra/balancer_controller.py", "depends_on=[identity, *args.waits_for]", "depends_on=[identity]"),
        Slow(f"create:{NODE_GROUP}:*", RELEASE),
        frozenset({RELEASE}),
        "0/0 nodes are available, the cluster has no node group",
    ),
    "role before the controller": Case(
        Edit("infra/balancer_controller.py", "depends_on=[identity, *args.waits_for]", "depends_on=[*args.waits_for]"),
        Slow(f"create:{IDENTITY}:*-controller", RELEASE),
        frozenset({DEPLOYMENT}),
        "its pods started before a pod identity association gave their service account a role",
    ),
    "controller before bindings": Case(
        Edit("__main__.py", "waits_for=[nodes, add_ons, controller]", "waits_for=[nodes, add_ons]"),
        Slow(f"create:{RELEASE}:*", BINDING),
        frozenset({BINDING}),
        'no matches for kind "TargetGroupBinding"',
    ),
    "route before pods": Case(
        Edit("apps/site.py", "waits_for=[*args.waits_for, *([route] if route else [])]", "waits_for=args.waits_for"),
        Slow(f"create:{RULE}:*", DEPLOYMENT),
        frozenset({DEPLOYMENT}),
        "is attached to no listener or rule, so its targets stay unused",
    ),
    "binding before pods": Case(
        Edit("apps/service.py", "[policy, *jobs, *([binding] if binding else [])]", "[policy, *jobs]"),
        Slow(f"create:{BINDING}:*", DEPLOYMENT),
        frozenset({DEPLOYMENT}),
        "TargetGroupBinding '[a-z-]+' not found",
    ),
    "namespace before its contents": Case(
        Edit("apps/namespace.py", "self.name = made.metadata.name", "self.name = pulumi.Output.from_input(namespace)"),
        Slow(f"create:{NAMESPACE}:*", SERVICE_ACCOUNT),
        frozenset({SERVICE_ACCOUNT, SERVICE, SECRET, CONFIG_MAP, NETWORK_POLICY}),
        'namespaces "example" not found',
    ),
}

CERTIFICATE = Case(
    Edit("infra/certificate.py", "self.arn = validation.certificate_arn", "self.arn = certificate.arn"),
    Slow(f"create:{RECORD}:*-validation-*", LISTENER),
    frozenset({LISTENER}),
    "UnsupportedCertificate.*PENDING_VALIDATION",
)
# A name two labels deep, which the wildcard does not cover: a new certificate, with a record that is not there yet.
NEW_NAME = {"slipway:services.frontend.hosts": ["frontend.dev.example.com", "www.frontend.dev.example.com"]}

CONTROLLER_OUTLIVES_BINDINGS = Case(
    FIRST_UP["controller before bindings"].edit, Slow(f"delete:{BINDING}:*", RELEASE), frozenset({BINDING}), "finalizer"
)


def without(up: SandboxStack, directory: Path, edit: Edit) -> SandboxStack:
    """The same stack, with the edited program from now on."""
    return SandboxStack(up.state, program_with(directory, edit))


@pytest.mark.parametrize("case", FIRST_UP.values(), ids=FIRST_UP.keys())
def test_without_it_the_first_up_is_refused(before_first_up: System, tmp_path: Path, case: Case) -> None:
    outcome = without(before_first_up("dev"), tmp_path, case.edit).up(faults=[case.slow.fault(LATE)])
    assert outcome.exit_code != 0, "the order held without the dependency"
    assert case.refused & {step.type for step in outcome.failed}, outcome.output
    assert re.search(case.words, outcome.output), outcome.output


def test_with_all_of_them_the_first_up_passes_however_late_each_is(before_first_up: System) -> None:
    stack = before_first_up("dev")
    outcome = succeeded(stack.up(faults=[case.slow.fault(CONTROL) for case in FIRST_UP.values()]))
    assert outcome.failed == ()


def test_a_certificate_is_issued_before_the_listener_uses_it(system: System, tmp_path: Path) -> None:
    edited = without(system("dev"), tmp_path, CERTIFICATE.edit)
    outcome = edited.up(set=NEW_NAME, faults=[CERTIFICATE.slow.fault(LATE)])
    assert outcome.exit_code != 0, "the order held without the dependency"
    assert CERTIFICATE.refused & {step.type for step in outcome.failed}, outcome.output
    assert re.search(CERTIFICATE.words, outcome.output), outcome.output

    repaired = SandboxStack(edited.state, CHECKOUT).up(set=NEW_NAME, faults=[CERTIFICATE.slow.fault(CONTROL)])
    assert repaired.exit_code == 0, repaired.output


def test_a_controller_that_goes_before_its_bindings_leaves_them_for_ever(system: System, tmp_path: Path) -> None:
    case = CONTROLLER_OUTLIVES_BINDINGS
    edited = without(system("dev"), tmp_path, case.edit)
    forgotten = succeeded(edited.up())  # `destroy` goes by the dependencies in the state
    assert forgotten.changes == (), "taking the dependency out changes nothing that exists"
    outcome = edited.destroy(faults=[case.slow.fault(LATE)])
    assert outcome.exit_code != 0, "the order held without the dependency"
    assert case.refused & {step.type for step in outcome.failed}, outcome.output
    assert re.search(case.words, outcome.output), outcome.output


def test_with_it_a_destroy_leaves_nothing_however_late_a_binding_goes(system: System) -> None:
    dev = system("dev")
    succeeded(dev.destroy(faults=[CONTROLLER_OUTLIVES_BINDINGS.slow.fault(CONTROL)]))
    assert dev.existing() == dev.made_by_bootstrap()
