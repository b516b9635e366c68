"""What a machine of the fleet does at its first boot, as the text of its user data.

Nothing in it changes with a weight: a new text means new machines, one after the other. The configuration comes from
the stack's bucket, by the script of `infra/haproxy_script.py`.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from infra.haproxy_configuration import Place, hard_stop_seconds
from infra.haproxy_documents import MASTER_SOCKET
from infra.haproxy_script import SCRIPT_PATH, apply_configuration_script
from infra.shutdown import ShutdownTimes

_LOG = "/var/log/haproxy/haproxy.log"
_AGENT = "/opt/aws/amazon-cloudwatch-agent"
_SCRAPE = f"{_AGENT}/etc/haproxy-prometheus.yaml"
# Graviton is told by a g behind the generation, such as m7g or c7gn; a1 was the first.
# https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
_GRAVITON = re.compile(r"(a1|[a-z]+[0-9]+[a-z]*g[a-z]*)\..+")

# https://github.com/haproxy/haproxy/blob/master/addons/promex/README
METRICS = (
    "haproxy_server_http_responses_total",
    "haproxy_server_connection_errors_total",
    "haproxy_server_response_time_average_seconds",
    "haproxy_server_current_queue",
    "haproxy_backend_active_servers",
)
"""What goes to CloudWatch, which is paid by the metric: how each side answers, and how many sides are left."""


@dataclass(frozen=True)
class Machine:
    """What a machine has to know.

    Attributes:
        bucket: where its configuration is
        key: of its object there
        region: the stack's
        log_group: of HAProxy's log
        metric_log_group: of its metrics, which CloudWatch reads out of log events
        namespace: of these metrics
        shutdown: the stack's times
    """

    bucket: str
    key: str
    region: str
    log_group: str
    metric_log_group: str
    namespace: str
    shutdown: ShutdownTimes


def image_parameter(instance_type: str) -> str:
    """Amazon Linux 2023 for that type: the newest image at each start of a machine.

    https://docs.aws.amazon.com/linux/al2023/ug/ec2.html, and for a parameter in a launch template
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html
    """
    architecture = "arm64" if _GRAVITON.fullmatch(instance_type) else "x86_64"
    return f"resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}"


def user_data(machine: Machine) -> str:
    """The script that a machine runs at its first boot. https://docs.aws.amazon.com/linux/al2023/ug/al2023-ec2.html"""
    files = {
        "/etc/systemd/system/haproxy.service.d/slipway.conf": _unit(machine.shutdown),
        "/etc/systemd/system/logrotate.timer.d/slipway.conf": _HOURLY,
        "/etc/logrotate.d/haproxy": _ROTATION,
        _SCRAPE: _SCRAPE_CONFIGURATION,
        f"{_AGENT}/etc/slipway.json": json.dumps(_agent(machine), indent=1) + "\n",
        str(SCRIPT_PATH): apply_configuration_script(machine.bucket, machine.key, machine.region),
    }
    return "\n".join([_INSTALL, *(_written(path, text) for path, text in files.items()), _START])


_INSTALL = r"""#!/bin/bash
# Made by Slipway.
set -euo pipefail
again() {
  for try in $(seq 30); do
    "$@" && return
    sleep 5
  done
  echo "slipway: gave up: $*" >&2
  return 1
}
again dnf install -y haproxy amazon-cloudwatch-agent logrotate
mkdir -p /var/log/haproxy /var/lib/haproxy
"""

_START = rf"""
chmod 700 {SCRIPT_PATH}
systemctl daemon-reload
systemctl restart logrotate.timer
systemctl enable haproxy
again {SCRIPT_PATH}
{_AGENT}/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:{_AGENT}/etc/slipway.json
"""


def _written(path: str, text: str) -> str:
    return f"mkdir -p \"$(dirname '{path}')\"\ncat >'{path}' <<'END_OF_FILE'\n{text}END_OF_FILE\n"


def _unit(shutdown: ShutdownTimes) -> str:
    """What differs from the package's own unit.

    USR1 lets HAProxy end what it has; who stops it waits as long as that may take.
    https://docs.haproxy.org/2.6/management.html#4
    """
    configuration = "/etc/haproxy/haproxy.cfg"
    return f"""\
[Service]
ExecStartPre=
ExecStart=
ExecStart=/usr/sbin/haproxy -Ws -f {configuration} -p /run/haproxy/haproxy.pid -S {MASTER_SOCKET}
ExecReload=
ExecReload=/usr/sbin/haproxy -c -q -f {configuration}
ExecReload=/bin/kill -USR2 $MAINPID
Type=notify
KillMode=mixed
KillSignal=SIGUSR1
TimeoutStopSec={hard_stop_seconds(shutdown)}
Restart=always
RestartSec=1
LimitNOFILE=1048576
RuntimeDirectory=haproxy
RuntimeDirectoryMode=0750
StandardOutput=append:{_LOG}
StandardError=append:{_LOG}
"""


# A day of a busy fleet would fill the disk.
_HOURLY = "[Timer]\nOnCalendar=\nOnCalendar=hourly\nRandomizedDelaySec=0\n"
# HAProxy goes on writing to the file that it has, so that one is emptied and not moved away.
_ROTATION = f"{_LOG} {{\n    size 50M\n    rotate 2\n    copytruncate\n    missingok\n    notifempty\n}}\n"
_SCRAPE_CONFIGURATION = f"""\
global:
  scrape_interval: 1m
  scrape_timeout: 10s
scrape_configs:
  - job_name: haproxy
    metrics_path: /metrics
    params: {{scope: [server, backend]}}
    static_configs:
      - targets: ['127.0.0.1:{Place(front_cidrs=()).statistics_port}']
"""


def _agent(machine: Machine) -> dict[str, Any]:
    """The CloudWatch agent: one log, and a few metrics of HAProxy's own exporter.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-PrometheusEC2.html
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
    """
    log = {"file_path": _LOG, "log_group_name": machine.log_group, "log_stream_name": "{instance_id}"}
    return {
        "agent": {"region": machine.region},
        "logs": {
            "logs_collected": {"files": {"collect_list": [log]}},
            "metrics_collected": {
                "prometheus": {
                    "log_group_name": machine.metric_log_group,
                    "prometheus_config_path": _SCRAPE,
                    "emf_processor": {
                        "metric_namespace": machine.namespace,
                        "metric_declaration_dedup": True,
                        "metric_declaration": [_declaration(name) for name in METRICS],
                    },
                }
            },
        },
    }


def _declaration(metric: str) -> dict[str, Any]:
    """Without a dimension for the machine: what counts is how the two sides do."""
    back_end = metric.startswith("haproxy_backend")
    dimensions = ["proxy"] if back_end else ["proxy", "server"]
    coded = [*dimensions, "code"] if metric.endswith("responses_total") else dimensions
    return {
        "source_labels": ["job"],
        "label_matcher": "^haproxy$",
        "dimensions": [coded],
        "metric_selectors": [f"^{metric}$"],
    }
