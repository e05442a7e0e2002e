"""Pages of lists that are short enough to be read whole: the token is the last key of the page before."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.errors import FieldViolation, InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_PAGE: Final = 100


def page_of(keys: Sequence[str], size: int, token: str) -> tuple[Sequence[str], str]:
    """Return a page of ascending keys, and the token of the next one; empty on the last.

    Args:
        keys: All of them.
        size: Most to return; 0 for the default.
        token: From the page before; empty for the first.

    Raises:
        InvalidArgument: The token is none of ours.
    """
    last = _last_key(token)
    rest = [key for key in keys if key > last] if token else keys
    page = rest[: size or DEFAULT_PAGE]
    more = len(page) < len(rest)
    return page, base64.urlsafe_b64encode(page[-1].encode()).decode("ascii") if more else ""


def _last_key(token: str) -> str:
    try:
        return base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise InvalidArgument(
            v1.ERROR_REASON_FIELD_INVALID,
            "The page token is not one that this server gave. Start again with the first page.",
            field_violations=[FieldViolation("page_token", "is not a token of this list")],
        ) from error
