"""The resume point: up to where a client has seen a ledger, in memory and, where asked for, in a file."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from governance_client.errors import ClientError
from governance_client.language import _

if TYPE_CHECKING:
    from typing import Self

_MODE: Final = 0o600
_LEDGER_ID_DIGITS: Final = 32
_LARGEST_OFFSET: Final = 2**63 - 1
"""What a ledger can count to: a larger one could not even be asked for."""


class ResumePoint(NamedTuple):
    """Where to go on.

    Attributes:
        ledger_id: The ledger; empty before the first hello.
        offset: The last entry that was seen; 0 for none, which asks for a snapshot.
    """

    ledger_id: str = ""
    offset: int = 0

    def reached(self, offset: int) -> Self:
        """Return the point after seeing everything up to `offset`; an earlier one changes nothing."""
        return self._replace(offset=max(self.offset, offset))


class ResumeFile:
    """A resume point that survives the process. Its last saved value is there after a crash, whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> ResumePoint:
        """Return what was saved last; the start where nothing was.

        Raises:
            ClientError: The file cannot be read or is no resume point.
        """
        try:
            document = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return ResumePoint()
        except OSError as error:
            raise ClientError(
                _("The resume point {path} cannot be read: {why}.").format(path=self._path, why=error.strerror)
            ) from None
        except (ValueError, RecursionError):
            raise self._not_one() from None
        match document:
            case {"ledger_id": str(ledger_id), "offset": int(offset)} if (
                type(offset) is int and 0 <= offset <= _LARGEST_OFFSET and _is_ledger_id(ledger_id)
            ):
                return ResumePoint(ledger_id, offset)
        raise self._not_one()

    def save(self, point: ResumePoint) -> None:
        """Replace the saved point, durably. Raises ClientError if it cannot be written."""
        try:
            with tempfile.NamedTemporaryFile(
                dir=self._path.parent, prefix=f".{self._path.name}.", delete=False
            ) as file:
                os.fchmod(file.fileno(), _MODE)
                file.write(json.dumps(point._asdict()).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(self._path)
        except OSError as error:
            raise ClientError(
                _("The resume point {path} cannot be written: {why}.").format(path=self._path, why=error.strerror)
            ) from None

    def _not_one(self) -> ClientError:
        return ClientError(
            _("{path} is not a resume point. Remove it to start with a snapshot.").format(path=self._path)
        )


def _is_ledger_id(text: str) -> bool:
    return len(text) == _LEDGER_ID_DIGITS and all(digit in "0123456789abcdef" for digit in text)
