"""The real server as a process that kills itself at a named point: `python -m tests.support.doomed_server POINT TURN CHANCE ARGUMENT…`.

The product has no hooks for this. The functions of this process are wrapped before `main` runs, and at the so-manieth
passing of the point the process sends itself SIGKILL, which nothing in it can see coming.
"""  # noqa: E501 - the command is one line

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import threading
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Doom:
    """Counts passings of a point, and ends the process at one of them.

    Attributes:
        chance: Decides how long what is under way is let run.
    """

    def __init__(self, turn: int, chance: int) -> None:
        self.chance = random.Random(chance)
        self._left = turn

    @property
    def is_next(self) -> bool:
        """Count a passing; tell whether it is the one."""
        self._left -= 1
        return self._left == 0

    def pass_by(self) -> None:
        """Count a passing, and die if it is the one."""
        if self.is_next:
            die()

    async def die_within(self, work: Any, span_s: float) -> None:
        """Begin something on another thread, and die while it is under way, or a moment later."""
        task = asyncio.ensure_future(work)
        for _ in range(5):  # the work's own steps up to where it waits for its thread
            await asyncio.sleep(0)
        threading.Event().wait(self.chance.uniform(0, span_s))
        del task
        die()


def die() -> None:
    """End this process at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def _wrap(owner: Any, name: str, *, before: Callable[[], None] | None = None, after: Callable[[], None] | None) -> None:
    """Have something done as a function is entered, or as it has returned."""
    real = getattr(owner, name)

    @wraps(real)
    def plain(*arguments: Any, **options: Any) -> Any:
        if before is not None:
            before()
        result = real(*arguments, **options)
        if after is not None:
            after()
        return result

    @wraps(real)
    async def coroutine(*arguments: Any, **options: Any) -> Any:
        if before is not None:
            before()
        result = await real(*arguments, **options)
        if after is not None:
            after()
        return result

    setattr(owner, name, coroutine if asyncio.iscoroutinefunction(real) else plain)


def _opening(doom: Doom) -> None:
    from governance_server.ledger.sqlite_store import SqliteStore

    real = SqliteStore.open

    async def opened(path: Any, **options: Any) -> Any:
        if doom.is_next:
            await doom.die_within(real(path, **options), 0.03)
        return await real(path, **options)

    SqliteStore.open = opened  # type: ignore[method-assign]  # this process is there to be broken


def _verifying(doom: Doom) -> None:
    from governance_server.ledger import verification

    _wrap(verification, "verify", after=doom.pass_by)


def _verified(doom: Doom) -> None:
    from governance_server.ledger.sqlite_store import SqliteStore

    _wrap(SqliteStore, "record_verified", after=doom.pass_by)


def _recovering(doom: Doom) -> None:
    from governance_server.engine.governor import Governor
    from governance_server.engine.memory import Memory

    _wrap(Memory, "take_over", before=doom.pass_by, after=None)
    _wrap(Governor, "recover", after=die)  # fewer were open


def _recovered(doom: Doom) -> None:
    from governance_server.engine.governor import Governor

    _wrap(Governor, "recover", after=doom.pass_by)


def _beginning(doom: Doom) -> None:
    from governance_server.ledger.sqlite_store import SqliteStore

    _wrap(SqliteStore, "_begin", before=doom.pass_by, after=None)


def _locked(doom: Doom) -> None:
    from governance_server.ledger.sqlite_store import SqliteStore

    _wrap(SqliteStore, "_begin", after=doom.pass_by)


def _appending(doom: Doom) -> None:
    from governance_server.ledger import tiles

    _wrap(tiles, "grow", before=doom.pass_by, after=None)


def _appended(doom: Doom) -> None:
    from governance_server.ledger import sqlite_transaction

    _wrap(sqlite_transaction, "commit", before=doom.pass_by, after=None)


def _committing(doom: Doom) -> None:
    from governance_server.ledger import sqlite_transaction

    real = sqlite_transaction.commit

    def commit(connection: Any) -> None:
        if doom.is_next:
            threading.Timer(doom.chance.uniform(0, 0.002), die).start()
        real(connection)

    sqlite_transaction.commit = commit


def _committed(doom: Doom) -> None:
    from governance_server.ledger.sqlite_store import SqliteStore

    _wrap(SqliteStore, "_commit", after=doom.pass_by)


def _adopted(doom: Doom) -> None:
    from governance_server.engine.governor import Governor

    _wrap(Governor, "_adopt", after=doom.pass_by)


def _answered(doom: Doom) -> None:
    from governance_server.engine import governor

    _wrap(governor, "answer", after=doom.pass_by)


def _checkpointing(doom: Doom) -> None:
    from governance_server.ledger.sqlite_store import SqliteStore

    real = SqliteStore._commit

    async def commit(self: SqliteStore, transaction: Any) -> None:
        await real(self, transaction)
        if doom.is_next:
            await doom.die_within(self._driver.execute("PRAGMA wal_checkpoint(RESTART)"), 0.01)

    SqliteStore._commit = commit  # type: ignore[method-assign]  # as above


def _when_timers_are_due(doom: Doom, *, committed: bool) -> None:
    from governance_server.domain.command import Tick
    from governance_server.engine.governor import Governor
    from governance_server.ledger.sqlite_store import SqliteStore

    ticking, real = False, Governor._commit

    async def commit(self: Governor, requests: Any) -> Any:
        nonlocal ticking
        ticking = any(isinstance(request.command.body, Tick) for request in requests)
        return await real(self, requests)

    def pass_by() -> None:
        if ticking:
            doom.pass_by()

    Governor._commit = commit  # type: ignore[method-assign]  # as above
    _wrap(SqliteStore, "_commit", before=None if committed else pass_by, after=pass_by if committed else None)


def _timing(doom: Doom) -> None:
    _when_timers_are_due(doom, committed=False)


def _timed(doom: Doom) -> None:
    _when_timers_are_due(doom, committed=True)


def _signing(doom: Doom) -> None:
    from governance_server.ledger.sqlite_store import SqliteStore

    _wrap(SqliteStore, "keep_checkpoint", before=doom.pass_by, after=None)


def _signed(doom: Doom) -> None:
    from governance_server.ledger.sqlite_store import SqliteStore

    _wrap(SqliteStore, "keep_checkpoint", after=doom.pass_by)


def _stopping(doom: Doom) -> None:
    from governance_server.rpc.server import RpcServer

    _wrap(RpcServer, "stop", after=doom.pass_by)


class Point(NamedTuple):
    """Where a server kills itself.

    Attributes:
        where: In words.
        arm: Has this process die there.
        turns: At most so many passings are let go by.
        serves: It comes to serving before it dies, at least where more than one passing is let go by.
    """

    where: str
    arm: Callable[[Doom], None]
    turns: int
    serves: bool = True


POINTS: Final = {
    "opening": Point("while the ledger is opened, and its log recovered", _opening, 1, serves=False),
    "verifying": Point("after the start-up verification, before it is noted", _verifying, 1, serves=False),
    "verified": Point("after the verification is noted", _verified, 1, serves=False),
    "recovering": Point("while what is open is read", _recovering, 40, serves=False),
    "recovered": Point("after what is open was read, before anybody connects", _recovered, 1, serves=False),
    "beginning": Point("before BEGIN", _beginning, 30),
    "locked": Point("after BEGIN, before anything is decided", _locked, 30),
    "appending": Point("after the entries, before the tree has grown", _appending, 30),
    "appended": Point("after all inserts, before COMMIT", _appended, 30),
    "committing": Point("while COMMIT is under way", _committing, 30),
    "committed": Point("after COMMIT, before memory takes it over", _committed, 30),
    "adopted": Point("after memory has taken it over, before receipts are queued", _adopted, 30),
    "answered": Point("after receipts were queued, before they are sent", _answered, 30),
    "checkpointing": Point("while the log is written back into the database", _checkpointing, 30),
    "timing": Point("before the COMMIT of what was due", _timing, 4),
    "timed": Point("after the COMMIT of what was due", _timed, 4),
    "signing": Point("after a checkpoint was signed, before it is kept", _signing, 3),
    "signed": Point("after a checkpoint is kept", _signed, 3),
    "stopping": Point("in the middle of a stop, after the streams were ended", _stopping, 1),
}
"""The points by name, in the order in which a server comes to them."""


def main() -> int:
    """Arm the point and run the program; return its exit status, if it comes to one."""
    name, turn, chance = sys.argv[1:4]
    POINTS[name].arm(Doom(int(turn), int(chance)))
    from governance_server.__main__ import main as run

    return run(sys.argv[4:])


if __name__ == "__main__":
    sys.exit(main())
