"""Writes `capacity/instance_types.json`: what EC2's current instance types have, from two pinned public Go modules.

The Go command fetches the modules and compares them with their checksums; nothing in them is built or run.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

OUTPUT: Final = Path(__file__).resolve().parents[1] / "capacity" / "instance_types.json"

COLUMNS: Final = ("vcpus", "memory_mib", "network_interfaces", "ipv4_addresses_per_interface", "architecture")
"""What each type's list holds, in this order."""

ARCHITECTURES: Final = {"x86_64": "amd64", "arm64": "arm64"}
"""EC2's names of the architectures that Kubernetes nodes can have, and Kubernetes' names."""


@dataclass(frozen=True)
class Source:
    """One file of one version of a public Go module.

    Attributes:
        columns: which columns of the result it gives
        checksum: of the whole module, as in a `go.sum`
        url: where people read the same file
    """

    columns: tuple[str, ...]
    module: str
    version: str
    checksum: str
    file: str
    url: str


# The VPC CNI's own table, which its maintainers generate from ec2:DescribeInstanceTypes.
INTERFACES: Final = Source(
    columns=("network_interfaces", "ipv4_addresses_per_interface"),
    module="github.com/aws/amazon-vpc-cni-k8s",
    version="v1.23.2",
    checksum="h1:Ka5CQyoDQhTJ41BruEiI35Xs7LJoC+zUubWI5+xbrLc=",
    file="pkg/vpc/vpc_ip_resource_limit.go",
    url="https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.2/pkg/vpc/vpc_ip_resource_limit.go",
)

# The data behind https://instances.vantage.sh, of 2025-05-28: the last that was published as a module.
MACHINES: Final = Source(
    columns=("vcpus", "memory_mib", "architecture"),
    module="github.com/cristim/ec2-instances-info",
    version="v0.0.0-20250528091325-32acf84f42eb",
    checksum="h1:exJ9FsMTbotSG5xgDHmFJE84gV3MZ4JRpR8nhbgJz/k=",
    file="data/instances.json",
    url="https://github.com/cristim/ec2-instances-info/blob/32acf84f42eb/data/instances.json",
)


class SourceError(Exception):
    """A module cannot be fetched, or does not hold what is expected of it."""


@dataclass(frozen=True)
class Interfaces:
    """What pods get their addresses from: `count` interfaces with `ipv4_addresses` each, the interface's own included.

    Only the default network card counts, since the VPC CNI uses no other.
    """

    count: int
    ipv4_addresses: int


@dataclass(frozen=True)
class Machine:
    """The processors and the nominal memory of a type."""

    vcpus: int
    memory_mib: int
    architecture: str


_LIMITS: Final = re.compile(
    r'^\t"(?P<name>[^"]+)":\s*{\n'
    r"\t\tENILimit:\s+(?P<count>\d+),\n"
    r"\t\tIPv4Limit:\s+(?P<addresses>\d+),\n",
    re.MULTILINE,
)
_ENTRY: Final = re.compile(r'^\t"[^"]+":\s*{$', re.MULTILINE)


def interfaces_in(go_source: str) -> dict[str, Interfaces]:
    """The VPC CNI's table, by instance type.

    Raises:
        SourceError: an entry has another form than the one known here; leaving it out would go unseen.
    """
    found = {
        match["name"]: Interfaces(int(match["count"]), int(match["addresses"])) for match in _LIMITS.finditer(go_source)
    }
    entries = len(_ENTRY.findall(go_source))
    if not found or len(found) != entries:
        raise SourceError(f"{INTERFACES.file} has {entries} entries, of which {len(found)} could be read")
    return found


def machines_in(data: str) -> dict[str, Machine]:
    """All types of the current generation that can be a node, by name.

    Raises:
        SourceError: the data are no list, or a type's memory is no whole number of MiB.
    """
    parsed: object = json.loads(data)
    if not isinstance(parsed, list):
        raise SourceError(f"{MACHINES.file} is no list")
    entries = cast("list[Mapping[str, Any]]", parsed)
    return {str(entry["instance_type"]): _machine(entry) for entry in entries if _can_be_a_node(entry)}


def _can_be_a_node(entry: Mapping[str, Any]) -> bool:
    # Those with "i386" are 64-bit machines that can also run 32-bit systems; Macs have architectures of their own.
    return entry["generation"] == "current" and any(each in ARCHITECTURES for each in entry["arch"])


def _machine(entry: Mapping[str, Any]) -> Machine:
    memory_mib = float(entry["memory"]) * 1024
    if not memory_mib.is_integer():
        raise SourceError(f"{entry['instance_type']} has {entry['memory']} GiB, which is no whole number of MiB")
    architecture = next(name for each, name in ARCHITECTURES.items() if each in entry["arch"])
    return Machine(int(entry["vCPU"]), int(memory_mib), architecture)


def document(machines: Mapping[str, Machine], interfaces: Mapping[str, Interfaces]) -> str:
    """The JSON text: a header, then one line for each type that both sources know, in the order of their names."""
    header = {
        "generated_by": "python -m tools.instance_types",
        "sources": [
            {"columns": list(each.columns), "module": f"{each.module}@{each.version}", "url": each.url}
            for each in (INTERFACES, MACHINES)
        ],
        "columns": list(COLUMNS),
    }
    rows: list[str] = []
    for name in sorted(machines.keys() & interfaces.keys()):
        machine, limits = machines[name], interfaces[name]
        row = [machine.vcpus, machine.memory_mib, limits.count, limits.ipv4_addresses, machine.architecture]
        rows.append(f"    {json.dumps(name)}: {json.dumps(row)}")
    opening = json.dumps(header, indent=2).removesuffix("\n}")
    return opening + ',\n  "types": {\n' + ",\n".join(rows) + "\n  }\n}\n"


def text_of(source: Source) -> str:
    """The file of a source, fetched with the Go command or from its cache.

    Raises:
        SourceError: there is no Go command, it cannot fetch the module, or the module has another checksum.
    """
    module = f"{source.module}@{source.version}"
    try:
        run = subprocess.run(  # noqa: S603 - words of this module
            ["go", "mod", "download", "-json", module],  # noqa: S607 - the person's own Go
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise SourceError("there is no `go` in PATH") from error
    try:
        answer = cast("Mapping[str, str]", json.loads(run.stdout))
    except json.JSONDecodeError as error:
        raise SourceError(f"go mod download {module}: {run.stderr.strip()}") from error
    if "Error" in answer:
        raise SourceError(f"go mod download {module}: {answer['Error']}")
    if answer["Sum"] != source.checksum:
        raise SourceError(f"{module} has the checksum {answer['Sum']}, not {source.checksum}")
    return (Path(answer["Dir"]) / source.file).read_text(encoding="utf-8")


def main(words: Sequence[str] | None = None) -> int:
    """Write the file; gives back the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.instance_types", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the JSON file (default: the one that is kept)")
    output: Path = parser.parse_args(words).output
    try:
        text = document(machines_in(text_of(MACHINES)), interfaces_in(text_of(INTERFACES)))
        output.write_text(text, encoding="utf-8")
    except (SourceError, OSError) as error:
        print(f"instance_types: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
