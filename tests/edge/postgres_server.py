"""A real PostgreSQL with TLS only, on a free port of loopback, whose administrator may what one of RDS's may.

with PostgresServer("localhost") as server:
    server.connect("shop", "shop_a", "password", sslmode="verify-full")
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from sandbox.control_plane.certificates import Authority
from sandbox.loopback_ports import LOOPBACK, free_port

ADMINISTRATOR, ADMINISTRATOR_PASSWORD = "postgres", "thrown-away-by-the-test"

_START_LIMIT = 60.0
# Who owns everything, as RDS's own `rdsadmin` does; nobody logs in as it but through the socket.
_OWNER = "rdsadmin"
# PostgreSQL refuses to run as root; whoever is somebody else runs it as that.
_USER = "nobody"


def postgres_programs() -> Path:
    """The directory of the newest PostgreSQL, 15 at least."""
    found = [each for each in Path("/usr/lib/postgresql").glob("*/bin") if (each / "initdb").exists()]
    assert found, "install a PostgreSQL server first (Debian: postgresql)"
    newest = max(found, key=lambda each: int(each.parent.name))
    assert int(newest.parent.name) >= 15
    return newest


class PostgresServer:
    """One server, from `with` to its end.

    Args:
        name: the host name in its certificate; `localhost` is the one that clients reach it by
    """

    def __init__(self, name: str = "localhost") -> None:
        self.port = free_port()
        self.programs = postgres_programs()
        # Not in pytest's own directory, which is nobody's but the user's: PostgreSQL refuses to run as root.
        self.directory = Path(tempfile.mkdtemp(prefix="slipway-postgres-"))
        self._name = name
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bundle(self) -> Path:
        """The authority that signed its certificate."""
        return self.directory / "authority.crt"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._end()

    def _start(self) -> None:
        self.directory.chmod(0o755)
        pair = Authority(self.directory, "authority").server("server", (self._name,))
        data = self.directory / "data"
        if os.getuid() == 0:
            owner = pwd.getpwnam(_USER)
            for each in (self.directory, pair.key):
                os.chown(each, owner.pw_uid, owner.pw_gid)
        self._run(
            "initdb",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "--username",
            _OWNER,
            "--auth",
            "trust",
            "--no-sync",
            "--pgdata",
            str(data),
        )
        (data / "pg_hba.conf").write_text(
            f"local all {_OWNER} trust\nhostssl all all {LOOPBACK}/32 scram-sha-256\n"  # as rds.force_ssl has it
        )
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": str(self.directory),
            "ssl": "on",
            "ssl_cert_file": str(pair.certificate),
            "ssl_key_file": str(pair.key),
            "log_statement": "all",
            "fsync": "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(data), *options],
                stdout=log,
                stderr=log,
                cwd=self.directory,
                **_as_user(),
            )
        deadline = time.monotonic() + _START_LIMIT
        while True:
            try:
                with self.owner() as connection:
                    connection.execute(
                        f"create role {ADMINISTRATOR} login createdb createrole password '{ADMINISTRATOR_PASSWORD}'"
                    )
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None, self.log()
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.1)

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [str(self.programs / program), *words],
            cwd=self.directory,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
            **_as_user(),
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # ends all sessions
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def log(self) -> str:
        """All that the server has logged, every statement included."""
        return (self.directory / "log").read_text()

    def owner(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """A superuser's connection, to look at what is there."""
        return psycopg.connect(host=str(self.directory), port=self.port, user=_OWNER, dbname=database, autocommit=True)

    def connect(self, database: str, user: str, password: str, **more: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """A client's connection; TLS and what it believes are the caller's to say."""
        return psycopg.connect(
            host="localhost",
            hostaddr=LOOPBACK,
            port=self.port,
            dbname=database,
            user=user,
            password=password,
            connect_timeout=10,
            **more,
        )


def _as_user() -> dict[str, Any]:
    if os.getuid() != 0:
        return {}
    return {"user": _USER, "group": pwd.getpwnam(_USER).pw_gid, "extra_groups": []}
