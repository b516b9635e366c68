"""Which inputs and outputs a type has, read from the installed SDK's classes rather than from a copy of the schema."""

import enum
import functools
import importlib
import inspect
import types
import typing
import warnings
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi import _types as sdk_types  # pyright: ignore[reportPrivateUsage]  # how the SDK reads its own classes; there is no public way

from sandbox.values import Secret, Unknown, is_list, is_map


class UnknownTypeError(Exception):
    """The installed SDK has no resource of that type."""


@dataclass(frozen=True)
class Schema:
    """The shape of one resource type, with Pulumi's property names.

    Attributes:
        type: the token, such as `aws:ec2/vpc:Vpc`.
        inputs: each input's type, as the SDK annotates it.
        required: the inputs that must be given.
        outputs: each output's type, inputs included.
    """

    type: str
    inputs: Mapping[str, Any]
    required: frozenset[str]
    outputs: Mapping[str, Any]

    @property
    def computed(self) -> list[str]:
        """The outputs that are no inputs, which therefore only AWS can tell."""
        return [name for name in self.outputs if name not in self.inputs]

    @property
    def has_tags(self) -> bool:
        """Whether the type takes tags and merges the provider's default tags into them."""
        return "tags" in self.inputs and "tagsAll" in self.outputs


@functools.cache
def schema_of(type_token: str) -> Schema:
    """Return the schema of an `aws:*` resource type; only the SDK module concerned is imported.

    Raises:
        UnknownTypeError: the installed SDK has no such resource.
    """
    resource_class = class_of(type_token)
    arguments = arguments_of(resource_class)
    return Schema(
        type=type_token,
        inputs=sdk_types.input_type_types(arguments),
        required=frozenset(_required(arguments)),
        outputs=sdk_types.resource_types(resource_class),
    )


def arguments_of(resource_class: type) -> type:
    """Return the SDK's class of a resource's inputs."""
    module = importlib.import_module(resource_class.__module__)
    # Where a nested type has taken the name `<Class>Args`, the SDK calls the resource's own `<Class>InitArgs`.
    return getattr(module, f"{resource_class.__name__}InitArgs", None) or getattr(
        module, f"{resource_class.__name__}Args"
    )


def class_of(type_token: str) -> type[pulumi.CustomResource]:
    """Return the SDK's class of a resource type.

    Raises:
        UnknownTypeError: there is none.
    """
    try:
        package, module_path, class_name = type_token.split(":")
        # `aws:ec2/vpc:Vpc` lives in `pulumi_aws.ec2`: generated packages are named after the part before the slash.
        module_name = module_path.split("/")[0]
        python_name = {"lambda": "lambda_"}.get(module_name, module_name.replace("-", "_").lower())
        if package == "kubernetes":
            # `kubernetes:networking.k8s.io/v1:NetworkPolicy` lives in `pulumi_kubernetes.networking.v1`.
            group, version = module_path.split("/")
            python_name = f"{group.split('.')[0]}.{version}"
        parent = f"pulumi_{package}" if module_name == "index" else f"pulumi_{package}.{python_name}"
        with warnings.catch_warnings():
            # A package warns of every deprecated class in it, wanted or not.
            warnings.simplefilter("ignore", DeprecationWarning)
            found = getattr(importlib.import_module(parent), class_name)
    except (ValueError, ImportError, AttributeError) as error:
        raise UnknownTypeError(f"the installed SDK has no resource of type {type_token!r}") from error
    if not (inspect.isclass(found) and issubclass(found, pulumi.CustomResource)):
        raise UnknownTypeError(f"{type_token!r} is no resource")
    return found


def _required(arguments: type) -> Iterator[str]:
    names = sdk_types.input_type_py_to_pulumi_names(arguments)
    for parameter in inspect.signature(arguments.__init__).parameters.values():
        if parameter.default is parameter.empty and parameter.name in names:
            yield names[parameter.name]


def output_fields(output_type: Any) -> Mapping[str, Any]:
    """Return the fields of an object among the outputs; nothing for a type that is no object."""
    is_object = inspect.isclass(output_type) and sdk_types.is_output_type(output_type)
    return sdk_types.output_type_types(output_type) if is_object else {}


def check_inputs(schema: Schema, inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Compare inputs with the schema.

    Returns:
        One `(property path, reason)` for each input that is missing, unknown to the type or of the wrong type.
        Values a preview cannot know yet pass.
    """
    problems = [
        (name, f"{schema.type}: missing required property '{name}'")
        for name in sorted(schema.required)
        if inputs.get(name) is None
    ]
    for name, value in inputs.items():
        if name.startswith("__"):
            continue
        if name not in schema.inputs:
            problems.append((name, f"{schema.type}: has no input '{name}'"))
        else:
            problems.extend(
                (path, f"{schema.type}: {path}: {reason}")
                for path, reason in _mismatches(value, schema.inputs[name], name)
            )
    return problems


def _mismatches(value: Any, expected: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Secret):
        hidden = _mismatches(value.value, expected, path)
        yield from ((where, "a secret value is of the wrong type") for where, _ in hidden)
        return
    if value is None or isinstance(value, Unknown):
        return
    choices = list(_choices(expected))
    if not choices or any(next(_against(value, choice, path), None) is None for choice in choices):
        return
    # The most telling complaint is the one about the alternative that is at least of the right kind.
    yield from min((list(_against(value, choice, path)) for choice in choices), key=lambda found: -len(found[0][0]))


def _choices(expected: Any) -> Iterator[Any]:
    """The alternatives of an annotation, without `None`, `Output` and `Awaitable`."""
    origin = typing.get_origin(expected)
    if origin in {typing.Union, types.UnionType}:
        for choice in typing.get_args(expected):
            yield from _choices(choice)
    elif expected is not type(None) and origin not in {Awaitable, pulumi.Output}:
        yield expected


def _against(value: Any, expected: Any, path: str) -> Iterator[tuple[str, str]]:
    origin = typing.get_origin(expected)
    if expected is Any:
        return
    if origin is typing.Literal:
        if value not in typing.get_args(expected):
            yield path, f"expected {' or '.join(map(repr, typing.get_args(expected)))}, got {_shown(value)}"
    elif origin is not None and issubclass(origin, Mapping):
        if not is_map(value):
            yield path, f"expected a map, got {_shown(value)}"
            return
        element = (typing.get_args(expected) or (str, Any))[1]
        for key, item in value.items():
            yield from _mismatches(item, element, f"{path}.{key}")
    elif origin is not None and issubclass(origin, Sequence):
        if not is_list(value):
            yield path, f"expected a list, got {_shown(value)}"
            return
        element = typing.get_args(expected)[0]
        for index, item in enumerate(value):
            yield from _mismatches(item, element, f"{path}[{index}]")
    elif inspect.isclass(expected) and sdk_types.is_input_type(expected):
        yield from _against_object(value, expected, path)
    else:
        yield from _against_scalar(value, expected, path)


def _against_object(value: Any, expected: type, path: str) -> Iterator[tuple[str, str]]:
    if not is_map(value):
        yield path, f"expected an object ({expected.__name__}), got {_shown(value)}"
        return
    properties = sdk_types.input_type_types(expected)
    for name in _required(expected):
        if value.get(name) is None:
            yield f"{path}.{name}", "is missing and required"
    for name, item in value.items():
        if name not in properties:
            yield f"{path}.{name}", f"{expected.__name__} has no property '{name}'"
        else:
            yield from _mismatches(item, properties[name], f"{path}.{name}")


def _against_scalar(value: Any, expected: Any, path: str) -> Iterator[tuple[str, str]]:
    if is_map(value) or is_list(value):
        yield path, f"expected {_name_of(expected)}, got {_shown(value)}"
    elif inspect.isclass(expected) and issubclass(expected, enum.Enum):
        return  # the enumerations are hints: the real provider passes any text on to AWS
    elif expected is bool:
        # The bridge to Terraform takes the texts "true" and "false" for a boolean, and numbers written as text.
        if not isinstance(value, bool) and value not in {"true", "false"}:
            yield path, f"expected a boolean, got {_shown(value)}"
    elif expected in {int, float}:
        number = not isinstance(value, bool) and (isinstance(value, (int, float)) or _is_number(value))
        if not number or (expected is int and isinstance(value, float)):
            yield path, f"expected {'a whole number' if expected is int else 'a number'}, got {_shown(value)}"
    elif expected is str and not isinstance(value, str):
        yield path, f"expected a string, got {_shown(value)}"


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _name_of(expected: Any) -> str:
    return {str: "a string", int: "a whole number", float: "a number", bool: "a boolean"}.get(expected, str(expected))


def _shown(value: Any) -> str:
    return "an object" if is_map(value) else "a list" if is_list(value) else repr(value)
