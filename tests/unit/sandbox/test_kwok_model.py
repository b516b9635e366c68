"""The model of services: read strictly, written in whole, changed by commands."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.kwok import commands
from sandbox.kwok.model import Crash, JobModel, Model, ModelError, ServiceModel, load_model, parse_model, save_model

pytestmark = pytest.mark.unit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.json"


def test_without_a_file_every_service_is_the_default_one(path: Path) -> None:
    assert load_model(path) == Model()
    assert load_model(path).service("front-end") == ServiceModel()


def test_what_is_written_is_read_again(path: Path) -> None:
    model = Model(
        services={"front-end": ServiceModel(5.0, crash=Crash(3, "no database", 2.5))},
        other=ServiceModel(idle_millicores=2.0),
        jobs={"migrate-": JobModel(3.0, 1, "relation exists")},
        bad_images=(":broken",),
    )
    save_model(path, model)
    assert load_model(path) == model
    assert [each.name for each in path.parent.iterdir()] == ["model.json"]


def test_every_setting_is_written_out(path: Path) -> None:
    commands.set_startup(path, "front-end", 5.0)
    assert json.loads(path.read_text())["services"]["front-end"] == {
        "startup_seconds": 5.0,
        "ready": True,
        "idle_millicores": 1.0,
        "load_millicores_per_pod": 0.0,
        "load_millicores_total": 0.0,
        "memory_mebibytes": 64.0,
        "crash": None,
    }


def test_a_zero_is_a_zero() -> None:
    assert parse_model({"other": {"startup_seconds": 0}}).other.startup_seconds == 0


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        ([], "the model: must be an object"),
        ({"service": {}}, "service: no such setting"),
        ({"services": {"a": {"startup": 1}}}, "services.a.startup: no such setting; there are startup_seconds"),
        ({"services": {"a": {"startup_seconds": "5"}}}, 'services.a.startup_seconds: "5": must be a number'),
        ({"services": {"a": {"startup_seconds": True}}}, "must be a number"),
        ({"services": {"a": {"startup_seconds": -1}}}, "services.a.startup_seconds: -1: must be from 0 to 86400"),
        ({"services": {"a": {"ready": 1}}}, "services.a.ready: 1: must be true or false"),
        ({"services": {"a": {"idle_millicores": 0}}}, "services.a.idle_millicores: must be more than 0"),
        ({"services": {"a": {"load_millicores_per_pod": 1, "load_millicores_total": 1}}}, "exclude each other"),
        ({"services": {"a": {"crash": {"exit_code": 0}}}}, "services.a.crash.exit_code: 0 is no crash"),
        ({"services": {"a": {"crash": []}}}, "services.a.crash: must be an object"),
        ({"jobs": {"a": {"exit_code": 256}}}, "jobs.a.exit_code: 256: must be a whole number from 0 to 255"),
        ({"other_jobs": {"message": 1}}, "other_jobs.message: 1: must be a text"),
        ({"bad_images": ""}, "bad_images: must be a list of texts"),
        ({"bad_images": [""]}, "bad_images: must be a list of texts, none of them empty"),
    ],
)
def test_a_mistake_is_named(content: object, mistake: str) -> None:
    with pytest.raises(ModelError) as error:
        parse_model(content)
    assert mistake in str(error.value)


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(ModelError) as error:
        parse_model({"services": {"a": {"ready": 1}}, "jobs": {"b": {"seconds": "x"}}})
    assert len(str(error.value).splitlines()) == 2


def test_what_is_not_json_is_refused(path: Path) -> None:
    path.write_text("{")
    with pytest.raises(ModelError, match="not JSON"):
        load_model(path)


def test_a_model_that_cannot_be_is_not_written(path: Path) -> None:
    commands.set_load(path, "front-end", total=100.0)
    before = path.read_text()
    with pytest.raises(ModelError, match="exclude each other"):
        commands.set_load(path, "front-end", total=100.0, per_pod=1.0)
    assert path.read_text() == before


def test_a_load_takes_the_place_of_the_one_before(path: Path) -> None:
    commands.set_load(path, "front-end", per_pod=26.8)
    model = commands.set_load(path, "front-end", total=400.0)
    assert model.services["front-end"] == ServiceModel(load_millicores_total=400.0)
    assert commands.set_load(path, "front-end").services["front-end"] == ServiceModel()


def test_a_service_begins_as_the_others_are(path: Path) -> None:
    save_model(path, Model(other=ServiceModel(startup_seconds=3.0)))
    assert commands.set_ready(path, "front-end", ready=False).services["front-end"] == ServiceModel(3.0, ready=False)


def test_a_bad_image_is_noted_once_and_all_is_forgotten(path: Path) -> None:
    commands.add_bad_image(path, ":broken")
    assert commands.add_bad_image(path, ":broken").bad_images == (":broken",)
    commands.set_startup(path, "front-end", 5.0)
    assert commands.clear(path, "front-end") == Model(bad_images=(":broken",))
    assert commands.clear(path) == Model()


def test_changes_at_the_same_time_are_all_kept(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: commands.set_startup(path, f"service-{number}", float(number)), range(24)))
    assert {app: each.startup_seconds for app, each in load_model(path).services.items()} == {
        f"service-{number}": float(number) for number in range(24)
    }
