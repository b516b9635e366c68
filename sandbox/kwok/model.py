"""How the pods of the local control plane behave, since no container runs in them: a small file, changed at any time.

The file is JSON with the fields of `Model`. `sandbox.kwok.agent` follows it.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, TypeVar

from sandbox.values import is_list, is_map

APP_LABEL: Final = "app"
"""The label of a pod that names its service."""
JOB_LABEL: Final = "batch.kubernetes.io/job-name"
"""The label of a pod that names its Job."""


class ModelError(Exception):
    """A model cannot be: every mistake, one a line."""


@dataclass(frozen=True)
class Crash:
    """The first container of a pod ends by itself, again and again.

    Attributes:
        exit_code: with which it ends, 1 to 255
        message: what it left in its termination message
        after_seconds: after each of its starts
    """

    exit_code: int = 1
    message: str = ""
    after_seconds: float = 1.0


@dataclass(frozen=True)
class ServiceModel:
    """How each pod of a service behaves.

    Attributes:
        startup_seconds: from the start of its containers until its readiness probes succeed
        ready: whether they ever do
        idle_millicores: what its first container uses without load; more than 0, since metrics-server passes over what
            used nothing
        load_millicores_per_pod: what a ready pod's first container uses on top
        load_millicores_total: what all ready pods of the service use on top together, in equal shares
        memory_mebibytes: of its first container
        crash: how its first container ends by itself, if it does
    """

    startup_seconds: float = 1.0
    ready: bool = True
    idle_millicores: float = 1.0
    load_millicores_per_pod: float = 0.0
    load_millicores_total: float = 0.0
    memory_mebibytes: float = 64.0
    crash: Crash | None = None


@dataclass(frozen=True)
class JobModel:
    """How each pod of a Job, or any other pod that is not restarted always, behaves.

    Attributes:
        seconds: how long its containers run
        exit_code: of each of its containers; with any but 0 the pod fails
        message: what the first one left in its termination message
    """

    seconds: float = 1.0
    exit_code: int = 0
    message: str = ""


@dataclass(frozen=True)
class Model:
    """How all pods behave.

    Attributes:
        services: by the pods' label `app`
        other: the pods that none of `services` is about
        jobs: by how a Job's name begins; the longest beginning counts
        other_jobs: the Jobs that none of `jobs` is about
        bad_images: parts of image references that no registry has
    """

    services: Mapping[str, ServiceModel] = field(default_factory=dict[str, ServiceModel])
    other: ServiceModel = field(default_factory=ServiceModel)
    jobs: Mapping[str, JobModel] = field(default_factory=dict[str, JobModel])
    other_jobs: JobModel = field(default_factory=JobModel)
    bad_images: tuple[str, ...] = ()

    def service(self, app: str) -> ServiceModel:
        """The behaviour of a pod by its label `app`, which may be missing (empty)."""
        return self.services.get(app, self.other)


_EXIT_CODES: Final = 255
# Below a day for times, below a whole rack for the rest: whoever writes more has mistaken the unit.
_LARGEST: Final = 86_400.0
_Part = TypeVar("_Part", Crash, ServiceModel, JobModel)


def parse_model(content: object) -> Model:
    """Read a model from what its JSON says. What is left out is as in `Model()`.

    Raises:
        ModelError: with every mistake in it.
    """
    mistakes: list[str] = []
    known = {each.name for each in fields(Model)}
    given = _mapping(content, "the model", mistakes)
    mistakes += [
        f"{name}: no such setting; there are {', '.join(sorted(known))}" for name in sorted(given.keys() - known)
    ]
    model = Model(
        services={
            name: _service(value, f"services.{name}", mistakes)
            for name, value in _mapping(given.get("services", {}), "services", mistakes).items()
        },
        other=_service(given.get("other", {}), "other", mistakes),
        jobs={
            name: _part(JobModel, value, f"jobs.{name}", mistakes)
            for name, value in _mapping(given.get("jobs", {}), "jobs", mistakes).items()
        },
        other_jobs=_part(JobModel, given.get("other_jobs", {}), "other_jobs", mistakes),
        bad_images=_texts(given.get("bad_images", []), "bad_images", mistakes),
    )
    if mistakes:
        raise ModelError("\n".join(mistakes))
    return model


def _service(content: object, path: str, mistakes: list[str]) -> ServiceModel:
    service = _part(ServiceModel, content, path, mistakes)
    if service.idle_millicores == 0:
        mistakes.append(f"{path}.idle_millicores: must be more than 0")
    if service.load_millicores_per_pod and service.load_millicores_total:
        mistakes.append(f"{path}: load_millicores_per_pod and load_millicores_total exclude each other")
    return service


def _part(cls: type[_Part], content: object, path: str, mistakes: list[str]) -> _Part:
    """A dataclass of the model, each field checked by what its default is."""
    given = _mapping(content, path, mistakes)
    defaults = cls()
    values: dict[str, Any] = {}
    for name, value in given.items():
        here = f"{path}.{name}"
        if not hasattr(defaults, name):
            names = ", ".join(each.name for each in fields(cls))
            mistakes.append(f"{here}: no such setting; there are {names}")
        elif name == "crash":
            values[name] = None if value is None else _part(Crash, value, here, mistakes)
        elif (mistake := _mistake(value, getattr(defaults, name), name)) is not None:
            mistakes.append(f"{here}: {json.dumps(value)}: {mistake}")
        else:
            values[name] = value
    if cls is Crash and values.get("exit_code") == 0:
        mistakes.append(f"{path}.exit_code: 0 is no crash")
    return cls(**values)


def _mistake(value: object, default: object, name: str) -> str | None:
    """What is wrong with a value, judged by the default in its place."""
    if isinstance(default, bool):
        return None if isinstance(value, bool) else "must be true or false"
    if isinstance(default, str):
        return None if isinstance(value, str) else "must be a text"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    if name == "exit_code":
        whole = isinstance(value, int) and 0 <= value <= _EXIT_CODES
        return None if whole else f"must be a whole number from 0 to {_EXIT_CODES}"
    return None if math.isfinite(value) and 0 <= value <= _LARGEST else f"must be from 0 to {_LARGEST:.0f}"


def _mapping(content: object, path: str, mistakes: list[str]) -> dict[str, Any]:
    if is_map(content):
        return dict(content)
    mistakes.append(f"{path}: must be an object")
    return {}


def _texts(content: object, path: str, mistakes: list[str]) -> tuple[str, ...]:
    if is_list(content) and all(isinstance(item, str) and item for item in content):
        return tuple(str(item) for item in content)
    mistakes.append(f"{path}: must be a list of texts, none of them empty")
    return ()


def load_model(path: Path) -> Model:
    """The model in a file, or the default one where there is no file.

    Raises:
        ModelError: the file is not a model.
    """
    try:
        return parse_model(json.loads(path.read_text()))
    except FileNotFoundError:
        return Model()
    except ValueError as error:
        raise ModelError(f"{path}: not JSON: {error}") from error


def save_model(path: Path, model: Model) -> None:
    """Write a model in whole or not at all, every setting said.

    Raises:
        ModelError: it cannot be.
    """
    content = asdict(model)
    parse_model(json.loads(json.dumps(content)))
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        partial = Path(file.name)
        try:
            json.dump(content, file, indent=2)
            file.write("\n")
            file.close()
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


def change_model(path: Path, change: Callable[[Model], Model]) -> Model:
    """Read a model, change it and write it, one process after the other.

    Raises:
        ModelError: what is there, or what came of it, is not a model.
    """
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        model = change(load_model(path))
        save_model(path, model)
    finally:
        os.close(directory)
    return model
