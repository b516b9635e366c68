"""Runs the jobs of a workflow as GitHub's runner would, as far as these workflows need it.

Every `run:` step is executed with the shell and the variables that GitHub gives it
(https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell), in a clone of
the repository. Actions of others are not run: artifacts are kept in a directory, a checkout, Python, Pulumi and
credentials are there already. An expression or a condition that is not known here fails the test.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_LIMIT = 900
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_THERE_ALREADY = (
    "actions/checkout@",
    "actions/setup-python@",
    "pulumi/actions@",
    "aws-actions/configure-aws-credentials@",
)


@dataclass
class Ran:
    """What one job did.

    Attributes:
        failed: the name of the first step that failed
        output: what all steps wrote, with their names
        outputs: those of each step, by its id and name
        summary: what stands on the run's page
        steps: the names of the `run:` steps that were executed
    """

    failed: str | None = None
    output: str = ""
    outputs: dict[str, str] = field(default_factory=dict[str, str])
    summary: str = ""
    steps: list[str] = field(default_factory=list[str])


class WorkflowRunner:
    """A clone with the workflows, and what stands around a job.

    Args:
        clone: the repository as checked out
        directory: for artifacts and the runner's own files
        variables: of every step: PATH, HOME, GITHUB_API_URL, ...
        definitions: where .github is, if not in the clone
        done: local actions that have been carried out already, such as `./.github/actions/setup`
    """

    def __init__(
        self,
        clone: Path,
        directory: Path,
        variables: dict[str, str],
        definitions: Path | None = None,
        done: Sequence[str] = (),
    ) -> None:
        self.clone, self.directory, self.variables = clone, directory, variables
        self._definitions = clone if definitions is None else definitions
        self._done = done
        self.artifacts = directory / "artifacts"
        self.artifacts.mkdir(parents=True)

    def run(self, workflow: str, job: str, context: Mapping[str, str]) -> Ran:
        """Run one job.

        Args:
            workflow: the file in .github/workflows
            job: its key
            context: what expressions stand for, such as `matrix.stack`
        """
        text = (self._definitions / ".github/workflows" / workflow).read_text()
        declared: dict[str, Any] = yaml.safe_load(text)["jobs"][job]
        ran = Ran()
        environment = self._environment(declared.get("env", {}), context)
        self._steps(declared["steps"], context, environment, ran)
        ran.summary = self._file("summary").read_text()
        for name in ("summary", "output", "path"):
            self._file(name).unlink()
        return ran

    def _steps(
        self, steps: list[dict[str, Any]], context: Mapping[str, str], environment: dict[str, str], ran: Ran
    ) -> None:
        for step in steps:
            known = {**context, **{f"steps.{name}": value for name, value in ran.outputs.items()}}
            if not self._is_due(step.get("if"), known, ran):
                continue
            if "run" in step:
                self._script(step, known, environment, ran)
            elif step["uses"] in self._done:
                continue
            elif step["uses"].startswith("./"):
                action = yaml.safe_load((self._definitions / step["uses"] / "action.yml").read_text())
                inputs = {f"inputs.{key}": self._fill(value, known) for key, value in step.get("with", {}).items()}
                self._steps(action["runs"]["steps"], {**known, **inputs}, environment, ran)
            else:
                self._foreign(step, known)

    def _script(self, step: dict[str, Any], context: Mapping[str, str], environment: dict[str, str], ran: Ran) -> None:
        name = step["name"]
        assert "${{" not in step["run"], f"{name}: what others may choose must not become part of a script"
        script = self.directory / "script.sh"
        script.write_text(step["run"])
        # What `bash` means where it is named, and what is taken where no shell is.
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail"] if step.get("shell") == "bash" else ["bash", "-e"]
        path = os.pathsep.join([*reversed(self._file("path").read_text().split()), environment["PATH"]])
        done = subprocess.run(
            [*shell, str(script)],
            cwd=self.clone,
            env={**environment, **self._environment(step.get("env", {}), context, {}), "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LIMIT,
            check=False,
        )
        print(f"{name}: {done.returncode}", flush=True)
        ran.steps.append(name)
        ran.output += f"--- {name}: {done.returncode}\n{done.stdout}"
        if done.returncode != 0 and ran.failed is None:
            ran.failed = name
        if "id" in step:
            ran.outputs[f"{step['id']}.outcome"] = "success" if done.returncode == 0 else "failure"
            for line in self._file("output").read_text().splitlines():
                key, _, value = line.partition("=")
                ran.outputs[f"{step['id']}.outputs.{key}"] = value
            self._file("output").write_text("")

    def _foreign(self, step: dict[str, Any], context: Mapping[str, str]) -> None:
        given = {key: self._fill(value, context) for key, value in step.get("with", {}).items()}
        if step["uses"].startswith("actions/upload-artifact@"):
            source = self.clone / given["path"]
            if source.exists():
                (self.artifacts / given["name"]).mkdir(exist_ok=True)
                shutil.copy(source, self.artifacts / given["name"])
        elif step["uses"].startswith("actions/download-artifact@"):
            target = self.clone / given["path"]
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            for artifact in self.artifacts.glob(given["pattern"]):
                shutil.copytree(artifact, target, dirs_exist_ok=True)
        else:
            assert step["uses"].startswith(_THERE_ALREADY), step["uses"]

    def _is_due(self, condition: str | None, context: Mapping[str, str], ran: Ran) -> bool:
        match condition:
            case None:
                return ran.failed is None
            case "always()":
                return True
            case "cancelled()":
                return False
            case "failure() && steps.drift.outcome == 'failure'":
                return ran.failed is not None and context.get("steps.drift.outcome") == "failure"
            case "steps.branch.outputs.pushed == 'true'":
                return ran.failed is None and context.get("steps.branch.outputs.pushed") == "true"
            case "hashFiles(format('base/Pulumi.{0}.yaml', matrix.stack)) != ''":
                return ran.failed is None and (self.clone / f"base/Pulumi.{context['matrix.stack']}.yaml").exists()
            case _:
                raise AssertionError(f"unknown condition: {condition}")

    def _environment(
        self, declared: Mapping[str, Any], context: Mapping[str, str], base: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        files = {
            "GITHUB_STEP_SUMMARY": str(self._file("summary")),
            "GITHUB_OUTPUT": str(self._file("output")),
            "GITHUB_PATH": str(self._file("path")),
        }
        own = {key: self._fill(value, context) for key, value in declared.items()}
        return {**(self.variables if base is None else base), **files, **own}

    def _file(self, name: str) -> Path:
        path = self.directory / name
        path.touch()
        return path

    @staticmethod
    def _fill(value: Any, context: Mapping[str, str]) -> str:
        return _EXPRESSION.sub(lambda found: context[found[1]], str(value))
