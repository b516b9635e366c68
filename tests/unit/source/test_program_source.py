"""Rules about the sources that ruff does not know. What may be imported where stands in pyproject.toml."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pytest

from tests.stack_values import ROOT

pytestmark = pytest.mark.unit

MOST_LINES = 320
PROGRAM = ("__main__.py", "infra/**/*.py", "apps/**/*.py")
COMPONENTS = (*PROGRAM, "bootstrap/**/*.py")
MODULES = {"infra", "apps", "bootstrap"}


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        name: of the test
        files: patterns of the files that have to keep it
        broken: where a source breaks it, in words that lead there
        wrong: a source that does
    """

    name: str
    files: tuple[str, ...]
    broken: Callable[[str], Iterable[str]]
    wrong: str


def constructors(text: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The constructor of each component, with the component's name."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) and any("ComponentResource" in ast.unparse(base) for base in node.bases):
            yield node.name, next(x for x in node.body if isinstance(x, ast.FunctionDef) and x.name == "__init__")


def names_what_it_must_not_know(text: str) -> Iterable[str]:
    return [word for word in ("sandbox", "pytest") if word in text.lower()]


def asks_for_the_time(text: str) -> Iterable[str]:
    names = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
    return names & {"now", "today", "utcnow", "environ", "getenv"}


def does_not_register_its_outputs_last(text: str) -> Iterable[str]:
    for name, constructor in constructors(text):
        calls = [ast.unparse(each.func) for each in ast.walk(constructor) if isinstance(each, ast.Call)]
        last = ast.unparse(constructor.body[-1])
        if calls.count("self.register_outputs") != 1 or not last.startswith("self.register_outputs("):
            yield name


def has_another_type_token(text: str) -> Iterable[str]:
    for name, constructor in constructors(text):
        first = constructor.body[0]
        token = first.value.args[0] if isinstance(first, ast.Expr) and isinstance(first.value, ast.Call) else first
        if ast.unparse(token) not in {f"'slipway:{module}:{name}'" for module in MODULES}:
            yield name


def decides_something(text: str) -> Iterable[str]:
    decisions = (ast.If, ast.While, ast.FunctionDef, ast.ClassDef, ast.Try, ast.Lambda)
    return [f"line {node.lineno}" for node in ast.walk(ast.parse(text)) if isinstance(node, decisions)]


def makes_resources_in_apply(text: str) -> Iterable[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "apply":
            called = [ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)]
            yield from (name for name in called if name.startswith(("aws.", "k8s.", "eks.")))


def is_too_long(text: str) -> Iterable[str]:
    lines = len(text.splitlines())
    return [f"{lines} lines, at most {MOST_LINES}"] if lines > MOST_LINES else []


_COMPONENT = "class Edge(pulumi.ComponentResource):\n    def __init__(self):\n"
RULES = (
    Rule("the program knows of no sandbox", PROGRAM, names_what_it_must_not_know, "# in the sandbox\n"),
    Rule("capacity is told the time", ("capacity/**/*.py",), asks_for_the_time, "datetime.now(UTC)\n"),
    Rule(
        "outputs are registered last",
        COMPONENTS,
        does_not_register_its_outputs_last,
        f"{_COMPONENT}        self.register_outputs({{}})\n        self.name = 1\n",
    ),
    Rule(
        "type tokens are stable",
        COMPONENTS,
        has_another_type_token,
        f"{_COMPONENT}        super().__init__('slipway:infra:Other', name, None, opts)\n",
    ),
    Rule("the wiring decides nothing", ("__main__.py",), decides_something, "a = lambda: 1\n"),
    Rule("no resource is made in apply", COMPONENTS, makes_resources_in_apply, "a.apply(lambda b: aws.ec2.Vpc(b))\n"),
    Rule(
        "a file can be read in one sitting",
        ("*.py", *(f"{each}/**/*.py" for each in ("infra", "apps", "bootstrap", "capacity", "sandbox", "tools"))),
        is_too_long,
        "a = 1\n" * (MOST_LINES + 1),
    ),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_sources_keep_the_rule(rule: Rule) -> None:
    files = [file for pattern in rule.files for file in ROOT.glob(pattern)]
    assert files
    assert [f"{file.relative_to(ROOT)}: {place}" for file in files for place in rule.broken(file.read_text())] == []
    assert list(rule.broken(rule.wrong)) != []


def test_all_components_are_looked_at() -> None:
    files = [file for pattern in COMPONENTS for file in ROOT.glob(pattern)]
    classes = [file for file in files if "(pulumi.ComponentResource)" in file.read_text()]
    assert sum(len(list(constructors(file.read_text()))) for file in files) >= len(classes) > 14
