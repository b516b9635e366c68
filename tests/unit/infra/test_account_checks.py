"""Who a stack is in its account before it makes anything, and why it goes no further."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from infra import account
from infra.account import find_zone_id, role_name, stack_provider
from infra.settings import Settings
from tests.says import Says

pytestmark = pytest.mark.unit

ACCOUNT = "111122223333"
ROLES = f"arn:aws:iam::{ACCOUNT}:role"
SESSIONS = f"arn:aws:sts::{ACCOUNT}:assumed-role"


class Aws:
    """AWS's SDK in the memory of the test: it answers, or raises what it is given."""

    def __init__(self, answer: str | Exception) -> None:
        self._answer = answer
        self.providers: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.route53 = SimpleNamespace(get_zone=self._zone)

    def Provider(self, name: str, **inputs: Any) -> SimpleNamespace:  # noqa: N802 - as the SDK calls it
        self.providers.append({"name": name, **inputs})
        return SimpleNamespace(package="aws", urn="urn", id="id")

    def ProviderAssumeRoleArgs(self, **given: Any) -> dict[str, Any]:  # noqa: N802
        return given

    def ProviderDefaultTagsArgs(self, **given: Any) -> dict[str, Any]:  # noqa: N802
        return given

    def get_caller_identity(self, *, opts: pulumi.InvokeOptions) -> SimpleNamespace:
        return SimpleNamespace(arn=self._told(opts))

    def _zone(self, *, opts: pulumi.InvokeOptions, **given: Any) -> SimpleNamespace:
        self.asked.append(given)
        return SimpleNamespace(zone_id=self._told(opts))

    def _told(self, opts: pulumi.InvokeOptions) -> str:
        assert opts.provider is not None, "it is asked as the stack's own role"
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def aws(monkeypatch: pytest.MonkeyPatch, answer: str | Exception, *, preview: bool = False) -> Aws:
    made = Aws(answer)
    monkeypatch.setattr(account, "aws", made)
    monkeypatch.setattr(account.pulumi.runtime, "is_dry_run", lambda: preview)
    return made


def settings(*, read_only: bool = False) -> Settings:
    tags = {"owner": "platform"}
    return Settings.model_construct(
        project="slipway", stack="prod", account=ACCOUNT, region="us-west-2", tags=tags, read_only=read_only
    )


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        (f"{ROLES}/slipway-prod-deploy", "slipway-prod-deploy"),
        (f"{ROLES}/a/path/slipway-prod-deploy", "slipway-prod-deploy"),
        (f"{SESSIONS}/slipway-prod-deploy/somebody", "slipway-prod-deploy"),
        (f"{SESSIONS}/slipway-prod-deploy", "slipway-prod-deploy"),
        (f"arn:aws:iam::{ACCOUNT}:user/somebody", "user/somebody"),
        (f"arn:aws:iam::{ACCOUNT}:root", "root"),
        (f"arn:aws:iam::{ACCOUNT}:user/a:b", "user/a:b"),
    ],
)
def test_a_role_is_known_by_its_own_arn_and_by_that_of_a_session(arn: str, name: str) -> None:
    assert role_name(arn) == name


@pytest.mark.parametrize(("read_only", "preview", "kind"), [(False, False, "deploy"), (True, True, "preview")])
def test_the_provider_is_the_environments_role_in_its_account_and_region_only(
    monkeypatch: pytest.MonkeyPatch, read_only: bool, preview: bool, kind: str
) -> None:
    told = aws(monkeypatch, f"{SESSIONS}/slipway-prod-{kind}/slipway-prod", preview=preview)
    stack_provider(settings(read_only=read_only))
    assert told.providers == [
        {
            "name": "slipway-prod",
            "region": "us-west-2",
            "allowed_account_ids": [ACCOUNT],
            "assume_roles": [{"role_arn": f"{ROLES}/slipway-prod-{kind}", "session_name": "slipway-prod"}],
            "default_tags": {"tags": {"owner": "platform", "project": "slipway", "stack": "prod"}},
        }
    ]


def refused(given: Settings) -> str:
    with pytest.raises(pulumi.RunError) as error:
        stack_provider(given)
    return str(error.value)


def test_the_role_of_previews_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    aws(monkeypatch, f"{SESSIONS}/slipway-prod-preview/slipway-prod")
    assert refused(settings(read_only=True)) == Says("true", "false", "Nothing was changed", at="slipway:readOnly")


@pytest.mark.parametrize(
    ("read_only", "caller", "done"),
    [
        (False, f"{SESSIONS}/slipway-staging-deploy/x", "deployed"),
        (False, f"{SESSIONS}/slipway-prod-preview/x", "deployed"),
        (False, f"arn:aws:iam::{ACCOUNT}:user/slipway-prod-deploy", "deployed"),
        (True, f"{SESSIONS}/slipway-prod-deploy/x", "previewed"),
    ],
)
def test_somebody_else_is_told_who_they_are(
    monkeypatch: pytest.MonkeyPatch, read_only: bool, caller: str, done: str
) -> None:
    aws(monkeypatch, caller, preview=True)
    role = f"{ROLES}/slipway-prod-{'preview' if read_only else 'deploy'}"
    said = refused(settings(read_only=read_only))
    assert said == Says(done, role, caller, "Nothing was changed", at="slipway:account")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Exception("invocation failed:\nAccessDenied: not you\n"), "AccessDenied: not you"),
        (Exception(), "Exception"),
        (ValueError(" \n"), "ValueError"),
    ],
)
def test_a_role_that_cannot_be_taken_is_told_with_awss_reason(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    aws(monkeypatch, error)
    said = refused(settings())
    assert said == Says(f"{ROLES}/slipway-prod-deploy", f"({reason})", "bootstrap", at="slipway:account")


def test_the_zone_is_the_public_one_of_the_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    told = aws(monkeypatch, "Z1")
    assert find_zone_id("prod.example.com", SimpleNamespace(package="aws")) == "Z1"  # type: ignore[arg-type]
    assert told.asked == [{"name": "prod.example.com", "private_zone": False}]


def test_a_domain_without_a_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    aws(monkeypatch, Exception("failed:\nno matching zone"))
    with pytest.raises(pulumi.RunError) as error:
        find_zone_id("prod.example.com", SimpleNamespace(package="aws"))  # type: ignore[arg-type]
    said = str(error.value)
    assert said == Says(
        "prod.example.com", "(no matching zone)", "bootstrap", "Nothing was changed", at="slipway:domain"
    )
