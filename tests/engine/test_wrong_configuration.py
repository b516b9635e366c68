"""A wrong stack file: told all of it at once, before anything is changed. With the real command and engine.

Most runs are previews, which read the file exactly as `up` does and take two seconds each.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.edited_program import program_with
from tests.engine.sandbox_stack import BOOTSTRAP, Outcome, SandboxStack, upped
from tests.mistakes.capacity import WARNED, pods
from tests.mistakes.every import AREAS, MISTAKES, in_one_file, told_of, values_of
from tests.mistakes.mistake import Mistake
from tests.mistakes.services import FRONTEND, RESOURCES, USERS
from tests.says import Says, matches
from tests.stack_values import take_out

pytestmark = pytest.mark.engine

Prepared = Callable[[str], SandboxStack]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """An account with nothing but the bootstrap, and a copy of the program: one for all tests of a worker."""
    directory = tmp_path_factory.mktemp("wrong-configuration")
    project = program_with(directory)
    stacks: dict[str, SandboxStack] = {}

    def prepare(stack: str) -> SandboxStack:
        if stack not in stacks:
            made = upped(directory, BOOTSTRAP, stack)
            stacks[stack] = SandboxStack(made.state, project, stack)
        return stacks[stack]

    return prepare


@pytest.fixture
def stack_file(prepared: Prepared) -> Iterator[Path]:
    """The stack file of dev, to write into; it is as before afterwards."""
    file = prepared("dev").project / "Pulumi.dev.yaml"
    text = file.read_text()
    yield file
    file.write_text(text)


def existing(stack: SandboxStack) -> list[tuple[str, str, str]]:
    account = stack.account()
    try:
        return [(record.type, record.id, record.updated) for record in account.list()]
    finally:
        account.close()


def refused(stack: SandboxStack, run: Callable[[], Outcome]) -> Outcome:
    """Run what has to be refused, without a traceback and without any change."""
    before = existing(stack)
    outcome = run()
    assert outcome.exit_code != 0, outcome.output
    assert "Traceback" not in outcome.output
    assert existing(stack) == before
    return outcome


def told(outcome: Outcome, stack: str = "dev") -> list[str]:
    """The problems in the message, of which there is one."""
    (message,) = [error for error in outcome.errors if f"Pulumi.{stack}.yaml" in error]
    first, *lines = message.replace("<{%reset%}>", "").splitlines()
    assert Says(f"Pulumi.{stack}.yaml", str(len(lines)), "nothing was changed") == first
    return [line.removeprefix("  ") for line in lines]


def remove(file: Path, paths: Iterable[str]) -> None:
    """Take keys out of a stack file."""
    content = yaml.safe_load(file.read_text())
    for path in paths:
        take_out(content["config"], path)
    file.write_text(yaml.safe_dump(content))


@pytest.mark.parametrize("area", AREAS)
def test_mistakes_are_told_by_path_value_and_what_is_allowed(prepared: Prepared, stack_file: Path, area: str) -> None:
    text = stack_file.read_text()
    # As many mistakes in one file as it can hold.
    for group in in_one_file(AREAS[area]):
        (name,) = {mistake.stack for mistake in group}
        stack = prepared(name)
        stack_file.write_text(text)
        remove(stack_file, [path for mistake in group for path in mistake.without])
        outcome = refused(stack, functools.partial(stack.preview, set=values_of(group)))
        assert matches(told(outcome, name), told_of(group))


@pytest.mark.parametrize("mistake", WARNED, ids=[mistake.name for mistake in WARNED])
def test_what_may_go_wrong_is_a_warning(prepared: Prepared, mistake: Mistake) -> None:
    outcome = prepared(mistake.stack).preview(set=mistake.set)
    assert outcome.exit_code == 0, outcome.output
    warnings = [each.replace("<{%reset%}>", "").removeprefix("warning: ").strip() for each in outcome.warnings]
    assert [each for each in warnings if each.startswith("slipway:")] == list(mistake.told)


def test_a_night_with_too_few_nodes(prepared: Prepared) -> None:
    stack = prepared("dev")
    outcome = refused(stack, lambda: stack.preview(set={f"{FRONTEND}.autoscaling": pods(10, 10)}))
    (line,) = told(outcome)
    sizes = [f"slipway:nodeGroups.general.schedules.{name}.down.size" for name in ("night", "weekend")]
    window = ("20:00", "07:00", "America/Los_Angeles", "4 more times")
    wanted = Says(*window, "1 node", "1 pod of users", "40m", "desired 2", *sizes)
    assert line.startswith(tuple(f"{size}: " for size in sizes))
    assert wanted == line


@pytest.mark.parametrize("name", ["drain of 4 seconds", "minimum above maximum", "host twice"])
def test_up_refuses_what_preview_refuses(prepared: Prepared, name: str) -> None:
    (mistake,) = [each for each in MISTAKES if each.name == name]
    stack = prepared("dev")
    outcome = refused(stack, lambda: stack.up(set=mistake.set))
    assert told(outcome) == list(mistake.told)


TOGETHER = (
    ("drain of 4 seconds", "range is public", "unknown key, deep"),
    ("namespace with an underscore", "version with a patch", "small disk", "root"),
    ("a role in place of the account", "minimum above maximum", "hour 25", "host outside the domain", "tag and digest"),
    ("protect is no boolean", "zone of another region", "deploy role once more", "target of 101 percent"),
    ("old address twice", "drain of 4 seconds", "two replicas beside a sidecar", "unknown key, deep"),
    ("a password in place of its hash", "drain of 4 seconds", "range is public"),
    ("a tag that is the program's", "unknown time zone", "two replicas beside a sidecar", "image of nobody"),
)


@pytest.mark.parametrize("names", TOGETHER, ids=[", ".join(names) for names in TOGETHER])
def test_all_mistakes_of_a_file_are_told_at_once(prepared: Prepared, names: tuple[str, ...]) -> None:
    mistakes = [mistake for mistake in MISTAKES if mistake.name in names]
    assert len(mistakes) == len(names)
    stack = prepared("dev")
    outcome = refused(stack, lambda: stack.preview(set=values_of(mistakes)))
    assert matches(told(outcome), told_of(mistakes))


def test_more_public_services_than_a_balancer_takes(prepared: Prepared) -> None:
    service = {
        **{"port": 8000, "serviceType": "ClusterIP", "runAsUser": 1000, "replicas": 1},
        "resources": RESOURCES,
    }
    more = {f"extra{each}": {**service, "hosts": [f"extra{each}.dev.example.com"]} for each in range(98)}
    stack = prepared("dev")
    outcome = refused(
        stack, lambda: stack.preview(set={f"slipway:services.{name}": value for name, value in more.items()})
    )
    assert told(outcome) == [Says("101", "100 rules", at="slipway:services")]


def test_a_stack_name_that_leaves_no_room(prepared: Prepared) -> None:
    dev = prepared("dev")
    name = "production-of-all-regions"
    shipped = (dev.project / "Pulumi.dev.yaml").read_text()
    (dev.project / f"Pulumi.{name}.yaml").write_text(shipped.replace("stack: dev,", f"stack: {name},"))
    stack = SandboxStack(dev.state, dev.project, name)
    outcome = refused(stack, stack.preview)
    assert told(outcome, name) == [Says(f"'slipway-{name}'", "27", at="stack name")]


def test_a_password_that_nobody_set(prepared: Prepared, tmp_path: Path) -> None:
    """The sandbox supplies missing passwords only where the project asks for them."""
    project = program_with(tmp_path)
    declared = yaml.safe_load((project / "Pulumi.yaml").read_text())
    del declared["config"]["slipway:databasePasswords"]
    (project / "Pulumi.yaml").write_text(yaml.safe_dump(declared))
    stack = SandboxStack(prepared("dev").state, project)
    outcome = refused(stack, lambda: stack.preview(set={"slipway:databasePasswords": {"users": "tell-no-one"}}))
    path = "slipway:databasePasswords.thoughts"
    assert told(outcome) == [Says("required", f"pulumi config set --secret --path '{path}'", at=path)]
    assert "tell-no-one" not in outcome.output


def test_a_password_of_another_form_is_never_shown(prepared: Prepared) -> None:
    stack = prepared("dev")
    wrong: Mapping[str, Any] = {"slipway:databasePasswords.users": {"value": "tell-no-one"}, f"{FRONTEND}.port": 1}
    outcome = refused(stack, lambda: stack.preview(set=wrong))
    assert told(outcome)[-1] == Says("text", at="slipway:databasePasswords.users")
    assert "tell-no-one" not in outcome.output


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("config:\n  slipway:domain: a.example.com\n  slipway:domain: b.example.com\n", "slipway:domain"),
        ("config: {slipway:domain: dev.example.com\n", "Pulumi.dev.yaml"),
        ("config:\n\tslipway:domain: dev.example.com\n", "Pulumi.dev.yaml"),
        ("- slipway:domain: dev.example.com\n", "map"),
    ],
    ids=["a key twice", "a brace left open", "a tab", "a list"],
)
def test_a_file_that_cannot_be_read(prepared: Prepared, stack_file: Path, text: str, fact: str) -> None:
    """What reads the file first says so: in the sandbox that is the sandbox, else Pulumi itself."""
    stack = prepared("dev")
    stack_file.write_text(text)
    outcome = refused(stack, stack.preview)
    assert Says("Pulumi.dev.yaml", fact) == outcome.output


def test_an_empty_file_is_told_all_that_it_needs(prepared: Prepared, stack_file: Path) -> None:
    stack = prepared("dev")
    stack_file.write_text("config: {}\n")
    lines = told(refused(stack, stack.preview))
    assert {line.split(":")[0] for line in lines} == {"aws", "slipway"}
    required = {line.split(": ")[0] for line in lines if "required" in line}
    assert required >= {"aws:region", "slipway:account", "slipway:tags.owner", "slipway:domain", "slipway:network.cidr"}
    assert f"{USERS}.port" not in required
