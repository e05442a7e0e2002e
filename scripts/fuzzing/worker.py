"""The worker: one harness under atheris, in a process of its own, told what to do by libFuzzer's options.

`python -m fuzzing.worker NAME [option or folder]…`
"""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import atheris  # type: ignore[import-untyped]  # published without types
import structlog
from tests.fuzz.registry import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

LAUNCHER = "GOVERNANCE_FUZZ_LAUNCHER"
"""Names a program that is this worker, for the processes that libFuzzer starts to merge corpora."""


def main() -> None:
    """Fuzz until libFuzzer ends the process: 0 all is well, anything else after an input that broke something."""
    name, *options = sys.argv[1:]
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    harness = BY_NAME[name]
    packages = sorted({module.partition(".")[0] for module in harness.measured})
    # atheris takes packages whole; what a harness is not about would only cost time
    others = [module for package in packages for module in _modules(package) if module not in harness.measured]
    with atheris.instrument_imports(include=packages, exclude=others):
        target = harness.target()
    atheris.Setup([os.environ.get(LAUNCHER, sys.argv[0]), *options], target)
    atheris.Fuzz()


def _modules(package: str) -> Iterator[str]:
    """Yield the names of all modules of a package, without importing any."""
    found = importlib.util.find_spec(package)
    assert found is not None
    for folder in found.submodule_search_locations or ():
        for path in Path(folder).rglob("*.py"):
            parts = [package, *path.relative_to(folder).with_suffix("").parts]
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


if __name__ == "__main__":
    main()
