"""The model of services: read strictly, written in whole, changed by commands."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.kwok import commands
from sandbox.kwok.model import Crash, JobModel, Model, ModelError, ServiceModel, load_model, parse_model, save_model
from tests.says import Says

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
    ("content", "mistakes"),
    [
        ([], [Says("object", at="the model")]),
        ({"service": {}}, [Says("services", at="service")]),
        ({"services": {"a": {"startup": 1}}}, [Says("startup_seconds", "ready", at="services.a.startup")]),
        ({"services": {"a": {"startup_seconds": "5"}}}, [Says('"5"', "number", at="services.a.startup_seconds")]),
        ({"services": {"a": {"startup_seconds": True}}}, [Says("true", "number", at="services.a.startup_seconds")]),
        ({"services": {"a": {"startup_seconds": -1}}}, [Says("-1", "0", "86400", at="services.a.startup_seconds")]),
        ({"services": {"a": {"ready": 1}}}, [Says("1", "true", "false", at="services.a.ready")]),
        ({"services": {"a": {"idle_millicores": 0}}}, [Says("0", at="services.a.idle_millicores")]),
        (
            {"services": {"a": {"load_millicores_per_pod": 1, "load_millicores_total": 1}}},
            [Says("load_millicores_per_pod", "load_millicores_total", at="services.a")],
        ),
        ({"services": {"a": {"crash": {"exit_code": 0}}}}, [Says("0", at="services.a.crash.exit_code")]),
        ({"services": {"a": {"crash": []}}}, [Says("object", at="services.a.crash")]),
        ({"jobs": {"a": {"exit_code": 256}}}, [Says("256", "0", "255", at="jobs.a.exit_code")]),
        ({"other_jobs": {"message": 1}}, [Says("1", "text", at="other_jobs.message")]),
        ({"bad_images": ""}, [Says("list", at="bad_images")]),
        ({"bad_images": [""]}, [Says("list", "empty", at="bad_images")]),
        (
            {"services": {"a": {"ready": 1}}, "jobs": {"b": {"seconds": "x"}}},
            [Says("1", at="services.a.ready"), Says('"x"', at="jobs.b.seconds")],
        ),
    ],
)
def test_all_mistakes_are_named_at_once(content: object, mistakes: list[Says]) -> None:
    with pytest.raises(ModelError) as error:
        parse_model(content)
    assert str(error.value).splitlines() == mistakes


def test_what_is_not_json_is_refused(path: Path) -> None:
    path.write_text("{")
    with pytest.raises(ModelError, match=f"^{path}: .*JSON"):
        load_model(path)


def test_a_model_that_cannot_be_is_not_written(path: Path) -> None:
    commands.set_load(path, "front-end", total=100.0)
    before = path.read_text()
    with pytest.raises(ModelError, match=r"^services\.front-end: "):
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
