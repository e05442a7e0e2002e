"""Brings a database to the newest revision before anybody reads it, or refuses it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.pool import NullPool

from governance_server.engine.ports import StoreError
from governance_server.ledger.schema import REVISION

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy import Connection, Engine
    from sqlalchemy.pool import ConnectionPoolEntry

SCRIPTS: Final = Path(__file__).parent / "migrations"


def migrate(path: Path) -> None:
    """Bring the database to the newest revision, in one transaction; do nothing if it is there.

    Raises:
        StoreError: The database is of a newer version of this program, or is no ledger at all.
    """
    engine = migration_engine(path)
    try:
        with engine.begin() as connection:
            if _revision(connection, path) != REVISION:
                _upgrade(connection)
    finally:
        engine.dispose()


def migration_engine(path: Path) -> Engine:
    """Return an engine whose transactions hold the ledger locked, statements that alter tables included."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"isolation_level": None})
    event.listen(engine, "connect", _wait_for_others)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _wait_for_others(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA busy_timeout = 5000")


def _begin_immediate(connection: Connection) -> None:
    # sqlite3 would commit before every statement that alters a table; isolation_level None keeps it from that
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _revision(connection: Connection, path: Path) -> str:
    tables = inspect(connection).get_table_names()
    if not tables:
        return ""
    if "alembic_version" not in tables:
        raise StoreError(f"{path} is an SQLite database, but not a ledger. It was not touched; name another file.")
    revision = connection.scalar(text("SELECT version_num FROM alembic_version")) or ""
    if revision not in known_revisions():
        raise StoreError(
            f"The ledger at {path} was written by a newer version of this program (its tables are revision"
            f" {revision}, this program knows up to {REVISION}). It was not touched; start the newer version."
        )
    return revision


def known_revisions() -> frozenset[str]:
    """Return the revisions that this program can read or upgrade; the empty one is an empty database."""
    names = (script.name.partition("_")[0] for script in (SCRIPTS / "versions").glob("[0-9]*_*.py"))
    return frozenset(names) | {""}


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    command.upgrade(config, "head")
