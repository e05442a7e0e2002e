"""The report: how the feed is getting on, for people on standard error, for programs one object a line."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TextIO

from governance import v1
from governance_client.eve.reader import Alert, Malformed, OtherEvent
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from governance_client.errors import ClientError
    from governance_client.eve.reader import Item

_REFRESH_S: Final = 0.1
"""How often the progress line is written at most."""


@dataclass(slots=True)
class Tally:
    """The counts.

    Attributes:
        proposed: Alerts whose decision the server has.
        known: Those of them it had before.
        joined: Those of them that joined an open decision, since they call for the same.
        refused: Alerts whose proposal was refused.
        malformed: What was no event.
        other: Events that are no alerts.
        ended: Decisions that ended while we waited, by their state's name.
    """

    proposed: int = 0
    known: int = 0
    joined: int = 0
    refused: int = 0
    malformed: int = 0
    other: int = 0
    ended: Counter[str] = field(default_factory=Counter)


class Report:
    """Counts what becomes of a file, and tells."""

    def __init__(self, out: TextIO, progress: TextIO, *, as_json: bool) -> None:
        self.tally = Tally()
        self._out = out
        self._progress = progress
        self._as_json = as_json
        self._live = progress.isatty()
        self._line = ""
        self._began_at = 0
        self._started_s = 0.0
        self._written_s = 0.0
        self._waiting_for = 0
        self._seen: set[str] = set()
        self._warned = ""

    def began(self, offset: int) -> None:
        """Note where the ledger ended when the feed began, and the time."""
        self._began_at = offset
        self._started_s = asyncio.get_running_loop().time()

    def alerts_of(self, items: Iterable[Item]) -> Iterator[Alert]:
        """Give the alerts among the items; count and list the others."""
        for each in items:
            match each:
                case Alert():
                    yield each
                case OtherEvent():
                    self.tally.other += 1
                case Malformed(line, reason):
                    self.tally.malformed += 1
                    self._tell(
                        _("line {line}: {reason}; skipped").format(line=line, reason=reason),
                        {"line": line, "malformed": reason},
                    )
        self._refresh()

    def proposed(self, line: int, decision_id: str, offset: int, joined: str = "") -> None:
        """Note a proposal that the server has, recorded at an offset, and the open decision that it joined."""
        known = offset <= self._began_at or decision_id in self._seen
        self._seen.add(decision_id)
        self.tally.proposed += 1
        self.tally.known += known
        self.tally.joined += bool(joined)
        if self._as_json:
            told = {"line": line, "decisionId": decision_id, "offset": str(offset), "known": known}
            self._emit({**told, "joined": joined} if joined else told)
        self._refresh()

    def refused(self, line: int, decision_id: str, error: ClientError) -> None:
        """List a proposal that was refused, and why."""
        self.tally.refused += 1
        self._tell(
            _("line {line}: {decision_id} was refused: {why}").format(line=line, decision_id=decision_id, why=error),
            {"line": line, "decisionId": decision_id, "refused": str(error)},
        )

    def waiting(self, count: int) -> None:
        """Note that all is proposed, and that the ends of so many decisions are waited for."""
        self._waiting_for = count
        self._refresh()

    def ended(self, decision: v1.Decision) -> None:
        """Note how a decision ended."""
        state = v1.DecisionState.Name(decision.state).removeprefix("DECISION_STATE_").lower()
        self.tally.ended[state] += 1
        if self._as_json:
            self._emit({"decisionId": decision.decision_id, "ended": state})
        self._refresh()

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Within the block, tell on standard error what the SDK warns of, such as a server that went away."""
        listener = _Listener(self.warn)
        logger = logging.getLogger("governance_client")
        logger.addHandler(listener)
        try:
            yield
        finally:
            logger.removeHandler(listener)

    def warn(self, sentence: str) -> None:
        """Say what is wrong, while it goes on; the same again and again is said once."""
        if sentence == self._warned:
            return
        self._warned = sentence
        self._clear()
        self._progress.write(inert(sentence) + "\n")
        self._progress.flush()

    def fault(self, sentence: str) -> None:
        """Say why it does not go on."""
        self._clear()
        self._progress.write(f"governance: {inert(sentence)}\n")
        self._progress.flush()

    def summary(self, *, interrupted: bool = False) -> None:
        """Say what became of the file."""
        self._clear()
        if self._as_json:
            tally = self.tally
            counts = {"proposed": tally.proposed, "known": tally.known, "joined": tally.joined}
            skipped = {
                "refused": tally.refused,
                "malformed": tally.malformed,
                "other": tally.other,
                "ended": dict(tally.ended),
            }
            self._emit({"summary": {**counts, **skipped, "interrupted": interrupted}})
        else:
            text = _("Interrupted. {counts}.") if interrupted else "{counts}."
            self._out.write(text.format(counts=self._counts()) + "\n")
            self._out.flush()

    def _counts(self) -> str:
        tally = self.tally
        proposed = _("{count} proposed ({known} known already)") if tally.known else _("{count} proposed")
        parts = [proposed.format(count=tally.proposed, known=tally.known)]
        named = (
            (tally.joined, _("{count} joined an open decision")),
            (tally.refused, _("{count} refused")),
            (tally.malformed, _("{count} malformed and skipped")),
            (tally.other, _("{count} no alerts")),
        )
        parts += [what.format(count=count) for count, what in named if count]
        parts += [f"{count} {state}" for state, count in sorted(tally.ended.items())]
        return ", ".join(parts)

    def _tell(self, sentence: str, document: dict[str, object]) -> None:
        if self._as_json:
            self._emit(document)
            return
        self._clear()
        self._progress.write(inert(sentence) + "\n")
        self._refresh()

    def _emit(self, document: dict[str, object]) -> None:
        self._out.write(json.dumps(document) + "\n")
        self._out.flush()

    def _refresh(self) -> None:
        """Write the progress line anew, on a terminal, if it is time."""
        if not self._live:
            return
        now_s = asyncio.get_running_loop().time()
        if now_s - self._written_s < _REFRESH_S:
            return
        self._written_s = now_s
        rate = self.tally.proposed / max(now_s - self._started_s, _REFRESH_S)
        waiting = self._waiting_for - self.tally.ended.total()
        going = _("waiting for {count}").format(count=waiting) if waiting > 0 else f"{rate:,.0f}/s"
        line = f"{self._counts()}; {going}"
        self._progress.write("\r" + line.ljust(len(self._line)))
        self._progress.flush()
        self._line = line

    def _clear(self) -> None:
        if self._line:
            self._progress.write("\r" + " " * len(self._line) + "\r")
            self._line = ""


class _Listener(logging.Handler):
    """Hands on what is logged, from warnings upwards, as sentences."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(record.getMessage())


def inert(text: str) -> str:
    """Return text that cannot move a terminal: one line of printable characters."""
    return "".join(character if character.isprintable() else "·" for character in text)
