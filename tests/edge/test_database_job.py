"""The job on a real PostgreSQL: first and second run, who may read what, TLS, and a new password under load."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
import pytest

from sandbox.control_plane.certificates import Authority
from tests.edge.database_job import DatabaseJob, Login
from tests.edge.postgres_server import PostgresServer
from tests.says import Says

pytestmark = pytest.mark.edge

FIRST, SECOND, THIRD = "first-password-of-thoughts", "second-password-of-thoughts", "third-password-of-thoughts"


@pytest.fixture(scope="module")
def running() -> Generator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture
def server(running: PostgresServer) -> Generator[PostgresServer]:
    """The server, with nothing in it but its administrator."""
    yield running
    with running.owner() as connection:
        for (name,) in connection.execute("select datname from pg_database where datname in ('thoughts', 'users')"):
            connection.execute(f"drop database {name} with (force)")
        for name in ("thoughts", "users"):
            for login in (f"{name}_a", f"{name}_b", name):
                connection.execute(f"drop role if exists {login}")


def connect(server: PostgresServer, login: Login, database: str = "", **more: Any) -> psycopg.Connection[Any]:
    given = {"sslmode": "verify-full", "sslrootcert": str(server.bundle), **more}
    return server.connect(database or login.database, login.user, login.password, **given)


def catalog(server: PostgresServer) -> dict[str, list[Any]]:
    """All rows that say who there is and may what, each with the transaction that wrote it."""
    tables = ("pg_authid", "pg_auth_members", "pg_database", "pg_db_role_setting", "pg_shdescription")
    with server.owner() as connection:
        return {
            table: sorted(connection.execute(f"select xmin::text, {table}::text from {table}").fetchall())
            for table in tables
        }


def test_the_first_run_makes_all_and_the_second_changes_nothing(server: PostgresServer) -> None:
    job = DatabaseJob("thoughts", FIRST)
    before = catalog(server)
    first = job.run(server)
    assert first.exit_code == 0, first.output
    made = catalog(server)
    assert made != before
    with connect(server, job.login) as connection:
        connection.execute("create table thoughts (text text)")
        owners = connection.execute("select tableowner from pg_tables where tablename = 'thoughts'").fetchall()
        assert owners == [("thoughts",)]
        assert connection.pgconn.ssl_in_use
    second = job.run(server)
    assert (second.exit_code, second.output) == (0, "")
    assert catalog(server) == made


def test_a_run_that_was_interrupted_is_ended_by_the_next(server: PostgresServer) -> None:
    job = DatabaseJob("thoughts", FIRST)
    with server.owner() as connection:
        connection.execute("create role thoughts nologin")
        connection.execute("grant thoughts to postgres with admin option")
    assert job.run(server).exit_code == 0
    connect(server, job.login).close()


def test_no_back_end_reads_anothers_database(server: PostgresServer) -> None:
    thoughts, users = DatabaseJob("thoughts", FIRST), DatabaseJob("users", "a-password-of-users")
    for job in (thoughts, users):
        done = job.run(server)
        assert done.exit_code == 0, done.output
    with connect(server, users.login) as connection:
        connection.execute("create table secrets as select 'of users' as text")
    with pytest.raises(psycopg.OperationalError, match='permission denied for database "users"'):
        connect(server, thoughts.login, "users")
    with connect(server, thoughts.login) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("set role users")
    with connect(server, thoughts.login) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("create role backdoor login")


def test_without_tls_nobody_comes_in(server: PostgresServer) -> None:
    job = DatabaseJob("thoughts", FIRST)
    assert job.run(server).exit_code == 0
    with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf .* no encryption"):
        connect(server, job.login, sslmode="disable", sslrootcert="")


def test_a_server_that_another_authority_vouches_for_is_not_believed(server: PostgresServer, tmp_path: Path) -> None:
    job = DatabaseJob("thoughts", FIRST)
    other = Authority(tmp_path, "other").certificate
    refused = job.run(server, bundle=other)
    assert refused.exit_code != 0
    assert "certificate verify failed" in refused.output
    assert job.run(server).exit_code == 0
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        connect(server, job.login, sslrootcert=str(other))


def test_a_server_of_another_name_is_not_believed(server: PostgresServer) -> None:
    job = DatabaseJob("thoughts", FIRST)
    refused = job.run(server, PGHOST="elsewhere.example.com")
    assert refused.exit_code != 0
    assert Says("host name", '"elsewhere.example.com"') == refused.output


def test_no_password_is_in_the_servers_log(server: PostgresServer) -> None:
    job = DatabaseJob("thoughts", FIRST)
    assert job.run(server).exit_code == 0
    log = server.log()
    assert "alter role thoughts_a login password" in log, "the server logs every statement"
    assert FIRST not in log


class Pods:
    """Pods of one version: each writes again and again, by a new connection every time, until it is stopped."""

    def __init__(self, server: PostgresServer, login: Login, count: int = 2) -> None:
        self._server, self._login = server, login
        self._stop = threading.Event()
        self.written, self.failures = 0, list[str]()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._write) for _ in range(count)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _write(self) -> None:
        while not self._stop.is_set():
            try:
                with connect(self._server, self._login) as connection:
                    connection.execute("insert into thoughts values ('written')")
            except psycopg.Error as error:
                with self._lock:
                    self.failures.append(str(error))
            else:
                with self._lock:
                    self.written += 1

    def writes(self, more: int) -> None:
        """Wait until that many more were tried."""
        wanted = self.written + len(self.failures) + more
        while self.written + len(self.failures) < wanted:
            if not any(thread.is_alive() for thread in self._threads):
                raise AssertionError("nobody writes")
            self._stop.wait(0.01)


def test_a_new_password_comes_without_a_failed_write(server: PostgresServer) -> None:
    """As a rollout does it: the job, then new pods beside the old ones, then the old ones leave."""
    job = DatabaseJob("thoughts", FIRST)
    assert job.run(server).exit_code == 0
    with connect(server, job.login) as connection:
        connection.execute("create table thoughts (text text)")
    old: Login | None = None
    written = 0
    pods = Pods(server, job.login)
    for number, password in ((2, SECOND), (3, THIRD)):
        with ExitStack() as rollout:
            leaving = rollout.enter_context(pods)
            leaving.writes(20)
            job = DatabaseJob("thoughts", password, number)
            done = job.run(server)
            assert done.exit_code == 0, done.output
            leaving.writes(20)
            with Pods(server, job.login) as arriving:
                arriving.writes(20)
                leaving.writes(20)
            written += arriving.written
            assert arriving.failures == []
        assert leaving.failures == []
        written += leaving.written
        old, pods = leaving._login, Pods(server, job.login)
    assert written >= 200
    assert job.login.user == "thoughts_a"
    with connect(server, job.login) as connection:
        assert connection.execute("select count(*) from thoughts").fetchone() == (written,)
    assert old is not None
    connect(server, old).close()  # the password before this one is good until the next
    with pytest.raises(psycopg.OperationalError, match=r'password .*"thoughts_a"'):
        connect(server, Login("thoughts_a", FIRST, "thoughts"))


def test_a_password_changed_without_its_version_is_told_and_disturbs_nobody(server: PostgresServer) -> None:
    job = DatabaseJob("thoughts", FIRST)
    assert job.run(server).exit_code == 0
    with connect(server, job.login) as connection:
        connection.execute("create table thoughts (text text)")
    with Pods(server, job.login) as pods:
        pods.writes(10)
        failed = DatabaseJob("thoughts", SECOND).run(server)
        pods.writes(10)
    assert failed.exit_code == 1
    assert Says("thoughts_a", "thoughts", "password", "passwordVersion", "1") in failed.output.splitlines()
    assert SECOND not in failed.output
    assert pods.failures == []


def test_a_login_whose_password_was_changed_at_once_fails_writes(server: PostgresServer) -> None:
    """What the two logins are for: without them, the same load sees failures."""
    job = DatabaseJob("thoughts", FIRST)
    assert job.run(server).exit_code == 0
    with connect(server, job.login) as connection:
        connection.execute("create table thoughts (text text)")
    with Pods(server, job.login) as pods:
        pods.writes(10)
        with server.owner() as connection:
            connection.execute(f"alter role {job.login.user} password '{SECOND}'")
        pods.writes(10)
    assert pods.failures
