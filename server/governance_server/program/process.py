"""The server's process: how grpc and Python's collector of cycles behave in it."""

from __future__ import annotations

import gc
import os
from typing import Final

GRPC_EXPERIMENTS: Final = "-event_engine_listener"
"""Has grpc serve its sockets in the thread that waits for its events, and not in a pool beside it, which hands every
message from thread to thread: an echo of 1.5 KB took 230 µs in place of 275 to 320, and a cycle one at a time a tenth
less processor time. The name is one of grpc's own; a test fails once it knows it no more."""
COLLECTED_FROM: Final = (10_000, 10, 50)
"""Objects that outlive a generation before the collector looks at it. Python's own 700 had the whole heap looked at
three times in 5,000 cycles, 0.1 s each, to find nothing: what a cycle leaves behind is what the ledger's followers and
memory hold. The youngest generation is small enough to be looked at in a millisecond."""


def prepare() -> None:
    """Set up what has to be before grpc is imported. Whoever starts the server may have said otherwise about grpc."""
    os.environ.setdefault("GRPC_EXPERIMENTS", GRPC_EXPERIMENTS)
    gc.set_threshold(*COLLECTED_FROM)


def settle() -> None:
    """Have the collector never look again at what is there now: modules and what was open at the start."""
    gc.freeze()
