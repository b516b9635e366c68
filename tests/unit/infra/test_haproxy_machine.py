"""What a machine runs: its first boot, the script that takes a configuration, the commands of Systems Manager."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.haproxy_configuration import back_end, hard_stop_seconds
from infra.haproxy_documents import MASTER_SOCKET, RUNTIME_COMMANDS_PATTERN, apply_document, runtime_document
from infra.haproxy_machine import METRICS, Machine, user_data
from infra.haproxy_role import machine_policy
from infra.haproxy_script import SCRIPT_PATH, apply_configuration_script
from infra.shutdown import ShutdownTimes
from tests.haproxy_stack_file import PASSWORD_HASH

pytestmark = pytest.mark.unit

SHUTDOWN = ShutdownTimes(30)
MACHINE = Machine(
    bucket="slipway-dev-haproxy-1234567",
    key="haproxy.cfg",
    region="us-west-2",
    log_group="/slipway/slipway-dev/haproxy",
    metric_log_group="/slipway/slipway-dev/haproxy-metrics",
    namespace="Slipway/slipway-dev",
    shutdown=SHUTDOWN,
)


def written(path: str) -> str:
    """The text that the first boot writes to a file."""
    found = re.search(
        rf"^cat >'{re.escape(path)}' <<'END_OF_FILE'\n(.*?)^END_OF_FILE$", user_data(MACHINE), re.M | re.S
    )
    assert found is not None
    return found[1]


def agent() -> dict[str, Any]:
    return json.loads(written("/opt/aws/amazon-cloudwatch-agent/etc/slipway.json"))


@pytest.mark.parametrize("text", [user_data(MACHINE), apply_configuration_script("bucket", "key", "us-west-2")])
def test_bash_reads_it(text: str, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    script = tmp_path / "script"
    script.write_text(text)
    assert subprocess.run([bash, "-n", script], capture_output=True, text=True, check=False).stderr == ""
    assert text.startswith("#!/bin/bash\n")
    assert "set -euo pipefail" in text


def test_user_data_has_room_and_holds_no_secret() -> None:
    text = user_data(MACHINE)
    assert len(text) < 16384, "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html"
    assert "password" not in text
    assert PASSWORD_HASH not in text


def test_the_script_is_the_one_that_the_command_runs() -> None:
    assert written(str(SCRIPT_PATH)) == apply_configuration_script(MACHINE.bucket, MACHINE.key, MACHINE.region)
    commands = apply_document()["mainSteps"][0]["inputs"]["runCommand"]
    assert commands[-1] == f"exec {SCRIPT_PATH} '{{{{ sha256 }}}}'"


def test_the_script_looks_before_it_leaps() -> None:
    text = apply_configuration_script("b", "k", "us-west-2")
    order = ["aws s3 cp", "sha256sum", "haproxy -c -f", "show servers state", "systemctl reload", "wait_for_worker ||"]
    places = [text.index(word) for word in order]
    assert places == sorted(places)
    assert text.index("haproxy -c -f") < text.index('mv "$new" "$configuration"\nif $running')


def test_haproxy_is_stopped_softly_and_has_the_time() -> None:
    unit = written("/etc/systemd/system/haproxy.service.d/slipway.conf").splitlines()
    assert "KillSignal=SIGUSR1" in unit
    assert f"TimeoutStopSec={hard_stop_seconds(SHUTDOWN)}" in unit
    assert "ExecReload=/bin/kill -USR2 $MAINPID" in unit
    (start,) = [line for line in unit if line.startswith("ExecStart=/")]
    assert start.endswith(f"-S {MASTER_SOCKET}")
    assert "ExecStart=" in unit, "else systemd adds ours to the package's own"


def test_one_log_and_few_metrics_leave_the_machine() -> None:
    logs = agent()["logs"]
    (file,) = logs["logs_collected"]["files"]["collect_list"]
    assert (file["log_group_name"], file["log_stream_name"]) == (MACHINE.log_group, "{instance_id}")
    assert f"StandardOutput=append:{file['file_path']}" in written("/etc/systemd/system/haproxy.service.d/slipway.conf")
    prometheus = logs["metrics_collected"]["prometheus"]
    assert prometheus["log_group_name"] == MACHINE.metric_log_group
    assert "127.0.0.1:8001" in written(prometheus["prometheus_config_path"])
    declared = prometheus["emf_processor"]["metric_declaration"]
    assert [each["metric_selectors"] for each in declared] == [[f"^{name}$"] for name in METRICS]
    assert set(agent()) == {"agent", "logs"}, "no metrics of the machine itself: EC2 has those"


def test_a_machine_may_read_one_object_and_write_two_logs() -> None:
    statements = machine_policy("arn:aws:s3:::b/haproxy.cfg", ["arn:one", "arn:two"])["Statement"]
    assert [(each["Action"], each["Resource"]) for each in statements] == [
        (["s3:GetObject"], ["arn:aws:s3:::b/haproxy.cfg"]),
        (["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], ["arn:one:*", "arn:two:*"]),
    ]


@pytest.mark.parametrize("document", [apply_document(), runtime_document()])
def test_a_command_takes_one_bounded_parameter(document: dict[str, Any]) -> None:
    (name, parameter), *others = document["parameters"].items()
    assert not others
    assert parameter["allowedPattern"].startswith("^")
    assert parameter["allowedPattern"].endswith("$")
    (step,) = document["mainSteps"]
    lines = step["inputs"]["runCommand"]
    assert len([line for line in lines if f"'{{{{ {name} }}}}'" in line]) == 1, "in single quotes, once"
    assert int(step["inputs"]["timeoutSeconds"]) > 0


SERVER = f"set server {back_end('frontend')}"


@pytest.mark.parametrize(
    "commands",
    [
        "show stat",
        "show stat;show servers state",
        "show info;show proc",
        f"{SERVER}/aws weight 0",
        f"{SERVER}/old weight 256",
        f"{SERVER}/aws state maint;{SERVER}/aws state ready;{SERVER}/aws state drain",
    ],
)
def test_what_an_operator_needs_is_allowed(commands: str) -> None:
    assert re.search(RUNTIME_COMMANDS_PATTERN, commands)


@pytest.mark.parametrize(
    "commands",
    [
        "",
        "show sess",
        "shutdown sessions server service-frontend/aws",
        "disable frontend site",
        "show stat;",
        "show stat;;show info",
        "show stat' ; reboot '",
        "show stat; show env",
        "show stat\nshow env",
        f"{SERVER}/aws weight 257",
        f"{SERVER}/aws weight 05",
        f"{SERVER}/aws addr 203.0.113.1",
        f"{SERVER}/web state maint",
        "set server statistics/aws state maint",
    ],
)
def test_nothing_else_is(commands: str) -> None:
    assert not re.fullmatch(RUNTIME_COMMANDS_PATTERN, commands)


def test_the_answer_is_printed_packed() -> None:
    text = "\n".join(runtime_document()["mainSteps"][0]["inputs"]["runCommand"])
    assert "base64.b64encode(gzip.compress(answers))" in text
