"""Pulumi's state in a bucket: bootstrap's own moves there and back, and each role reaches its own stack's."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.provider_process import ProviderProcess
from sandbox.pulumi_environment import environment, write_commands
from sandbox.state import State
from sandbox.toolchain import find_pulumi
from tests.engine.object_store import CREDENTIALS, ObjectStore, object_store
from tests.engine.sandbox_stack import CHECKOUT, Outcome, read_outcome, succeeded
from tests.says import Says
from tests.unit.bootstrap.bootstrapped import ACCOUNT, KEY, arn, policy_of_key, roles_of
from tools.iam_decisions import Question, decide

pytestmark = pytest.mark.engine

BUCKET = f"slipway-state-{ACCOUNT}-us-west-2"


@dataclass
class Laptop:
    """A checkout of its own, with the real `pulumi`, where AWS's resources are emulated by the sandbox's provider."""

    root: Path
    store: ObjectStore

    def __post_init__(self) -> None:
        found = find_pulumi()
        assert found is not None
        self.pulumi = found
        self.state = State(self.root / "sandbox")
        self.state.prepare()
        write_commands(self.state, found)
        self.local = f"file://{self.root / 'local'}"
        self.bucket = self.store.backend(BUCKET)
        (self.root / "local").mkdir()
        for part in ("bootstrap", "infra"):
            shutil.copytree(CHECKOUT / part, self.root / part, ignore=shutil.ignore_patterns("__pycache__"))
        # An official language host looks for the virtual environment that `Pulumi.yaml` names.
        (self.root / ".venv").symlink_to(CHECKOUT / ".venv")
        self._commands = 0

    def variables(self, backend: str, providers: str = "") -> dict[str, str]:
        """For `pulumi`, and for what starts it."""
        own = environment(self.state, self.pulumi, stack="account", providers=providers)
        return {**own, **CREDENTIALS, "PULUMI_BACKEND_URL": backend, "PULUMI_DEBUG_COMMANDS": "true"}

    def run(
        self, backend: str, *words: str, project: str = "bootstrap", variables: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `pulumi`."""
        return subprocess.run(
            [str(self.pulumi), "-C", str(self.root / project), "--non-interactive", *words],
            env=self.variables(backend) if variables is None else variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def up(self, backend: str, stack: str) -> Outcome:
        """`pulumi up` of one of bootstrap's stacks."""
        self._commands += 1
        log = self.root / f"events-{self._commands}.json"
        with ProviderProcess(
            ("aws",), state=self.state, account_id=ACCOUNT, control_plane=None, time_scale=0.0, faults=()
        ) as providers:
            words = ("up", "--yes", "--skip-preview", "--stack", stack, "--event-log", str(log))
            done = self.run(backend, *words, variables=self.variables(backend, providers.addresses()))
        return read_outcome(log, done.returncode, done.stdout + done.stderr, 0.0)

    def move(
        self, stack: str, source: str, target: str, project: str = "bootstrap"
    ) -> subprocess.CompletedProcess[str]:
        """The documented command."""
        words = ["--stack", stack, "--from", source, "--to", target, "--project", project]
        return subprocess.run(
            [sys.executable, "-m", "bootstrap.move_state", *words],
            cwd=self.root,
            env={**self.variables(""), "PYTHONPATH": str(self.root)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def has(self, backend: str, stack: str) -> bool:
        """Whether a backend has a state of the stack."""
        return self.run(backend, "stack", "export", "--stack", stack).returncode == 0


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    with object_store() as store:
        yield Laptop(tmp_path, store)


@pytest.fixture
def upped(laptop: Laptop) -> Laptop:
    """The account's part is up, from a state on the laptop, and so the bucket is there."""
    assert laptop.run(laptop.local, "stack", "init", "account").returncode == 0
    succeeded(laptop.up(laptop.local, "account"))
    laptop.store.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    return laptop


@pytest.fixture
def program(laptop: Laptop) -> Laptop:
    """The bucket and the key are there, and a program that has a secret."""
    kms = laptop.store.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/slipway-dev-secrets", TargetKeyId=key)
    laptop.store.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    project = laptop.root / "program"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("{name: slipway, runtime: python}\n")
    (project / "__main__.py").write_text(
        'import pulumi\npulumi.export("password", pulumi.Config("slipway").require_secret("password"))\n'
    )
    return laptop


def key_of(laptop: Laptop) -> str:
    """What bootstrap exports as `secretsProvider`, at the address of the emulation."""
    return f"awskms://alias/slipway-dev-secrets?{laptop.store.endpoint}"


def test_bootstraps_own_state_moves_into_the_bucket_and_back(upped: Laptop) -> None:
    assert (
        f"s3://{BUCKET}?region=us-west-2"
        in upped.run(upped.local, "stack", "output", "stateUrl", "--stack", "account").stdout
    )
    stack_file = (upped.root / "bootstrap" / "Pulumi.account.yaml").read_text()
    assert upped.up(upped.local, "account").changes == ()

    moved = upped.move("account", upped.local, upped.bucket)
    assert moved.returncode == 0, moved.stderr
    assert Says("12 resources") == moved.stdout
    assert ".pulumi/stacks/slipway-bootstrap/account.json" in upped.store.keys(BUCKET)
    assert not upped.has(upped.local, "account")
    again = upped.up(upped.bucket, "account")
    assert (again.exit_code, again.changes) == (0, ()), again.output

    back = upped.move("account", upped.bucket, upped.local)
    assert back.returncode == 0, back.stderr
    assert not upped.has(upped.bucket, "account")
    again = upped.up(upped.local, "account")
    assert (again.exit_code, again.changes) == (0, ()), again.output
    assert (upped.root / "bootstrap" / "Pulumi.account.yaml").read_text() == stack_file


def test_a_move_that_fails_leaves_the_state_where_it_was(upped: Laptop) -> None:
    nowhere = upped.move("account", upped.local, upped.store.backend("no-such-bucket"))
    assert (nowhere.returncode, nowhere.stderr.splitlines()) == (1, [Says(at="move_state")])
    assert upped.up(upped.local, "account").changes == ()

    absent = upped.move("dev", upped.local, upped.bucket)
    assert absent.stderr.splitlines() == [Says("dev", upped.local, at="move_state")]


def test_a_move_that_was_broken_off_is_taken_up_and_another_state_is_never_overwritten(upped: Laptop) -> None:
    # As if it had ended after the stack was made in the bucket.
    assert upped.run(upped.bucket, "stack", "init", "account").returncode == 0
    assert upped.move("account", upped.local, upped.bucket).returncode == 0
    # As if it had ended before the state was removed from where it was.
    state = upped.run(upped.bucket, "stack", "export", "--stack", "account").stdout
    (upped.root / "state.json").write_text(state)
    assert upped.run(upped.local, "stack", "init", "account").returncode == 0
    imported = upped.run(upped.local, "stack", "import", "--stack", "account", "--file", str(upped.root / "state.json"))
    assert imported.returncode == 0, imported.stderr
    assert upped.move("account", upped.local, upped.bucket).returncode == 0
    assert not upped.has(upped.local, "account")

    (upped.root / "local" / "other").mkdir()
    other = f"{upped.local}/other"
    assert upped.run(other, "stack", "init", "account").returncode == 0
    changed = state.replace("slipway-github", "something-else")
    (upped.root / "state.json").write_text(changed)
    words = ("stack", "import", "--stack", "account", "--file", str(upped.root / "state.json"))
    assert upped.run(other, *words).returncode == 0
    refused = upped.move("account", upped.bucket, other)
    assert (refused.returncode, refused.stderr) == (1, Says("another state"))
    assert upped.has(upped.bucket, "account")


def test_each_role_reaches_its_stacks_state_and_key_and_needs_no_more(program: Laptop) -> None:
    laptop = program
    # The first who looks marks the bucket as Pulumi's: the administrator whose own state is there.
    assert laptop.run(laptop.bucket, "stack", "ls", project="program").returncode == 0

    provider = key_of(laptop)
    deploying = _calls_of(
        laptop,
        ("stack", "init", "dev", "--secrets-provider", provider),
        ("config", "set", "--secret", "slipway:password", "x", "--stack", "dev"),
        ("up", "--yes", "--skip-preview", "--stack", "dev"),
        ("up", "--yes", "--stack", "dev"),
        ("refresh", "--yes", "--stack", "dev"),
        ("stack", "export", "--stack", "dev"),
        ("cancel", "--yes", "--stack", "dev"),
    )
    assert {"s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "kms:Encrypt", "kms:Decrypt"} <= {
        action for action, _ in deploying
    }
    assert _refused("deploy", deploying) == []

    previewing = _calls_of(laptop, ("preview", "--stack", "dev"), ("stack", "output", "--stack", "dev"))
    assert {"s3:GetObject", "kms:Decrypt"} <= {action for action, _ in previewing}
    assert _refused("preview", previewing) == []
    assert ("kms:Encrypt", KEY) in _refused("preview", deploying)


def test_a_stack_whose_secrets_have_a_key_moves_with_it(program: Laptop) -> None:
    words = {
        "stack": ("stack", "init", "dev", "--secrets-provider", key_of(program)),
        "secret": ("config", "set", "--secret", "slipway:password", "tell-no-one", "--stack", "dev"),
        "up": ("up", "--yes", "--skip-preview", "--stack", "dev"),
    }
    for command in words.values():
        done = program.run(program.local, *command, project="program")
        assert done.returncode == 0, done.stdout + done.stderr
    stack_file = (program.root / "program" / "Pulumi.dev.yaml").read_text()
    assert "tell-no-one" not in stack_file

    moved = program.move("dev", program.local, program.bucket, "program")
    assert moved.returncode == 0, moved.stderr
    assert (program.root / "program" / "Pulumi.dev.yaml").read_text() == stack_file
    shown = program.run(
        program.bucket, "stack", "output", "password", "--show-secrets", "--stack", "dev", project="program"
    )
    assert shown.stdout.strip() == "tell-no-one", shown.stderr
    stored = program.store.client("s3").get_object(Bucket=BUCKET, Key=".pulumi/stacks/slipway/dev.json")["Body"].read()
    assert b"tell-no-one" not in stored


def _calls_of(laptop: Laptop, *commands: tuple[str, ...]) -> set[tuple[str, str]]:
    laptop.store.calls.clear()
    for words in commands:
        done = laptop.run(laptop.bucket, *words, project="program")
        assert done.returncode == 0, done.stdout + done.stderr
    return {(action, KEY if name == "key" else name) for action, name in laptop.store.calls}


def _refused(purpose: str, calls: set[tuple[str, str]]) -> list[tuple[str, str]]:
    role = arn("dev", purpose)
    policies = list(roles_of("dev")[purpose].policies.values())
    asked = sorted(calls)
    answers = decide(
        [
            Question(action, name, ACCOUNT, role, {"aws:PrincipalArn": role}, policies, policy_of_key(name, "dev"))
            for action, name in asked
        ]
    )
    return [call for call, answer in zip(asked, answers, strict=True) if answer != "Allowed"]
