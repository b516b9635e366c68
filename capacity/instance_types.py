"""What EC2's instance types have, from the kept file `instance_types.json`.

The file has the current-generation x86 and Arm types; its header names its public sources and the command that makes
it anew: `python -m tools.instance_types`.
"""

import difflib
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast

_FILE: Final = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class InstanceType:
    """One instance type, as EC2 describes it.

    Attributes:
        name: such as `m5.large`
        vcpus: as many as the operating system sees
        memory_mib: the nominal memory; a node reports less (see `capacity.allocatable`)
        network_interfaces: how many the default network card takes; the VPC CNI uses no other card
        ipv4_addresses_per_interface: the interface's own address included
        architecture: as a node's label `kubernetes.io/arch` has it: `amd64` or `arm64`
    """

    name: str
    vcpus: int
    memory_mib: int
    network_interfaces: int
    ipv4_addresses_per_interface: int
    architecture: str


class UnknownInstanceTypeError(Exception):
    """The kept file has no such type.

    Attributes:
        name: the type asked for
        closest: known types with names like it, the most alike first; often none
    """

    def __init__(self, name: str, closest: tuple[str, ...]) -> None:
        hint = f"; the closest known ones are {', '.join(closest)}" if closest else ""
        super().__init__(f'capacity/instance_types.json has no instance type "{name}"{hint}')
        self.name = name
        self.closest = closest


@functools.cache
def instance_types() -> Mapping[str, InstanceType]:
    """All known types, by name."""
    document = cast("Mapping[str, Any]", json.loads(_FILE.read_text(encoding="utf-8")))
    columns: list[str] = document["columns"]
    rows: Mapping[str, list[Any]] = document["types"]
    return MappingProxyType(
        {name: InstanceType(name, **dict(zip(columns, row, strict=True))) for name, row in rows.items()}
    )


def instance_type(name: str) -> InstanceType:
    """The type of that name.

    Raises:
        UnknownInstanceTypeError: it is not in the kept file.
    """
    known = instance_types()
    try:
        return known[name]
    except KeyError:
        raise UnknownInstanceTypeError(name, _closest(name)) from None


@functools.cache
def _closest(name: str) -> tuple[str, ...]:
    # Slow (hundreds of names are compared), and who waits for a node asks again and again.
    return tuple(difflib.get_close_matches(name, instance_types()))
