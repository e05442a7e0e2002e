"""What can be wrong with a ledger's proof, each saying where it shows and what to do."""

from __future__ import annotations

from typing import Final

from governance_client.errors import ClientError
from governance_client.language import N_, _
from governance_client.verify import ChainBrokenError

_ADVICE: Final = N_(
    "Do not trust this ledger; keep what you were given, and compare it with the server's own, its backups and what a "
    "witness has seen."
)


class ProofBrokenError(ChainBrokenError):
    """The ledger is not the one that was signed, or breaks its own rules.

    Attributes:
        offset: The entry at which it shows; 0 where it shows at none.
    """

    def __init__(self, offset: int, what: str, advice: str = _ADVICE) -> None:
        text = _("The ledger does not verify: {what}. {advice}")
        if offset:
            text = _("The ledger does not verify at entry {offset}: {what}. {advice}")
        ClientError.__init__(self, text.format(offset=offset, what=what, advice=_(advice)))
        self.offset = offset


class RewoundError(ProofBrokenError):
    """The ledger is shorter than it was."""


class ForkedError(ProofBrokenError):
    """The ledger has another past than it had."""


class NotOursError(ProofBrokenError):
    """The checkpoint is signed with no key that is trusted, or is none."""


class UntrustedError(ClientError):
    """Nobody said which key to trust, and none is remembered; or what was said is no key. Nothing was checked."""


class UnusableFileError(ClientError):
    """A file that was named cannot be read, or is not what it should be. Nothing was checked."""


class NotTakenError(ClientError):
    """The server does not keep what was left with it."""
