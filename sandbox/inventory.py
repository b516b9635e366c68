"""What exists in the pretended account, kept in one SQLite file apart from Pulumi's state.

Every change is one transaction in write-ahead mode, so a process killed half-way leaves a whole record or none.
Secrets are kept as keyed digests only: enough to see that one changed, not enough to read it.
"""

import contextlib
import hashlib
import hmac
import json
import secrets
import sqlite3
import threading
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sandbox.values import Secret, is_list, is_map, revealed, with_path

DIGEST_KEY: Final = "$hmac-sha256"
"""The only key of the object that stands where a secret was."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS records (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    provider TEXT NOT NULL, type TEXT NOT NULL, scope TEXT NOT NULL, id TEXT NOT NULL,
    arn TEXT NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL,
    inputs TEXT NOT NULL, outputs TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL,
    UNIQUE (provider, type, scope, id)
);
CREATE INDEX IF NOT EXISTS records_by_arn ON records (arn);
CREATE INDEX IF NOT EXISTS records_by_id ON records (id);
CREATE INDEX IF NOT EXISTS records_by_owner ON records (owner);
"""

_SELECT: Final = (
    "SELECT position, provider, type, scope, id, arn, name, owner, inputs, outputs, created, updated FROM records"
)


@dataclass(frozen=True)
class Record:
    """One thing that exists.

    Attributes:
        provider: `aws` or `kubernetes`.
        type: the Pulumi type token, such as `aws:ec2/vpc:Vpc`.
        id: the id the engine knows it by.
        scope: the region, the cluster of a Kubernetes object, or empty for what is global.
        owner: for things AWS made by itself, `type|id` of the thing they go with; else empty.
        position: the order of creation, from 1; 0 before it is stored.
        created: when, as an ISO 8601 time in UTC.
    """

    provider: str
    type: str
    id: str
    name: str = ""
    arn: str = ""
    scope: str = ""
    owner: str = ""
    inputs: dict[str, Any] = field(default_factory=dict[str, Any])
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    position: int = 0
    created: str = ""
    updated: str = ""

    @property
    def key(self) -> str:
        """`type|id`, the form in which `owner` names it."""
        return f"{self.type}|{self.id}"


class AlreadyRecordedError(Exception):
    """A record of that type, scope and id exists already."""


class Inventory:
    """The records of one pretended account. One instance may be shared by threads; reads never block each other.

    Args:
        path: the SQLite file; made with its directory when missing.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._database = sqlite3.connect(self.path, timeout=30, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        with self.transaction():
            for statement in _TABLES.split(";"):
                self._database.execute(statement)
            self._database.execute("INSERT OR IGNORE INTO facts VALUES ('digest key', ?)", (secrets.token_hex(32),))
        row = self._database.execute("SELECT value FROM facts WHERE key = 'digest key'").fetchone()
        self._digest_key = bytes.fromhex(row[0])

    def close(self) -> None:
        """Close the file; the instance is of no use afterwards."""
        with self._lock:
            self._database.close()

    @contextlib.contextmanager
    def transaction(self) -> Generator[None]:
        """Make everything done inside appear at once, or not at all when it raises. May be nested."""
        with self._lock:
            outermost = self._depth == 0
            if outermost:
                self._database.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if outermost:
                    self._database.execute("ROLLBACK")
                raise
            else:
                if outermost:
                    self._database.execute("COMMIT")
            finally:
                self._depth -= 1

    def add(self, record: Record) -> Record:
        """Store a new record and return it, secrets unsealed, with its position and times.

        Raises:
            AlreadyRecordedError: one of that provider, type, scope and id exists.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        stored = replace(
            record,
            inputs=self.seal(record.inputs),
            outputs=self.seal(record.outputs),
            created=now,
            updated=now,
        )
        with self.transaction():
            try:
                cursor = self._database.execute(
                    "INSERT INTO records"
                    " (provider, type, scope, id, arn, name, owner, inputs, outputs, created, updated)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(
                            stored.provider,
                            stored.type,
                            stored.scope,
                            stored.id,
                            stored.arn,
                            stored.name,
                            stored.owner,
                        ),
                        *(
                            json.dumps(stored.inputs),
                            json.dumps(stored.outputs),
                            stored.created,
                            stored.updated,
                        ),
                    ),
                )
            except sqlite3.IntegrityError as error:
                raise AlreadyRecordedError(f"{record.type} {record.id} exists already") from error
            return replace(record, position=cursor.lastrowid or 0, created=now, updated=now)

    def get(self, type_: str, id_: str, scope: str | None = None) -> Record | None:
        """Return the record of that type and id (in that scope, where one is given), or `None`."""
        found = self._select("type = ? AND id = ? AND (? IS NULL OR scope = ?)", type_, id_, scope, scope)
        return found[0] if found else None

    def by_arn(self, arn: str) -> Record | None:
        """Return the record with this ARN, or `None`."""
        found = self._select("arn = ? AND arn <> ''", arn)
        return found[0] if found else None

    def by_id(self, id_: str) -> Record | None:
        """Return the first AWS record with this id, whatever its type, or `None`."""
        found = self._select("id = ? AND provider = 'aws'", id_)
        return found[0] if found else None

    def owned_by(self, record: Record) -> list[Record]:
        """Return what AWS made by itself for this record."""
        return self._select("owner = ?", record.key)

    def list(
        self,
        provider: str | None = None,
        type: str | None = None,  # noqa: A002  # reads best at the call
        scope: str | None = None,
    ) -> list[Record]:
        """Return the records of a provider, type or scope (each optional) in the order of their creation."""
        return self._select(
            "(? IS NULL OR provider = ?) AND (? IS NULL OR type = ?) AND (? IS NULL OR scope = ?)",
            *(provider, provider, type, type, scope, scope),
        )

    def update(self, record: Record) -> None:
        """Store the inputs, outputs, name and ARN of a record that exists."""
        with self.transaction():
            self._database.execute(
                "UPDATE records SET inputs = ?, outputs = ?, name = ?, arn = ?, updated = ? WHERE position = ?",
                (
                    *(json.dumps(self.seal(record.inputs)), json.dumps(self.seal(record.outputs))),
                    *(
                        record.name,
                        record.arn,
                        datetime.now(UTC).isoformat(timespec="milliseconds"),
                        record.position,
                    ),
                ),
            )

    def set_property(self, type_: str, id_: str, path: str, value: Any) -> Record:
        """Alter one property by hand, as somebody would in the AWS console: the next refresh shows it.

        Args:
            type_: the type token.
            id_: the id.
            path: a property path such as `scalingConfig.desiredSize`.
            value: plain data.

        Raises:
            KeyError: no such record, or the path does not fit.
        """
        with self.transaction():
            record = self.get(type_, id_)
            if record is None:
                raise KeyError(f"nothing of type {type_} with the id {id_} exists")
            changed = replace(
                record,
                inputs=with_path(record.inputs, path, value),
                outputs=with_path(record.outputs, path, value),
            )
            self.update(changed)
            return changed

    def remove(self, record: Record) -> None:
        """Remove a record and everything AWS made by itself for it."""
        with self.transaction():
            for owned in self.owned_by(record):
                self.remove(owned)
            self._database.execute("DELETE FROM records WHERE position = ?", (record.position,))

    def fact(self, key: str) -> str | None:
        """Return what is noted about the account as a whole under a key, or `None`."""
        with self._lock:
            row = self._database.execute("SELECT value FROM facts WHERE key = ?", (f"noted: {key}",)).fetchone()
        return None if row is None else str(row[0])

    def set_fact(self, key: str, value: str | None) -> None:
        """Note something about the account as a whole, or with `None` forget it."""
        with self.transaction():
            if value is None:
                self._database.execute("DELETE FROM facts WHERE key = ?", (f"noted: {key}",))
            else:
                self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (f"noted: {key}", value))

    def next_number(self) -> int:
        """Return a number never returned before, from 1: the seed of generated ids."""
        with self.transaction():
            self._database.execute("INSERT OR IGNORE INTO facts VALUES ('numbers', '0')")
            self._database.execute("UPDATE facts SET value = CAST(value AS INTEGER) + 1 WHERE key = 'numbers'")
            return int(self._database.execute("SELECT value FROM facts WHERE key = 'numbers'").fetchone()[0])

    def seal(self, value: Any) -> Any:
        """Return the value with every `Secret` replaced by an object that holds its digest."""
        if isinstance(value, Secret):
            text = json.dumps(revealed(value), sort_keys=True, default=str)
            return {DIGEST_KEY: hmac.new(self._digest_key, text.encode(), hashlib.sha256).hexdigest()}
        if is_map(value):
            return {key: self.seal(item) for key, item in value.items()}
        return [self.seal(item) for item in value] if is_list(value) else value

    def unseal(self, stored: Any, known: Any) -> Any:
        """Put secrets back that the caller knows: where a stored digest is that of the known value, that value.

        A secret that was changed behind Pulumi's back comes out as a text that says so.
        """
        if is_map(stored) and DIGEST_KEY in stored:
            if self.seal(Secret(revealed(known))) == stored:
                return Secret(revealed(known))
            return Secret("changed outside Pulumi; the emulation keeps digests of secrets only")
        if isinstance(known, Secret):
            known = known.value
        if is_map(stored):
            return {key: self.unseal(item, known.get(key) if is_map(known) else None) for key, item in stored.items()}
        if is_list(stored):
            others = known if is_list(known) else []
            return [
                self.unseal(item, others[index] if index < len(others) else None) for index, item in enumerate(stored)
            ]
        return stored

    def _select(self, condition: str, *values: Any) -> "list[Record]":
        with self._lock:
            # The conditions are literals of this class; values are bound.
            rows = self._database.execute(f"{_SELECT} WHERE {condition} ORDER BY position", values).fetchall()
        names = ("position", "provider", "type", "scope", "id", "arn", "name", "owner")
        return [
            Record(
                **dict(zip(names, row[:8], strict=True)),
                inputs=json.loads(row[8]),
                outputs=json.loads(row[9]),
                created=row[10],
                updated=row[11],
            )
            for row in rows
        ]
