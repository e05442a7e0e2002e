"""Acts: the reference core's executors, which write what they would do to a file and do nothing else."""

from __future__ import annotations

import contextlib
import json
import os
from typing import IO, TYPE_CHECKING, Final

from governance import v1
from governance_client.core.executors import action_name
from governance_client.errors import JournalError
from governance_client.eve.responses import ACTIONS
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from governance_client.core import Core, Order

_MODE: Final = 0o600


@contextlib.contextmanager
def register_executors(core: Core, path: Path | None) -> Iterator[None]:
    """Have every order that may come of an alert written to a file, one JSON object a line; without one, register none.

    Raises:
        JournalError: The file cannot be written.
    """
    if path is None:
        yield
        return
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _MODE), "w")
    except OSError as error:
        raise JournalError(
            _("The journal {path} cannot be written: {why}. Name another.").format(path=path, why=error.strerror)
        ) from None
    with file:

        async def write_down(order: Order) -> str:
            return _write_down(file, order)

        for kind in sorted(ACTIONS):
            core.executor(kind)(write_down)
        yield


def _write_down(file: IO[str], order: Order) -> str:
    """Write one act, on the disk when it returns; return what to report of it."""
    name = action_name(order.action.type)
    targets = [target.value for target in order.action.targets]
    act = {
        "order_id": order.order_id,
        "decision_id": order.decision.decision_id,
        "action": name,
        "targets": [
            {"kind": v1.TargetKind.Name(target.kind).removeprefix("TARGET_KIND_").lower(), "value": target.value}
            for target in order.action.targets
        ],
        "parameters": dict(order.action.parameters),
        "duration_s": order.action.duration.seconds if order.action.HasField("duration") else None,
        "action_digest": order.decision.action_digest.hex(),
    }
    file.write(json.dumps(act) + "\n")
    file.flush()
    os.fsync(file.fileno())
    return f"written down: {name} {', '.join(targets)}"
