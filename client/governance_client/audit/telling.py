"""What a verification found, for programs and for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance_client.audit.verifying import Verified

_LATEST_S = 253_402_300_799
"""The last second that has a date."""


def facts(verified: Verified) -> dict[str, object]:
    """Return what holds, for programs."""
    walk, checkpoint = verified.walk, verified.checkpoint
    return {
        "verified": True,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "key": str(verified.key),
        "since": verified.since,
        "remembered": verified.remembered,
        **({"witnessed": verified.witnessed.size} if verified.witnessed is not None else {}),
        "read": walk.read_count,
        "head": walk.offset,
        "decisions": walk.rules.decisions,
        "open": walk.rules.open,
        "withheld": walk.withheld,
        "erased": walk.erased,
        "removed": walk.removed,
        "unread": walk.rules.unread,
    }


def told(verified: Verified) -> Iterator[str]:
    """Yield what holds, for people: no more than was checked."""
    walk, checkpoint = verified.walk, verified.checkpoint
    yield _("{origin}: {size} entries verified, signed with {key}.").format(
        origin=checkpoint.origin, size=checkpoint.size, key=verified.key
    )
    yield _("Root {root}").format(root=checkpoint.root.hex())
    yield _("{count} entries read: bytes, links, order, commitments, keys and rules are in order.").format(
        count=walk.read_count
    )
    if verified.remembered:
        yield _("It continues what was verified before, up to entry {size}.").format(size=verified.remembered)
    else:
        yield _("Nothing was remembered of it: that it was not rewound before now is not shown.")
    if verified.witnessed is not None:
        seen = verified.witnessed
        moment = datetime.fromtimestamp(min(seen.moment_s, _LATEST_S), UTC).isoformat()
        text = _("{name} has cosigned it up to entry {size}, on {moment} as it says.")
        yield text.format(name=seen.name, size=seen.size, moment=moment)
    if verified.since:
        yield _("Entries up to {since} were not read again.").format(since=verified.since)
    beyond = walk.offset - checkpoint.size
    if beyond > 0:
        one = _("{count} entry after it follows in order, and no checkpoint is about it yet.")
        many = _("{count} entries after it follow in order, and no checkpoint is about them yet.")
        yield (one if beyond == 1 else many).format(count=beyond)
    yield from _told_missing(verified)


def _told_missing(verified: Verified) -> Iterator[str]:
    walk = verified.walk
    if walk.withheld:
        yield _("Personal data of {count} entries are not for this reader, and were not checked.").format(
            count=walk.withheld
        )
    if walk.erased:
        yield _("Personal data of {count} entries were erased, and the ledger says so.").format(count=walk.erased)
    if walk.removed:
        yield _("{count} entries were removed, and the ledger says so; they are proven to have been there.").format(
            count=walk.removed
        )
    if walk.rules.unread:
        yield _("{count} entries hold what this version does not know, and were not judged by rules.").format(
            count=walk.rules.unread
        )
