"""The workflows are sound, and a job may do no more than it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
# What a job may have beside reading the repository.
WRITES = {
    ("deploy.yml", "dev"): {"id-token"},
    ("deploy.yml", "staging"): {"id-token"},
    ("deploy.yml", "prod"): {"id-token"},
    ("drift.yml", "drift"): {"id-token", "issues"},
    ("preview.yml", "account"): {"id-token"},
    ("preview.yml", "comment-account"): {"pull-requests"},
    ("preview.yml", "comment-sandbox"): {"pull-requests"},
    ("promote.yml", "promote"): {"contents", "id-token", "pull-requests"},
    ("up.yml", "up"): {"id-token"},
}


def jobs() -> list[tuple[str, str, dict[str, Any]]]:
    found = [(path.name, yaml.safe_load(path.read_text())) for path in WORKFLOWS]
    return [(name, job, declared) for name, workflow in found for job, declared in workflow["jobs"].items()]


def test_a_workflow_may_only_read_unless_a_job_says_more() -> None:
    assert {path.name: yaml.safe_load(path.read_text())["permissions"] for path in WORKFLOWS} == {
        path.name: {"contents": "read"} for path in WORKFLOWS
    }


def test_a_job_writes_no_more_than_it_needs() -> None:
    granted = {
        (workflow, job): {name for name, value in declared.get("permissions", {}).items() if value == "write"}
        for workflow, job, declared in jobs()
    }
    assert {job: writes for job, writes in granted.items() if writes} == WRITES


def test_only_jobs_in_an_environment_are_given_a_token_for_aws() -> None:
    with_token = [each for each in jobs() if "id-token" in each[2].get("permissions", {}) and "uses" not in each[2]]
    assert len(with_token) == 4
    assert all("environment" in declared for _, _, declared in with_token)


def test_a_forks_pull_request_gets_neither_a_token_nor_an_environment() -> None:
    preview = yaml.safe_load((ROOT / ".github/workflows/preview.yml").read_text())
    # YAML 1.1 reads `on` as true. `pull_request_target` would run with the base's rights.
    assert preview[True] == "pull_request"
    for name, declared in preview["jobs"].items():
        own = "github.event.pull_request.head.repo.full_name == github.repository"
        needs_rights = "environment" in declared or declared.get("permissions")
        assert bool(needs_rights) == (name not in {"affected", "sandbox"})
        assert not needs_rights or own in declared["if"] or "account" in declared["needs"]


def test_no_job_puts_what_others_chose_into_a_script() -> None:
    for path in [*WORKFLOWS, *(ROOT / ".github/actions").rglob("action.yml")]:
        text = yaml.safe_load(path.read_text())
        steps = [step for job in text.get("jobs", {"": text.get("runs")}).values() for step in job.get("steps", [])]
        assert all("${{" not in step.get("run", "") for step in steps), path
