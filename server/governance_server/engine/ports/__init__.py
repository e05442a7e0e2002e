"""Ports: what the engine needs of the world outside, in the engine's words.

Each port has one contract suite in `tests/contract`, which every adapter and every fake passes.
"""

from __future__ import annotations

from governance_server.engine.ports.clock import (
    Clock,
    Entropy,
)
from governance_server.engine.ports.messenger import (
    Bookmark,
    BookmarkError,
    Bookmarks,
    Message,
    Messenger,
    MessengerError,
)
from governance_server.engine.ports.signing import (
    Signer,
    SignerError,
    Signers,
)
from governance_server.engine.ports.store import (
    NOTHING,
    Store,
    StoreBusyError,
    StoreError,
    Transaction,
)
from governance_server.engine.ports.values import (
    Alike,
    Appendage,
    ChangedDecision,
    Counts,
    DecisionPage,
    DecisionQuery,
    DecisionRow,
    Deed,
    EntryQuery,
    Found,
    Head,
    KnownRequest,
    Record,
    Searched,
    SignedCheckpoint,
    StoredCredential,
    Wanted,
)

__all__ = [
    "NOTHING",
    "Alike",
    "Appendage",
    "Bookmark",
    "BookmarkError",
    "Bookmarks",
    "ChangedDecision",
    "Clock",
    "Counts",
    "DecisionPage",
    "DecisionQuery",
    "DecisionRow",
    "Deed",
    "Entropy",
    "EntryQuery",
    "Found",
    "Head",
    "KnownRequest",
    "Message",
    "Messenger",
    "MessengerError",
    "Record",
    "Searched",
    "SignedCheckpoint",
    "Signer",
    "SignerError",
    "Signers",
    "Store",
    "StoreBusyError",
    "StoreError",
    "StoredCredential",
    "Transaction",
    "Wanted",
]
