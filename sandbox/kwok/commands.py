"""Changes to the model of services, for the command line and for tests. Each takes effect within about two seconds."""

from dataclasses import replace
from pathlib import Path

from sandbox.kwok.model import Crash, JobModel, Model, change_model


def set_service(path: Path, app: str, **settings: float | bool | Crash | None) -> Model:
    """Change settings of `ServiceModel` for one service; the rest stays as it was, or as `other` says.

    Raises:
        ModelError: the model cannot be so.
    """

    def change(model: Model) -> Model:
        service = replace(model.service(app), **settings)  # pyright: ignore[reportArgumentType]  # the file is checked
        return replace(model, services={**model.services, app: service})

    return change_model(path, change)


def set_load(path: Path, app: str, *, per_pod: float = 0.0, total: float = 0.0) -> Model:
    """Put a service under load, in millicores: on each ready pod, or shared by all of them. Neither ends the load.

    Raises:
        ModelError: the model cannot be so, for instance with both.
    """
    return set_service(path, app, load_millicores_per_pod=per_pod, load_millicores_total=total)


def set_startup(path: Path, app: str, seconds: float) -> Model:
    """Say how long a service's pods take from their start until they are ready.

    Raises:
        ModelError: the model cannot be so.
    """
    return set_service(path, app, startup_seconds=seconds)


def set_ready(path: Path, app: str, *, ready: bool) -> Model:
    """Say whether a service's readiness probes succeed; of its running pods too.

    Raises:
        ModelError: the model cannot be so.
    """
    return set_service(path, app, ready=ready)


def set_crash(path: Path, app: str, crash: Crash | None) -> Model:
    """Let a service's pods crash, or no more.

    Raises:
        ModelError: the model cannot be so.
    """
    return set_service(path, app, crash=crash)


def set_job(path: Path, beginning: str, job: JobModel) -> Model:
    """Say how the pods of Jobs behave whose names begin so.

    Raises:
        ModelError: the model cannot be so.
    """
    return change_model(path, lambda model: replace(model, jobs={**model.jobs, beginning: job}))


def add_bad_image(path: Path, part: str) -> Model:
    """Let every pull fail of an image whose reference contains `part`.

    Raises:
        ModelError: the model cannot be so.
    """
    return change_model(
        path, lambda model: replace(model, bad_images=tuple({**dict.fromkeys(model.bad_images), part: None}))
    )


def clear(path: Path, app: str | None = None) -> Model:
    """Forget what was said of one service, or of everything.

    Raises:
        ModelError: what is left cannot be so.
    """

    def change(model: Model) -> Model:
        if app is None:
            return Model()
        return replace(model, services={name: each for name, each in model.services.items() if name != app})

    return change_model(path, change)
