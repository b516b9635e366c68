"""The program's source keeps to its rules: it knows nothing of the sandbox, and every component ends as it should."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack_values import ROOT

pytestmark = pytest.mark.unit

PROGRAM = [ROOT / "__main__.py", *sorted((ROOT / "infra").rglob("*.py")), *sorted((ROOT / "apps").rglob("*.py"))]
CAPACITY = sorted((ROOT / "capacity").rglob("*.py"))
BOOTSTRAP = sorted((ROOT / "bootstrap").rglob("*.py"))
OURS = {"sandbox", "tests", "ops", "policy", "bootstrap", "tools"}
ENVIRONMENT = {"environ", "getenv", "environb", "getenvb"}


def trees(files: list[Path]) -> Iterator[tuple[Path, ast.Module]]:
    for file in files:
        yield file, ast.parse(file.read_text())


def names_of(tree: ast.AST) -> set[str]:
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return names | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def imports_of(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def components(files: list[Path]) -> list[tuple[str, ast.FunctionDef]]:
    found: list[tuple[str, ast.FunctionDef]] = []
    for file, tree in trees(files):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and any("ComponentResource" in ast.unparse(base) for base in node.bases):
                constructor = next(
                    item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"
                )
                found.append((f"{file.name}:{node.name}", constructor))
    return found


COMPONENTS = components(PROGRAM + BOOTSTRAP)


def test_the_search_finds_the_program() -> None:
    assert len(PROGRAM) > 25
    assert len(COMPONENTS) > 14


@pytest.mark.parametrize("file", PROGRAM, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_sandbox_no_test_switch_no_environment_variable(file: Path) -> None:
    text = file.read_text()
    tree = ast.parse(text)
    assert not {name.split(".")[0] for name in imports_of(tree)} & OURS
    assert not imports_of(tree) & {"os", "subprocess", "boto3"}, "the program reads its stack file and nothing else"
    assert not names_of(tree) & ENVIRONMENT
    assert "sandbox" not in text.lower()
    assert "pytest" not in text


@pytest.mark.parametrize("file", CAPACITY, ids=lambda file: file.name)
def test_capacity_is_pure_functions_over_settings(file: Path) -> None:
    tree = ast.parse(file.read_text())
    assert not {name.split(".")[0] for name in imports_of(tree)} & {*OURS, "apps", "pulumi", "pulumi_aws", "os"}
    assert not names_of(tree) & {*ENVIRONMENT, "today"}, "what time it is, is told by who asks"
    assert "datetime.now" not in file.read_text()


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component[0])
def test_a_component_registers_its_outputs_last(component: tuple[str, ast.FunctionDef]) -> None:
    constructor = component[1]
    calls = [
        node
        for node in ast.walk(constructor)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "self.register_outputs"
    ]
    assert len(calls) == 1
    last = constructor.body[-1]
    assert isinstance(last, ast.Expr)
    assert last.value is calls[0]


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component[0])
def test_a_component_has_a_stable_type_token(component: tuple[str, ast.FunctionDef]) -> None:
    name, constructor = component
    first = constructor.body[0]
    assert isinstance(first, ast.Expr)
    assert isinstance(first.value, ast.Call)
    token = ast.literal_eval(first.value.args[0])
    project, module, kind = token.split(":")
    assert project == "slipway"
    assert module in {"infra", "apps", "bootstrap"}
    assert kind == name.split(":")[1]


def test_the_wiring_has_no_logic() -> None:
    tree = ast.parse((ROOT / "__main__.py").read_text())
    decisions = (ast.If, ast.While, ast.FunctionDef, ast.ClassDef, ast.Try, ast.Lambda)
    assert not [node for node in ast.walk(tree) if isinstance(node, decisions)]
    assert len((ROOT / "__main__.py").read_text().splitlines()) < 130


def test_no_resource_is_created_inside_apply() -> None:
    for file, tree in trees(PROGRAM + BOOTSTRAP):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "apply":
                called = [ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)]
                assert not [name for name in called if name.startswith(("aws.", "k8s.", "eks."))], (file, called)


@pytest.mark.parametrize(
    "file",
    [
        file
        for folder in ("infra", "apps", "bootstrap", "capacity", "sandbox", "tools")
        for file in sorted((ROOT / folder).rglob("*.py"))
    ],
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_no_module_is_too_long_for_one_sitting(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 320
