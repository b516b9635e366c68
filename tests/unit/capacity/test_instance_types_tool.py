"""The tool reads its two sources whole, and refuses what it cannot read."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.says import Says
from tools import instance_types as tool
from tools.instance_types import Interfaces, Machine, SourceError, document, interfaces_in, machines_in, main

pytestmark = pytest.mark.unit

GO = """package vpc

var instanceNetworkingLimits = map[string]InstanceTypeLimits{
	"m5.large": {
		ENILimit:                3,
		IPv4Limit:               10,
		DefaultNetworkCardIndex: 0,
	},
	"p4d.24xlarge": {
		ENILimit:                15,
		IPv4Limit:               50,
		DefaultNetworkCardIndex: 0,
	},
}
"""


def entry(name: str, **changes: Any) -> dict[str, Any]:
    usual = {"instance_type": name, "generation": "current", "arch": ["x86_64"], "vCPU": 2, "memory": 8.0}
    return {**usual, **changes}


def test_interfaces_are_read_from_the_go_table() -> None:
    assert interfaces_in(GO) == {"m5.large": Interfaces(3, 10), "p4d.24xlarge": Interfaces(15, 50)}


def test_an_entry_of_another_form_is_not_passed_over() -> None:
    with pytest.raises(SourceError) as refused:
        interfaces_in(GO.replace("IPv4Limit:               50", "IPv4Limit:               fifty"))
    assert Says(tool.INTERFACES.file, "2", "1") == str(refused.value)


def test_a_source_without_the_table_is_refused() -> None:
    with pytest.raises(SourceError):
        interfaces_in("package vpc\n")


def test_machines_are_those_of_the_current_generation_that_can_be_nodes() -> None:
    data = [
        entry("m5.large"),
        entry("t2.nano", arch=["i386", "x86_64"], vCPU=1, memory=0.5),
        entry("m8g.large", arch=["arm64"]),
        entry("m3.large", generation="previous"),
        entry("mac2.metal", arch=["arm64_mac"]),
    ]
    assert machines_in(json.dumps(data)) == {
        "m5.large": Machine(2, 8192, "amd64"),
        "t2.nano": Machine(1, 512, "amd64"),
        "m8g.large": Machine(2, 8192, "arm64"),
    }


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("{}", Says(tool.MACHINES.file, "list")),
        (json.dumps([entry("m5.large", memory=8.0001)]), Says("m5.large", "8.0001 GiB", "MiB")),
    ],
)
def test_data_of_another_form_are_refused(data: str, says: Says) -> None:
    with pytest.raises(SourceError) as refused:
        machines_in(data)
    assert says == str(refused.value)


def test_document_has_a_sorted_line_for_each_type_that_both_sources_know() -> None:
    machine, interfaces = Machine(2, 8192, "amd64"), Interfaces(3, 10)
    text = document(
        {"m5.large": machine, "c5.large": machine, "a.unlimited": machine},
        {"c5.large": interfaces, "m5.large": interfaces, "z.unspecified": interfaces},
    )
    assert text.splitlines()[-5:] == [
        '  "types": {',
        '    "c5.large": [2, 8192, 3, 10, "amd64"],',
        '    "m5.large": [2, 8192, 3, 10, "amd64"]',
        "  }",
        "}",
    ]
    assert list(json.loads(text)["types"]) == ["c5.large", "m5.large"]


def fetched(monkeypatch: pytest.MonkeyPatch, answer: dict[str, str]) -> None:
    def run(words: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(words, 0, json.dumps(answer), "")

    monkeypatch.setattr(tool.subprocess, "run", run)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [({"Error": "no such host"}, "no such host"), ({"Sum": "h1:another", "Dir": "/nowhere"}, "checksum h1:another")],
)
def test_what_cannot_be_fetched_or_is_not_the_pinned_module_leaves_the_file_alone(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    answer: dict[str, str],
    complaint: str,
) -> None:
    fetched(monkeypatch, answer)
    output = tmp_path / "types.json"
    assert main(["--output", str(output)]) == 1
    assert complaint in capsys.readouterr().err
    assert not output.exists()
