"""The outputs only AWS can tell: plausible, of the right types, and the same on every refresh.

`outputs_of` lays what AWS would compute over the inputs. Each type's own function is registered with `computes`;
a type without one gets values made from its schema.
"""

import importlib
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.aws.identifiers import Identity, Place, Seed
from sandbox.aws.schema import Schema, output_fields
from sandbox.inventory import Inventory
from sandbox.values import UNKNOWN, is_map


@dataclass(frozen=True)
class Making:
    """One resource being made, as a function that computes outputs sees it.

    Attributes:
        schema: the type's schema.
        inputs: its inputs, secrets revealed.
        identity: the id and ARN it got.
        place: its region and account.
        seed: what generated values derive from.
        inventory: what else exists.
        default_tags: the provider's default tags.
        control_plane: endpoint and certificate of a real control plane that stands behind clusters, if one runs.
    """

    schema: Schema
    inputs: Mapping[str, Any]
    identity: Identity
    place: Place
    seed: Seed
    inventory: Inventory
    default_tags: Mapping[str, str]
    control_plane: "ControlPlane | None" = None

    def now(self) -> str:
        """Return the time in AWS's form."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class ControlPlane:
    """A Kubernetes API server that answers in the place of an emulated cluster's own.

    Attributes:
        endpoint: its URL.
        certificate_authority: its certificate authority, PEM in base64.
    """

    endpoint: str
    certificate_authority: str


_Computation = Callable[[Making], dict[str, Any]]
_COMPUTATIONS: Final[dict[str, _Computation]] = {}


def computes(type_token: str) -> Callable[[_Computation], _Computation]:
    """Register the function that computes the outputs of one type."""

    def register(function: _Computation) -> _Computation:
        _COMPUTATIONS[type_token] = function
        return function

    return register


def outputs_of(making: Making) -> dict[str, Any]:
    """Return all outputs of a new resource: its inputs, and what AWS computes."""
    for module in ("network", "cluster", "edge", "identity", "databases"):
        importlib.import_module(f"sandbox.aws.outputs.{module}")
    outputs: dict[str, Any] = dict(making.inputs)
    computation = _COMPUTATIONS.get(making.schema.type)
    computed = computation(making) if computation is not None else {}
    for name, value in computed.items():
        given = outputs.get(name)
        # An object may be given in part (`vpcConfig`): AWS's additions do not override what was asked for.
        outputs[name] = {**value, **given} if is_map(value) and is_map(given) else value if given is None else given
    if "region" in making.schema.outputs and outputs.get("region") is None:
        outputs["region"] = making.place.region
    if making.schema.has_tags:
        outputs["tagsAll"] = {**making.default_tags, **(making.inputs.get("tags") or {})}
    for name in making.schema.computed:
        if name not in outputs:
            outputs[name] = _plausible(making, name, making.schema.outputs[name])
    return outputs


def _plausible(making: Making, name: str, expected: Any) -> Any:
    known: dict[str, Any] = {
        "arn": making.identity.arn,
        "ownerId": making.place.account,
        "registryId": making.place.account,
        "accountId": making.place.account,
        "status": "ACTIVE",
        "state": "available",
        "createdAt": making.now(),
        "modifiedAt": making.now(),
        "createDate": making.now(),
        "associatedAt": making.now(),
        "tagsAll": {},
    }
    if name in known:
        return known[name]
    origin = typing.get_origin(expected)
    if origin is not None and issubclass(origin, Mapping):
        return {}
    if origin is not None and issubclass(origin, Sequence):
        return []
    scalars: dict[Any, Any] = {
        bool: False,
        int: 0,
        float: 0.0,
        str: f"emulated-{making.seed.hexadecimal(8, name)}",
    }
    return scalars.get(expected, {})


def preview_outputs(schema: Schema, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a create's outputs as a preview knows them: the inputs, and `UNKNOWN` for everything else."""
    outputs: dict[str, Any] = dict.fromkeys(schema.outputs, UNKNOWN)
    for name, value in inputs.items():
        expected = schema.outputs.get(name)
        fields: Mapping[str, Any] = {}
        if is_map(value):
            fields = output_fields(expected)
        outputs[name] = {**dict.fromkeys(fields, UNKNOWN), **value} if fields else value
    return outputs
