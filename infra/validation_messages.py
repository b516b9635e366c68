"""A validation error in the words of the person at the laptop: path, value, what is allowed."""

import json
from collections.abc import Sequence
from typing import Any, get_args

from pydantic_core import ErrorDetails

from infra.problems import Problem
from infra.strict_model import StrictModel

_LONGEST_VALUE = 60


def problem_of(error: ErrorDetails, root: str, models: Sequence[type[StrictModel]]) -> Problem:
    """One entry of `ValidationError.errors()` below the key `root`, whose value is made of these models."""
    path = root
    for step in error["loc"]:
        if step == "[key]":
            continue
        tagged = [model for model in models if _tag(model) == step]
        if tagged:
            models = tagged  # which member of a union it is stands in the value, not in its path
            continue
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
        fields = [field for model in models for field in model.model_fields.values() if field.alias == step]
        if fields:
            models = [model for field in fields for model in models_in(field.annotation)]
    return Problem(path, _message(error, models))


def _message(error: ErrorDetails, models: Sequence[type[StrictModel]]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return "is required"
    if kind == "extra_forbidden":
        known = sorted({field.alias or name for model in models for name, field in model.model_fields.items()})
        return f"is not a known key; expected one of {', '.join(known)}"
    if kind == "value_error":
        return f"{_shown(error)}{context['error']}"
    if kind == "string_pattern_mismatch":
        return f"{_shown(error)}expected text that matches {context['pattern']}"
    message = error["msg"]
    return f"{_shown(error)}{message[0].lower()}{message[1:]}".replace("input should be", "expected")


def _shown(error: ErrorDetails) -> str:
    value = json.dumps(error["input"], default=str)
    if isinstance(error["input"], dict | list) or len(value) > _LONGEST_VALUE:
        return ""
    return f"is {value}; "


def _tag(model: type[StrictModel]) -> str | None:
    field = model.model_fields.get("kind")
    return get_args(field.annotation)[0] if field else None


def models_in(annotation: Any) -> tuple[type[StrictModel], ...]:
    """The models that a type annotation names, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, StrictModel):
        return (annotation,)
    return tuple(model for argument in get_args(annotation) for model in models_in(argument))
