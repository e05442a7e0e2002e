"""Registry: every harness with what it attacks, so that the tests and `scripts/fuzz` agree on what there is."""

from __future__ import annotations

import importlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

FOLDER: Final = Path(__file__).parent
CORPORA: Final = FOLDER / "corpora"
"""For each harness a folder of inputs that together reach what was reached; no more than a repository should hold."""
CRASHES: Final = FOLDER / "crashes"
"""For each harness a folder of inputs that once broke something. `FOUND.md` says what."""
DICTIONARIES: Final = FOLDER / "dictionaries"
LONGEST_S: Final = 1.0
"""Of the processor's time, for one input: longer would let one message keep a server from all others."""


class TooSlowError(Exception):
    """An input took longer than any may."""


class Harness(NamedTuple):
    """One way in for what others wrote.

    Attributes:
        name: Its name, and its module's.
        promise: What it holds the code to, for people.
        measured: The modules that it is about: the fuzzer follows their course, and their coverage is told.
        share: How many of a thousand executions it gets; more where an execution is cheap.
        most_bytes: Of an input that the fuzzer makes.
    """

    name: str
    promise: str
    measured: tuple[str, ...]
    share: int
    most_bytes: int = 1024

    def target(self) -> Callable[[bytes], None]:
        """Return what takes an input; it ends with an exception where the code breaks its word."""
        run: Callable[[bytes], None] = self._module().target
        run(next(self.seeds()))  # what is made once, and kept, is not that input's time

        def timed(data: bytes) -> None:
            started = time.thread_time()
            run(data)
            took_s = time.thread_time() - started
            if took_s > LONGEST_S:
                raise TooSlowError(f"{len(data)} bytes took {took_s:.1f} s")

        return timed

    def seeds(self) -> Iterator[bytes]:
        """Give inputs to begin with."""
        yield from self._module().seeds()

    def corpus(self) -> list[Path]:
        """Return the inputs that are kept in the tree."""
        return sorted(path for path in (CORPORA / self.name).glob("*") if path.is_file())

    def crashes(self) -> list[Path]:
        """Return the inputs that once broke something."""
        return sorted(path for path in (CRASHES / self.name).glob("*") if path.is_file())

    def dictionary(self) -> Path | None:
        """Return the words that the fuzzer may put in, in libFuzzer's form; None where there are none."""
        path = DICTIONARIES / f"{self.name}.dict"
        return path if path.exists() else None

    def _module(self) -> ModuleType:
        return importlib.import_module(f"tests.fuzz.harnesses.{self.name}")


def _client(*names: str) -> tuple[str, ...]:
    return tuple(f"governance_client.{name}" for name in names)


def _server(*names: str) -> tuple[str, ...]:
    return tuple(f"governance_server.{name}" for name in names)


HARNESSES: Final = (
    Harness(
        "requests",
        "a frame or request is a value of the contract, or a fault that names the field",
        _server("rpc.validation", "rpc.sieve", "rpc.wire", "rpc.rules", "rpc.relations"),
        260,
    ),
    Harness(
        "news",
        "core stops at a frame that it does not know, and takes any status for one of its errors",
        _client("core.frames", "errors", "digest"),
        240,
    ),
    Harness(
        "credentials",
        "a token or a credentials file is good, or refused without repeating it",
        (*_client("credentials"), *_server("rpc.identity", "rpc.paging")),
        140,
        2048,
    ),
    Harness(
        "policies",
        "a policy document is a policy, or a list of what is wrong with it",
        _server("domain.policy_document", "domain.policy_schema", "domain.key_lines", "domain.rule_tables"),
        8,
        4096,
    ),
    Harness("conditions", "a condition is refused, or says true, false or nothing", _server("domain.conditions"), 180),
    Harness(
        "alerts",
        "any bytes are read as events, and any alert becomes a proposal that the contract lets in",
        _client("eve.reader", "eve.fields", "eve.proposals", "eve.exhibits", "eve.network", "eve.responses"),
        15,
        2048,
    ),
    Harness(
        "lines",
        "a typed line is understood or explained, and nothing that is offered does anything",
        _client("console.verbs", "console.typed", "console.following", "console.choosing", "console.completion"),
        6,
        256,
    ),
    Harness(
        "views",
        "whatever a server sends is drawn inert and within the screen",
        _client("console.inert", "console.page", "console.columns", "console.history", "console.evidence")
        + _client("console.grounds", "console.groups", "console.halts", "console.refusals", "console.figures"),
        12,
    ),
    Harness(
        "listings",
        "any entry is told in every form of `audit ls`, or as broken",
        _client("audit.search", "audit.csv_export", "audit.ocsf", "console.trail", "console.events", "verify"),
        10,
    ),
    Harness(
        "proofs",
        "no proof, note or key passes but the one that was made and signed",
        (*_client("audit.merkle", "audit.notes", "audit.checkpoints", "audit.keys"), *_server("domain.note")),
        70,
    ),
    Harness(
        "exports",
        "an export or evidence that was changed does not verify",
        _client("audit.walk", "audit.verifying", "audit.evidence", "audit.rules", "audit.course", "verify"),
        6,
    ),
    Harness(
        "packs",
        "an evidence pack that was changed is refused, or says the same",
        _client("audit.pack", "audit.pack_check", "audit.evidence"),
        1,
        4096,
    ),
    Harness(
        "files",
        "a program's own files are read, or refused by name",
        _client("resume", "journal", "console.configuration", "audit.memory", "audit.witness", "cli.tables")
        + _server("directory", "notifications.settings", "notifications.bookmarks", "ledger.listing"),
        6,
    ),
    Harness(
        "entries",
        "the server's check finds what cannot follow, whatever was written into its file",
        _server("ledger.verification", "domain.evolve", "domain.house", "domain.lifecycle"),
        46,
    ),
)
"""All of them."""
BY_NAME: Final = {harness.name: harness for harness in HARNESSES}
