"""The server, as it is, in a process that tells about itself: how many tasks and objects it has.

`python -m soaking.launcher FILE EVERY_S WRITE_TIMEOUT_S serve DIRECTORY …` runs the real program; nothing in it is
replaced but one limit. A task beside those of the server writes a line of JSON to FILE every so often. That limit is
the time after which a client that does not read is thrown out: a short soak cannot wait for the product's own.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from governance_server import bootstrap
from governance_server.__main__ import main
from governance_server.rpc.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_LOOK_S: Final = 0.25
"""How often the loop's own lateness is looked at."""
_OWN_TASKS: Final = 1
"""The task that counts is no part of the server."""


def telling(
    serve: Callable[..., Coroutine[Any, Any, None]], path: Path, every_s: float
) -> Callable[..., Coroutine[Any, Any, None]]:
    """Return a `serve` that tells about its process to a file while it serves."""

    async def serve_and_tell(*arguments: Any, **options: Any) -> None:
        with path.open("a", encoding="ascii") as file:
            task = asyncio.create_task(_tell(file, every_s))
            try:
                await serve(*arguments, **options)
            finally:
                task.cancel()

    return serve_and_tell


async def _tell(file: IO[str], every_s: float) -> None:
    late_s, due = 0.0, time.monotonic() + every_s
    while True:
        began = time.monotonic()
        await asyncio.sleep(_LOOK_S)
        now = time.monotonic()
        late_s = max(late_s, now - began - _LOOK_S)
        if now >= due:
            tasks, objects = len(asyncio.all_tasks()) - _OWN_TASKS, len(gc.get_objects())
            line = {"at": now, "tasks": tasks, "objects": objects, "late_ms": round(late_s * 1000, 1)}
            file.write(json.dumps(line) + "\n")
            file.flush()
            late_s, due = 0.0, due + every_s


def _main() -> int:
    path, every_s, write_timeout_s, *arguments = sys.argv[1:]
    bootstrap.serve = telling(bootstrap.serve, Path(path), float(every_s))
    setattr(bootstrap, "Limits", partial(Limits, write_timeout_s=float(write_timeout_s)))  # noqa: B010 - not exported
    return main(arguments)


if __name__ == "__main__":
    sys.exit(_main())
