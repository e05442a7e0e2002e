"""The execution journal: what an instance of core has taken on, so that a crash never makes it act twice.

Each line is a JSON object, and stands on the disk before the step after it is taken:

```text
intended ──► executing ──► outcome ──► reported        the order's end
    └──────► abandoned                                  leave was not given
```

After a crash, `intended` means that nothing was executed: the order is accepted again with the same request_id.
`executing` means that it may have been executed: it is unknown, unless its executor is idempotent. `outcome` means that
it was executed and the server may not know: it is reported again with the same request_id.
"""

from __future__ import annotations

import enum
import fcntl
import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from governance import v1
from governance_client.errors import JournalError
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self

_FORMAT: Final = "governance execution journal 1"
_MODE: Final = 0o600
_COMPACT_FROM_LINES: Final = 10_000
"""A journal longer than this is rewritten, when it is opened, to what is not finished."""


class Stage(enum.StrEnum):
    """How far an order has come."""

    INTENDED = "intended"
    EXECUTING = "executing"
    OUTCOME = "outcome"
    REPORTED = "reported"
    ABANDONED = "abandoned"


_NEXT: Final = {
    None: {Stage.INTENDED, Stage.EXECUTING, Stage.OUTCOME},
    Stage.INTENDED: {Stage.EXECUTING, Stage.ABANDONED},
    Stage.EXECUTING: {Stage.EXECUTING, Stage.OUTCOME},
    Stage.OUTCOME: {Stage.REPORTED},
}
"""What may follow what. EXECUTING again is an idempotent executor's second run; a journal that was rewritten starts
with whatever stage an order had come to."""


class Step(NamedTuple):
    """Everything known of one order that was taken on.

    Attributes:
        order_id: The order.
        decision_id: Its decision.
        action_type: What kind of action it is.
        action_digest: The digest core computed.
        accept_request_id: The request id of its AcceptOrder.
        stage: How far it has come.
        report_request_id: The request id of its ReportOrder; empty before there is an outcome.
        result: What became of it; UNSPECIFIED before there is an outcome.
        detail: What the executor said.
    """

    order_id: str
    decision_id: str
    action_type: int
    action_digest: bytes
    accept_request_id: str
    stage: Stage = Stage.INTENDED
    report_request_id: str = ""
    result: v1.OutcomeResult.ValueType = v1.OUTCOME_RESULT_UNSPECIFIED
    detail: str = ""


class Journal:
    """One instance's journal, held by one process at a time.

    Attributes:
        in_flight: The orders that are not finished, by order id.
    """

    def __init__(self, path: Path | str, instance: str) -> None:
        """Open or create the journal and take hold of it.

        Raises:
            JournalError: Another process holds it, it is another instance's, it is damaged, or it cannot be written.
        """
        self._path = Path(path)
        self._instance = instance
        self.in_flight: dict[str, Step] = {}
        self._broken = False
        try:
            self._file = _hold(self._path)
            try:
                self._recover()
            except (OSError, JournalError):
                self._file.close()
                raise
        except OSError as error:
            raise JournalError(
                _("The journal {path} cannot be used: {why}.").format(path=self._path, why=error.strerror or error)
            ) from None

    def __enter__(self) -> Self:
        """Return the journal itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def append(self, steps: Sequence[Step]) -> None:
        """Write how far orders have come. Durable when it returns. May be called from another thread.

        Raises:
            JournalError: It could not be written; then nothing may be done that depends on it.
        """
        try:
            if self._broken:
                raise OSError(_("an earlier write failed"))  # noqa: TRY301 - one end for all that cannot be written
            self._broken = True
            _write(self._file, b"".join(_line(_document(step)) for step in steps))
            os.fsync(self._file.fileno())
            self._broken = False
        except (OSError, ValueError) as error:
            raise JournalError(
                _(
                    "The journal {path} could not be written: {why}. Nothing was executed on account of it; make room "
                    "or mend the disk, and start again."
                ).format(path=self._path, why=error)
            ) from None
        for step in steps:
            self._take(step)

    def close(self) -> None:
        """Let go of the journal. Idempotent."""
        self._file.close()

    def _take(self, step: Step) -> None:
        known = self.in_flight.get(step.order_id)
        assert step.stage in _NEXT.get(known.stage if known else None, ()), f"{step.stage} cannot follow"
        if step.stage in (Stage.REPORTED, Stage.ABANDONED):
            del self.in_flight[step.order_id]
        else:
            self.in_flight[step.order_id] = step

    def _recover(self) -> None:
        content = self._file.read()
        lines, whole = _whole_lines(content, self._path)
        if lines:
            self._replay(lines)
        if not lines:
            self._start_anew(())
        elif len(lines) > _COMPACT_FROM_LINES:
            self._start_anew(self.in_flight.values())
        else:
            self._file.truncate(whole)
            self._file.seek(whole)

    def _replay(self, lines: Sequence[Any]) -> None:
        head, *rest = lines
        if not isinstance(head, dict) or head.get("format") != _FORMAT:
            raise JournalError(_("{path} is not an execution journal. Name another file.").format(path=self._path))
        if head.get("instance") != self._instance:
            raise JournalError(
                _("{path} is the journal of instance {other!r}, not of {own!r}. Every instance needs its own.").format(
                    path=self._path, other=head.get("instance"), own=self._instance
                )
            )
        try:
            for document in rest:
                self._take(_step(document))
        except (AssertionError, KeyError, TypeError, ValueError, AttributeError, OverflowError):
            raise _damaged(self._path) from None

    def _start_anew(self, steps: Iterable[Step]) -> None:
        """Replace the file by one that holds only these steps, keeping hold of it all the while."""
        fresh_path = self._path.with_name(f".{self._path.name}.new")
        fresh_path.unlink(missing_ok=True)
        fresh = _hold(fresh_path)
        head = _line({"format": _FORMAT, "instance": self._instance})
        _write(fresh, head + b"".join(_line(_document(step)) for step in steps))
        os.fsync(fresh.fileno())
        fresh_path.replace(self._path)
        _sync_directory(self._path.parent)
        self._file.close()
        self._file = fresh


def _hold(path: Path) -> io.FileIO:
    """Open a file, unbuffered and private, and lock it. Raises JournalError where another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
    file = io.FileIO(descriptor, "r+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = path.stat().st_ino == os.fstat(descriptor).st_ino  # else it was replaced while we opened it
    except BlockingIOError:
        held = False
    if not held:
        file.close()
        raise JournalError(
            _(
                "Another process is using the journal {path}. Stop it, or give this instance a journal of its own."
            ).format(path=path)
        )
    return file


def _write(file: io.FileIO, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


def _whole_lines(content: bytes, path: Path) -> tuple[list[Any], int]:
    """Return the lines that were written whole, and how many bytes they take.

    What a crash tore is at the end, with nothing whole after it. Anything else is damage: JournalError.
    """
    lines: list[Any] = []
    whole = 0
    for raw in content.splitlines(keepends=True):
        line = _parsed(raw)
        if line is None:
            torn = content[whole + len(raw) :].splitlines(keepends=True)
            if any(_parsed(later) is not None for later in torn):
                raise _damaged(path)
            break
        lines.append(line)
        whole += len(raw)
    return lines, whole


def _parsed(raw: bytes) -> Any:
    """Return a line's object; None where it is torn."""
    if not raw.endswith(b"\n"):
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _line(document: dict[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _document(step: Step) -> dict[str, object]:
    return {
        **step._asdict(),
        "action_digest": step.action_digest.hex(),
        "result": v1.OutcomeResult.Name(step.result),
    }


def _step(document: dict[str, Any]) -> Step:
    return Step(
        order_id=_text(document["order_id"]),
        decision_id=_text(document["decision_id"]),
        action_type=int(document["action_type"]),
        action_digest=bytes.fromhex(document["action_digest"]),
        accept_request_id=_text(document["accept_request_id"]),
        stage=Stage(document["stage"]),
        report_request_id=_text(document["report_request_id"]),
        result=v1.OutcomeResult.Value(document["result"]),
        detail=_text(document["detail"]),
    )


def _text(value: Any) -> str:
    """Return what a document says as a text that can be sent. Raises ValueError where it holds half a character."""
    text = str(value)
    text.encode()
    return text


def _damaged(path: Path) -> JournalError:
    return JournalError(
        _(
            "The journal {path} is damaged. Find out which of this instance's orders are EXECUTING and what "
            "became of them, then start with a new journal."
        ).format(path=path)
    )


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
