"""Plants each bug, looks for it, and writes the table of what was found: `python -m tests.simulation.planted`.

Exit status: 0 every bug was found, and its run holds every promise without it; 1 otherwise.
"""

from __future__ import annotations

import sys

from tests.simulation.planted.bug import look_for, without
from tests.simulation.planted.table import ALL


def main() -> int:
    """Look for all of them."""
    missed = 0
    sys.stdout.write(
        "| planted bug | what it breaks | promise | found by | of seeds |\n| --- | --- | --- | --- | --- |\n"
    )
    for bug in ALL:
        found = look_for(bug)
        wrong = without(bug, found) if found else ""
        missed += found is None or bool(wrong)
        by = f"seed {found.seed}, step {found.step}" if found else "nobody"
        by += f" (without it: {wrong})" if wrong else ""
        promise = found.promise if found else bug.promises[0]
        sys.stdout.write(f"| {bug.name} | {bug.breaks} | {promise} | {by} | {bug.seeds} |\n")
        sys.stdout.flush()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
