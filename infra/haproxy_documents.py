"""The two Systems Manager commands of a fleet: go on with a new configuration, and talk to HAProxy's runtime API.

Nobody logs in to a machine. Who may use these is a question of IAM, and each use stands in CloudTrail.
https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html (2.2)
"""

from typing import Any

from infra.haproxy_configuration import NEW_SERVER, OLD_SERVER, Place, back_end
from infra.haproxy_script import SCRIPT_PATH

MASTER_SOCKET = "/run/haproxy/master.sock"
"""The master's own, which alone knows the workers."""

_SHOW = "show (stat|info|servers state|proc)"
_SERVER = f"{back_end('[a-z][-a-z0-9]{0,39}')}/({NEW_SERVER}|{OLD_SERVER})"
_WEIGHT = "weight (25[0-6]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_COMMAND = f"({_SHOW}|set server {_SERVER} ({_WEIGHT}|state (ready|drain|maint)))"
RUNTIME_COMMANDS_PATTERN = f"^{_COMMAND}(;{_COMMAND})*$"
"""Look, and move or switch a side; nothing that ends HAProxy, and nothing that a shell could take for more.

https://docs.haproxy.org/2.6/management.html#9.3
"""

# A boot that is under way has the script soon; one that failed never has.
_BOOT_SECONDS = 600
_APPLY_SECONDS = 900
_RUNTIME_SECONDS = 30

_RUNTIME = f"""\
python3 - '{{{{ commands }}}}' <<'ASK'
import base64, gzip, socket, sys
def answer(command):
    path = "{MASTER_SOCKET}" if command == "show proc" else "{{socket}}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        connection.connect(path)
        connection.sendall(command.encode() + b"\\n")
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))
answers = b"".join(answer(command) for command in sys.argv[1].split(";"))
print(base64.b64encode(gzip.compress(answers)).decode())
ASK"""


def apply_document() -> dict[str, Any]:
    """Go on with the configuration of this SHA-256. A machine that has it already does nothing."""
    return _command_document(
        "Let HAProxy go on with the configuration of the stack's bucket.",
        {
            "sha256": {
                "type": "String",
                "description": "The SHA-256 of that configuration",
                "allowedPattern": "^[0-9a-f]{64}$",
            }
        },
        [
            "set -eu",
            # State Manager also runs this on a machine that has just come and is still being set up.
            f"for second in $(seq {_BOOT_SECONDS}); do [ -x {SCRIPT_PATH} ] && break; sleep 1; done",
            f"exec {SCRIPT_PATH} '{{{{ sha256 }}}}'",
        ],
        _APPLY_SECONDS,
    )


def runtime_document() -> dict[str, Any]:
    """Give HAProxy some commands, joined by `;`, and print what it answers: each answer ends with an empty line.

    Packed by gzip and base64, because "the first 24,000 characters" are all that is handed on.
    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html
    """
    return _command_document(
        "Ask HAProxy's runtime API; the answer is gzip in base64.",
        {
            "commands": {
                "type": "String",
                "description": "Commands of HAProxy's runtime API, joined by ;",
                "allowedPattern": RUNTIME_COMMANDS_PATTERN,
            }
        },
        ["set -eu", *_RUNTIME.replace("{socket}", Place(front_cidrs=()).socket).splitlines()],
        _RUNTIME_SECONDS,
    )


def _command_document(
    description: str, parameters: dict[str, Any], commands: list[str], seconds: int
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html"""
    return {
        "schemaVersion": "2.2",
        "description": description,
        "parameters": parameters,
        "mainSteps": [
            {
                "action": "aws:runShellScript",
                "name": "haproxy",
                "inputs": {"timeoutSeconds": str(seconds), "runCommand": commands},
            }
        ],
    }
