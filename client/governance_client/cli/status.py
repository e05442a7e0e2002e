"""Exit statuses, and which error ends with which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from governance_client.errors import ClientError

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
NOT_REACHED: Final = 3
INTERRUPTED: Final = 130
"""What a shell calls a program that SIGINT ended."""
BROKEN_PIPE: Final = 141
"""What a shell calls a program that SIGPIPE ended."""


def of(error: ClientError) -> int:
    """Return the status that an error ends with."""
    from governance_client import errors
    from governance_client.audit.faults import NotTakenError, UntrustedError, UnusableFileError
    from governance_client.verify import ChainBrokenError

    match error:
        case UntrustedError() | UnusableFileError():
            return USAGE
        case errors.CredentialsError() | errors.InvalidRequestError() | errors.OffsetUnknownError():
            return USAGE
        case errors.RefusedError() | errors.NotFoundError() | errors.LimitError() | errors.JournalError():
            return REFUSED
        case ChainBrokenError() | NotTakenError():
            return REFUSED
        case _:
            return NOT_REACHED
