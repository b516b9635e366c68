"""The job that makes a back end's database, as the program declares it, run against a PostgreSQL on this machine."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pulumi.runtime import rpc

from tests.edge.postgres_server import ADMINISTRATOR_PASSWORD, PostgresServer
from tests.program.recorded_graph import Graph, record
from tests.stack_values import stack_config

JOB = "kubernetes:batch/v1:Job"
_DIRECTORY = "/etc/slipway/sql/"


@dataclass(frozen=True)
class Login:
    """What the pods of a back end have in their environment."""

    user: str
    password: str
    database: str


@dataclass(frozen=True)
class Run:
    """What a job did: its exit code, and all that it wrote."""

    exit_code: int
    output: str


class DatabaseJob:
    """The job of one service of prod, with its settings and password changed.

    Args:
        service: the service's name
        password: of its database
        version: of the password
    """

    def __init__(self, service: str, password: str, version: int = 1) -> None:
        self._graph = _declared(service, password, version)
        spec = self._graph.one(JOB, f"slipway-prod-{service}-database").inputs["spec"]["template"]["spec"]
        (self.container,) = spec["containers"]
        deployment = self._graph.one("kubernetes:apps/v1:Deployment", f"slipway-prod-{service}-deployment")
        pod = _environment(self._graph, deployment.inputs["spec"]["template"]["spec"]["containers"][0])
        self.login = Login(pod["POSTGRES_USER"], pod["POSTGRES_PASSWORD"], pod["POSTGRES_DB"])

    def run(self, server: PostgresServer, bundle: Path | None = None, **more: str) -> Run:
        """Run what the container runs, its server being this one, and its files those that its ConfigMap has."""
        environment = {
            **_environment(self._graph, self.container),
            "PGHOST": "localhost",
            "PGHOSTADDR": "127.0.0.1",
            "PGPORT": str(server.port),
            "PGSSLROOTCERT": str(bundle or server.bundle),
            "PATH": f"{server.programs}:{os.environ['PATH']}",
            **more,
        }
        (sql,) = [each for each in self._graph.of("kubernetes:core/v1:ConfigMap") if each.name.endswith("thoughts-sql")]
        directory = server.directory / "job"
        directory.mkdir(exist_ok=True)
        for name, text in sql.inputs["data"].items():
            (directory / name).write_text(text)
        command = [word.replace(_DIRECTORY, f"{directory}/") for word in self.container["command"]]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        return Run(done.returncode, done.stdout + done.stderr)


@cache
def _declared(service: str, password: str, version: int) -> Graph:
    config = stack_config("prod")
    config["slipway:database"]["administrator"]["password"] = ADMINISTRATOR_PASSWORD
    config["slipway:databasePasswords"][service] = password
    config["slipway:services"][service]["database"]["passwordVersion"] = version
    return record("prod", config)


def _environment(graph: Graph, container: dict[str, Any]) -> dict[str, str]:
    """A container's variables, with what its Secrets hold."""
    secrets = {
        f"{each.name}-1a2b3c4d": _revealed(each.inputs["stringData"]) for each in graph.of("kubernetes:core/v1:Secret")
    }
    found: dict[str, str] = {}
    for variable in container["env"]:
        if "value" in variable:
            found[variable["name"]] = variable["value"]
        else:
            source = variable["valueFrom"]["secretKeyRef"]
            found[variable["name"]] = secrets[source["name"]][source["key"]]
    return found


def _revealed(value: Any) -> Any:
    return rpc.unwrap_rpc_secret(value) if rpc.is_rpc_secret(value) else value
