"""Pulumi's command line, as the commands of this package run it."""

import json
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.refusal import Refusal

DEFAULT_WORDS = "pulumi"


@dataclass(frozen=True)
class PulumiCommand:
    """How `pulumi` is called, and in which project.

    Attributes:
        words: what to run, such as `("pulumi",)`; a wrapper that takes the same words will do
        project: the directory with `Pulumi.yaml`
    """

    words: Sequence[str]
    project: Path

    @classmethod
    def of(cls, text: str, project: Path) -> "PulumiCommand":
        """The command that a person typed for `--pulumi`.

        Raises:
            Refusal: there is no such program, or no project in that directory.
        """
        words = shlex.split(text)
        if not words or shutil.which(words[0]) is None:
            raise Refusal(f"--pulumi {text!r}: there is no such program; install Pulumi or say how it is called here")
        if not (project / "Pulumi.yaml").is_file():
            raise Refusal(f"{project} holds no Pulumi.yaml; run this in the project's directory")
        return cls(tuple(words), project)

    def stack_file(self, stack: str) -> Path:
        """The stack's settings.

        Raises:
            Refusal: there are none.
        """
        path = self.project / f"Pulumi.{stack}.yaml"
        if not path.is_file():
            known = sorted(each.name.split(".")[1] for each in self.project.glob("Pulumi.*.yaml"))
            raise Refusal(f"there is no stack {stack}: {path.name} is missing; expected one of {', '.join(known)}")
        return path

    def outputs(self, stack: str) -> Mapping[str, Any]:
        """What the stack exported when it was last brought up; secrets are masked.

        Raises:
            Refusal: Pulumi does not answer, with its own words.
        """
        done = self._run(["stack", "output", "--json", "--stack", stack], capture=True)
        if done.returncode != 0:
            raise Refusal(f"pulumi does not tell the outputs of {stack}: {_last_words(done.stderr)}")
        outputs: Mapping[str, Any] = json.loads(done.stdout)
        return outputs

    def secret_output(self, stack: str, name: str) -> str:
        """One output of the stack as it is, also where it is a secret.

        Raises:
            Refusal: Pulumi does not answer, with its own words.
        """
        done = self._run(["stack", "output", name, "--show-secrets", "--stack", stack], capture=True)
        if done.returncode != 0:
            raise Refusal(f"pulumi does not tell the output {name} of {stack}: {_last_words(done.stderr)}")
        return done.stdout

    def up(self, stack: str, *, yes: bool) -> int:
        """Bring the stack up, on this terminal; gives back Pulumi's exit code.

        Args:
            stack: which
            yes: without asking; else Pulumi shows the changes and asks
        """
        words = ["up", "--stack", stack, *(["--yes", "--skip-preview"] if yes else [])]
        return self._run(words, capture=False).returncode

    def _run(self, words: Sequence[str], *, capture: bool) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*self.words, *words], cwd=self.project, capture_output=capture, text=True, check=False)


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it says nothing"
