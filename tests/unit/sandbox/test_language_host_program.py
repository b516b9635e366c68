"""How the language host runs a program and explains its failures."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pulumi
import pytest
from pulumi.runtime.settings import handle_grpc_error

from sandbox.language_host import explain, run_afresh
from tests.says import Says

pytestmark = pytest.mark.unit


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return tmp_path / "__main__.py"


def _failure(program: Path, text: str) -> BaseException:
    program.write_text(text)
    with pytest.raises(BaseException) as caught:  # whatever the program raises
        run_afresh(program)
    return caught.value


def test_each_run_imports_the_projects_modules_anew(program: Path) -> None:
    module = program.parent / "piece_of_the_program.py"
    program.write_text("import piece_of_the_program\nprint(piece_of_the_program.VALUE)\n")
    module.write_text("VALUE = 1\n")
    run_afresh(program)
    module.write_text("VALUE = 2\n")
    run_afresh(program)
    assert sys.modules["piece_of_the_program"].VALUE == 2
    assert sys.path[0] == str(program.parent)


def test_libraries_are_not_imported_again(program: Path) -> None:
    program.write_text("import pulumi\n")
    run_afresh(program)
    assert sys.modules["pulumi"] is pulumi


def test_a_traceback_begins_in_the_program(program: Path) -> None:
    error = _failure(program, "def f():\n    raise KeyError('x')\nf()\n")
    text = explain(error, program) or ""
    assert Says("unhandled exception", "KeyError: 'x'") == text
    assert "runpy" not in text
    assert "language_host" not in text
    assert text.count("__main__.py") == 2


@pytest.mark.parametrize(
    ("text", "explained"),
    [
        ("import pulumi\nraise pulumi.RunError('alone')\n", "alone"),
        ("raise SystemExit('alone')\n", "alone"),
        ("raise SystemExit(3)\n", Says("sys.exit(3)")),
        ("def f(:\n", Says("SyntaxError", "def f(:")),
    ],
)
def test_what_ends_a_program_is_told(program: Path, text: str, explained: object) -> None:
    assert explain(_failure(program, text), program) == explained


def _refused_by_the_engine(code: grpc.StatusCode, details: str) -> BaseException:
    """What the SDK raises where the engine does not take a registration."""

    def refuse(_request: bytes, context: grpc.ServicerContext) -> bytes:
        context.abort(code, details)

    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    handlers = {"Register": grpc.unary_unary_rpc_method_handler(refuse)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("engine", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            channel.unary_unary("/engine/Register")(b"")
    except grpc.RpcError as error:
        try:
            handle_grpc_error(error)
        except BaseException as raised:  # a plain exception, or the program's end
            return raised
        return error
    finally:
        server.stop(None)
    raise AssertionError("the call was answered")


def test_an_engine_that_ends_says_why_itself(program: Path) -> None:
    ended = _refused_by_the_engine(grpc.StatusCode.UNKNOWN, "resource monitor shut down while waiting")
    assert explain(ended, program) is None


def test_another_refusal_of_the_engine_is_told(program: Path) -> None:
    refused = _refused_by_the_engine(grpc.StatusCode.UNKNOWN, "taken")
    assert Says("taken") == explain(refused, program)
