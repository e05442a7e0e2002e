"""All bugs that are planted."""

from __future__ import annotations

from typing import Final

from tests.simulation.planted import following, ruling, telling, timing, writing

ALL: Final = (*writing.BUGS, *ruling.BUGS, *following.BUGS, *timing.BUGS, *telling.BUGS)
