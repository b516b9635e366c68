"""The policy pack run by the real engine: it lets Slipway's stacks pass, and refuses before anything is made."""

from collections.abc import Callable

import pytest

from tests.engine.sandbox_stack import CHECKOUT, PROGRAMS, SandboxStack, succeeded
from tests.says import Says
from tests.stack_values import STACKS

pytestmark = pytest.mark.engine

PACK = ["--policy-pack", str(CHECKOUT / "policy")]

# What is wrong, the rule that refuses it, and what a person is told of it.
REFUSED = [
    ("no-probe", "containers-are-bounded", Says("containers[web].readinessProbe", "missing")),
    ("no-budget", "disruption-budgets", Says("spec.replicas", "2", "PodDisruptionBudget")),
    ("budget-too-strict", "disruption-budgets", Says("spec.minAvailable", "'67%'", "web")),
    ("ssh", "closed-to-the-world", Says("tcp", "22", "80", "443")),
    ("service-balancer", "closed-to-the-world", Says("spec.type", "'LoadBalancer'", "ClusterIP", "NodePort")),
    ("open-elsewhere", "only-the-balancer-is-open", Says("world", "balancer")),
    ("key-pair", "closed-machines", Says("keyName", "'mine'", "none")),
    ("plain-disk", "encrypted-at-rest", Says("encrypted", "missing", "true")),
    ("no-backups", "kept-databases", Says("backupRetentionPeriod", "0", "1")),
    ("plain-bucket", "encrypted-buckets", Says("encryption", "BucketServerSideEncryptionConfiguration")),
    ("untagged", "owner-tags", Says("project, stack, owner")),
    ("mutable-registry", "immutable-images", Says("imageTagMutability", "'MUTABLE'", "IMMUTABLE")),
    ("image-by-tag", "immutable-images", Says("containers[web].image", "'registry.example.com/web:1.0'")),
]


@pytest.fixture
def refused(new_stack: Callable[..., SandboxStack]) -> SandboxStack:
    return new_stack(PROGRAMS / "refused")


@pytest.mark.parametrize("stack", STACKS)
def test_the_first_preview_of_each_stack_passes(before_first_up: Callable[[str], SandboxStack], stack: str) -> None:
    outcome = succeeded(before_first_up(stack).preview(arguments=PACK))
    # Whose support ends depends on the day: tests/engine/test_version_upgrades.py.
    assert [each for each in outcome.warnings if "standard support" not in each] == []
    assert "✅ slipway@" in outcome.output


@pytest.mark.parametrize("stack", STACKS)
def test_each_stack_passes_once_all_values_are_known(system: Callable[[str], SandboxStack], stack: str) -> None:
    outcome = succeeded(system(stack).preview(arguments=PACK))
    assert outcome.changes == ()
    assert "✅ slipway@" in outcome.output


def test_a_sound_program_passes(refused: SandboxStack) -> None:
    outcome = succeeded(refused.preview(arguments=PACK))
    assert not outcome.warnings
    assert len(outcome.of_type("kubernetes:apps/v1:Deployment")) == 1


@pytest.mark.parametrize(("case", "rule", "says"), REFUSED, ids=[case for case, _, _ in REFUSED])
def test_a_program_that_breaks_one_rule_is_refused(refused: SandboxStack, case: str, rule: str, says: Says) -> None:
    outcome = refused.run("up", "--yes", set={"refused:case": case}, arguments=PACK)
    assert outcome.exit_code != 0
    assert says in outcome.lines
    assert f"[mandatory]  {rule}  (" in outcome.output
    assert refused.inventory() == []


def test_most_rules_refuse_even_without_a_preview(refused: SandboxStack) -> None:
    outcome = refused.up(set={"refused:case": "plain-disk"}, arguments=PACK)
    assert outcome.exit_code != 0
    assert refused.inventory() == []
