"""Which programs a control plane is made of, and where they are looked for."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from sandbox import go_tools
from sandbox.go_tools import CONTROL_PLANE_TOOLS, IMAGE_TOOLS, LINT_TOOLS, GoTool
from sandbox.toolchain import ToolMissing
from tests.says import Says

pytestmark = pytest.mark.unit

TOOLS = Path(go_tools.__file__).parents[1] / "tools"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    monkeypatch.setattr(go_tools, "_RELEASES", "https://127.0.0.1:1/{command}")


def _script(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize("tool", (*CONTROL_PLANE_TOOLS, *IMAGE_TOOLS, *LINT_TOOLS), ids=lambda tool: tool.name)
def test_each_version_is_the_one_its_module_pins(tool: GoTool) -> None:
    pinned = (TOOLS / tool.source / "go.mod").read_text()
    for package in tool.packages:
        module = package.split("/cmd/")[0]
        assert re.search(rf"\b{re.escape(module)} v{re.escape(tool.version)}\b", pinned)
        assert re.search(rf"^(tool )?\t?{re.escape(package)}$", pinned, re.MULTILINE)


def test_kubernetes_is_built_from_the_libraries_of_its_own_release() -> None:
    pinned = (TOOLS / "kubernetes" / "go.mod").read_text()
    replaced = re.findall(r"^\t(k8s\.io/\S+) => (k8s\.io/\S+) (v\S+)$", pinned, re.MULTILINE)
    assert len(replaced) > 30
    assert {(one == other, version) for one, other, version in replaced} == {
        (True, "v0" + go_tools.KUBERNETES_VERSION.removeprefix("1"))
    }


@pytest.mark.parametrize(
    ("version", "fits"), [("Kubernetes v1.36.9", True), ("Kubernetes v1.35.4", False), ("no version", False)]
)
def test_a_program_on_the_path_counts_when_its_minor_version_fits(tmp_path: Path, version: str, *, fits: bool) -> None:
    on_path = _script(tmp_path / "path" / "kube-scheduler", f"echo {version}")
    tool = next(tool for tool in CONTROL_PLANE_TOOLS if tool.name == "kubernetes")
    assert tool.found("kube-scheduler") == (on_path if fits else None)


def test_what_is_built_lies_in_the_cache_by_version(tmp_path: Path) -> None:
    _script(
        tmp_path / "path" / "go",
        'while [ "$1" != -o ]; do shift; done; into=$2; shift 4; for each do case $each in */v3) each=x/server;; esac;'
        ' printf "#!/bin/sh\\n" >"$into/${each##*/}"; chmod +x "$into/${each##*/}"; done',
    )
    go_tools.ensure_tools(CONTROL_PLANE_TOOLS)
    binaries = go_tools.control_plane_binaries()
    assert binaries.etcd == tmp_path / "cache" / "slipway" / "etcd" / "3.6.5" / "etcd"
    assert binaries.kwok.parent.name == "0.8.0"
    assert stat.S_IMODE(binaries.api_server.stat().st_mode) & stat.S_IXUSR


def test_without_go_or_network_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match=r"etcd 3\.6\.5 is needed: there is no Go .* Install it, or Go"):
        go_tools.ensure_tools(CONTROL_PLANE_TOOLS)
    with pytest.raises(ToolMissing, match="make cluster-tools"):
        go_tools.control_plane_binaries()


def test_the_words_say_which_tools(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[object] = []
    monkeypatch.setattr(go_tools, "ensure_tools", asked.append)
    assert go_tools.main(["images"]) == 0
    assert go_tools.main([]) == 0
    assert asked == [IMAGE_TOOLS, CONTROL_PLANE_TOOLS, IMAGE_TOOLS, LINT_TOOLS]
    assert go_tools.main(["image"]) == 2
    assert Says("image", "cluster", "images", "lint") == capsys.readouterr().err


def test_the_path_of_a_command_is_printed_or_how_to_get_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert go_tools.main(["path", "kubectl"]) == 1
    assert Says("kubectl", "make test-all") == capsys.readouterr().err
    kubectl = _script(tmp_path / "cache/slipway/kubectl" / go_tools.KUBERNETES_VERSION / "kubectl", "true")
    assert go_tools.main(["path", "kubectl"]) == 0
    assert capsys.readouterr().out == f"{kubectl}\n"


def test_kubectl_on_the_path_is_asked_for_its_own_version_only(tmp_path: Path) -> None:
    mine = _script(tmp_path / "path" / "kubectl", '[ "$*" = "version --client" ] && echo Client Version: v1.36.1')
    assert go_tools.path_of("kubectl") == mine
