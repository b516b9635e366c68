"""Stands in for the AWS command line where Pulumi's own EKS and Kubernetes providers call it.

With `--real eks,kubernetes` those providers run `aws --version`; through a kubeconfig they, the sandbox's own
Kubernetes provider and `kubectl` run `aws eks get-token`. Nothing else is answered. It is run as a file, whose first
word is where the token lies, and uses the standard library only.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

# At least 1.16.156 is what pulumi-eks asks for.
_VERSION = "aws-cli/2.17.0 Python/3.11.0 Linux/6.1 exe/x86_64"
_VALUE_OPTIONS = frozenset(("--region", "--cluster-name", "--output", "--role", "--role-arn", "--profile"))
_LIFETIME = timedelta(minutes=14)


def answer(words: list[str], now: datetime, token: str) -> str | None:
    """What `aws` prints for `words`; None for what this stand-in does not know.

    Args:
        words: those after `aws`
        now: when the token's life begins
        token: what the local control planes let in
    """
    if words == ["--version"]:
        return _VERSION
    options: dict[str, str] = {}
    verbs: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in _VALUE_OPTIONS:
            options[word] = next(rest, "")
        else:
            verbs.append(word)
    if verbs != ["eks", "get-token"] or "--cluster-name" not in options:
        return None
    # A real token is a signed address. https://docs.aws.amazon.com/cli/latest/reference/eks/get-token.html
    credential = {
        "kind": "ExecCredential",
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "spec": {},
        "status": {
            "expirationTimestamp": (now + _LIFETIME).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "token": token,
        },
    }
    return json.dumps(credential)


def main(words: list[str]) -> int:
    """Print the answer to the words after the token's file; gives back the exit code."""
    file, words = Path(words[0]), words[1:]
    # Without a control plane nobody looks at it.
    token = file.read_text().strip() if file.exists() else "k8s-aws-v1.nobody"
    text = answer(words, datetime.now(timezone.utc), token)  # noqa: UP017  # any Python 3 may run this
    if text is None:
        print(f"aws: the sandbox's stand-in does not know `aws {' '.join(words)}`", file=sys.stderr)
        return 252  # the real command's code for what it cannot parse
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
