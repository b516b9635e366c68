"""Which files are taken for certificate authorities of a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra import ca_bundle
from infra.ca_bundle import bundle_problem, read_bundle
from tests.stack_values import ROOT

pytestmark = pytest.mark.unit

SHIPPED = "certificates/rds-us-west-2.pem"
TEXT = (ROOT / SHIPPED).read_text()
BROKEN = "holds no certificate, or a broken one"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"


def test_the_bundle_that_ships_is_one_and_is_read_from_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert bundle_problem(SHIPPED) is None
    assert read_bundle(SHIPPED) == TEXT


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (TEXT.encode(), None),
        (b"", BROKEN),
        (b"no certificate", BROKEN),
        (TEXT.replace("M", "N", 40).encode(), BROKEN),
        (b"-----BEGIN CERTIFICATE-----\nM\n-----END CERTIFICATE-----\n", BROKEN),
        ("-----BEGIN CERTIFICATE-----\né\n-----END CERTIFICATE-----\n".encode(), BROKEN),
        (f"# Autorités de l'été\n{TEXT}".encode(), None),
        (b"\xff\xfe", "cannot be read"),
        ((TEXT + KEY).encode(), "holds a private key"),
    ],
)
def test_what_is_wrong_with_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, problem: str | None
) -> None:
    monkeypatch.setattr(ca_bundle, "_PROJECT", tmp_path)
    (tmp_path / "ca.pem").write_bytes(content)
    assert bundle_problem("ca.pem") == problem


def test_a_file_that_is_not_there_or_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ca_bundle, "_PROJECT", tmp_path)
    assert bundle_problem("ca.pem") == "does not exist"
    assert bundle_problem(".") == "cannot be read"
