"""The policy pack run by the real engine: it lets Slipway's stacks pass, and refuses before anything is made."""

from collections.abc import Callable

import pytest

from tests.each_stack import EACH_STACK
from tests.engine.sandbox_stack import CHECKOUT, PROGRAMS, SandboxStack

pytestmark = pytest.mark.engine

PACK = ["--policy-pack", str(CHECKOUT / "policy")]

# What is wrong, the rule that refuses it, and what a person is told of it.
REFUSED = [
    ("no-probe", "containers-are-bounded", "containers[web].readinessProbe is missing; expected a probe"),
    ("no-budget", "disruption-budgets", "spec.replicas is 2 without a PodDisruptionBudget; expected a budget"),
    ("budget-too-strict", "disruption-budgets", "spec.minAvailable is '67%', which never lets a pod of web"),
    ("ssh", "closed-to-the-world", "ingress opens tcp ports 22 to 22 to the world; expected tcp, port 80 or 443"),
    ("service-balancer", "closed-to-the-world", "spec.type is 'LoadBalancer'; expected ClusterIP or NodePort"),
    ("open-elsewhere", "only-the-balancer-is-open", "opens to the world a group of no balancer; expected"),
    ("key-pair", "closed-machines", "keyName is 'mine'; expected none: Session Manager needs no key"),
    ("plain-disk", "encrypted-at-rest", "encrypted is missing; expected true"),
    ("no-backups", "kept-databases", "backupRetentionPeriod is 0; expected at least 1: no point in time is kept"),
    ("plain-bucket", "encrypted-buckets", "its encryption is not stated; expected a BucketServerSideEncryption"),
    ("untagged", "owner-tags", "tags without project, stack, owner; expected all of project, stack, owner"),
    ("mutable-registry", "immutable-images", "imageTagMutability is 'MUTABLE'; expected IMMUTABLE"),
    ("image-by-tag", "immutable-images", "containers[web].image is 'registry.example.com/web:1.0'; expected"),
]


@pytest.fixture
def refused(new_stack: Callable[..., SandboxStack]) -> SandboxStack:
    return new_stack(PROGRAMS / "refused")


@pytest.mark.parametrize("stack", EACH_STACK)
def test_the_first_preview_of_each_stack_passes(before_first_up: Callable[[str], SandboxStack], stack: str) -> None:
    outcome = before_first_up(stack).preview(arguments=PACK)
    assert outcome.exit_code == 0, outcome.output
    # Whose support ends depends on the day: tests/engine/test_version_upgrades.py.
    assert [each for each in outcome.warnings if "standard support" not in each] == []
    assert "✅ slipway@" in outcome.output


@pytest.mark.parametrize("stack", EACH_STACK)
def test_each_stack_passes_once_all_values_are_known(system: Callable[[str], SandboxStack], stack: str) -> None:
    outcome = system(stack).preview(arguments=PACK)
    assert outcome.exit_code == 0, outcome.output
    assert outcome.changes == ()
    assert "✅ slipway@" in outcome.output


def test_a_sound_program_passes(refused: SandboxStack) -> None:
    outcome = refused.preview(arguments=PACK)
    assert outcome.exit_code == 0, outcome.output
    assert not outcome.warnings
    assert len(outcome.of_type("kubernetes:apps/v1:Deployment")) == 1


@pytest.mark.parametrize(("case", "rule", "message"), REFUSED, ids=[case for case, _, _ in REFUSED])
def test_a_program_that_breaks_one_rule_is_refused(refused: SandboxStack, case: str, rule: str, message: str) -> None:
    outcome = refused.run("up", "--yes", set={"refused:case": case}, arguments=PACK)
    assert outcome.exit_code != 0
    assert message in outcome.output
    assert f"[mandatory]  {rule}  (" in outcome.output
    assert refused.inventory() == []


def test_most_rules_refuse_even_without_a_preview(refused: SandboxStack) -> None:
    outcome = refused.up(set={"refused:case": "plain-disk"}, arguments=PACK)
    assert outcome.exit_code != 0
    assert refused.inventory() == []
