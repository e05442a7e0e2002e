"""Signed checkpoints in SQLite: which are asked for, and which are no longer kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, delete, func, select, text

from governance_server.domain.moment import SECOND_US
from governance_server.engine.ports import SignedCheckpoint
from governance_server.ledger.schema import checkpoints
from governance_server.ledger.statements import positional

if TYPE_CHECKING:
    from sqlalchemy import Row, Select

HOUR_US: Final = 3600 * SECOND_US

_NEWEST: Final = select(checkpoints).order_by(checkpoints.c.size.desc()).limit(1)
_WITNESSED: Final = text("witnessed = 1")
"""Written out, so that the index that leaves the others away is used."""

_EARLIER: Final = checkpoints.alias("earlier")
_LARGER: Final = checkpoints.alias("larger")
THIN: Final = positional(
    delete(checkpoints).where(
        checkpoints.c.signed_us >= bindparam("since"),
        checkpoints.c.signed_us < bindparam("until"),
        select(_EARLIER.c.size)
        .where(
            _EARLIER.c.size < checkpoints.c.size,
            _EARLIER.c.witnessed == checkpoints.c.witnessed,
            _EARLIER.c.signed_us >= checkpoints.c.signed_us - checkpoints.c.signed_us % text(str(HOUR_US)),
            _EARLIER.c.signed_us <= checkpoints.c.signed_us,
        )
        .exists(),
        (checkpoints.c.witnessed == text("0"))
        | (checkpoints.c.size < select(func.max(_LARGER.c.size)).where(text("larger.witnessed = 1")).scalar_subquery()),
    ),
    "since",
    "until",
)
"""Deletes what was signed between two moments, but for the first of each hour and kind and the last witnessed one."""


def newest(*, witnessed: bool) -> Select[Any]:
    """Ask for the largest checkpoint, or the largest witnessed one."""
    return _NEWEST.where(and_(_WITNESSED)) if witnessed else _NEWEST


def of_size(size: int) -> Select[Any]:
    """Ask for the checkpoint of a size."""
    return select(checkpoints).where(checkpoints.c.size == size)


def signed_checkpoint(row: Row[Any]) -> SignedCheckpoint:
    """Return a checkpoint as it was stored."""
    return SignedCheckpoint(row.size, row.note, bool(row.witnessed))
