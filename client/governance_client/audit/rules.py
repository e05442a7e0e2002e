"""What the entries of a ledger have to say of its decisions and of the house, whoever signed them."""

from __future__ import annotations

import hashlib
from typing import Final

from governance import v1
from governance_client.audit.course import ENDS, KINDS, Course, Phase, UnruledError
from governance_client.audit.faults import ProofBrokenError
from governance_client.language import _

_HOUSE_MOST: Final = 19
"""Events of the house have numbers up to this one; the others are about a decision."""
_NUMBERS: Final = {field.name: field.number for field in v1.Event.DESCRIPTOR.fields}
_KEY_BYTES: Final = 8


class Rules:
    """Every decision's course, side by side.

    Of a decision that has ended only a number is kept, about a hundred bytes: memory grows with what is open, and
    slightly with what was.

    Args:
        beginning: Reading starts with the first entry, so that every decision's beginning has to be seen.

    Attributes:
        decisions: How many decisions began.
        unread: How many entries hold an event that this version does not know; their decisions are not judged further.
    """

    def __init__(self, *, beginning: bool = True) -> None:
        self.decisions = 0
        self.unread = 0
        self._beginning = beginning
        self._open: dict[str, Course] = {}
        self._ended: dict[int, int] = {}
        self._unjudged: dict[str, int] = {}
        self._numbered = not beginning

    @property
    def open(self) -> int:
        """How many of them have not ended."""
        return len(self._open)

    def take(self, entry: v1.Entry) -> None:
        """Take in the next entry.

        Raises:
            ProofBrokenError: It says what may not be.
        """
        kinds = [event.WhichOneof("kind") for event in entry.events]
        if not kinds:
            raise ProofBrokenError(entry.offset, _("nothing happened in it"))
        if None in kinds:
            self.unread += 1
        of_house = [kind is not None and _NUMBERS[kind] <= _HOUSE_MOST for kind in kinds]
        if entry.decision_id:
            if any(of_house):
                raise ProofBrokenError(entry.offset, _("it is about a decision and about the house"))
            self._take_decision(entry, readable=all(kind in KINDS for kind in kinds))
        elif not all(each or kind is None for each, kind in zip(of_house, kinds, strict=True)):
            raise ProofBrokenError(entry.offset, _("something happened to a decision that it does not name"))

    def _take_decision(self, entry: v1.Entry, *, readable: bool) -> None:
        name = entry.decision_id
        if name in self._unjudged or not readable:
            self._pass_unjudged(entry)
            return
        course = self._open.get(name) or self._recalled(name)
        if course is None:
            course = self._begun(entry)
            if course is None:
                return
        self._check_version(entry, course.version + 1)
        try:
            course.take(entry)
        except UnruledError as error:
            raise ProofBrokenError(
                entry.offset, _("it breaks the rules: {why} ({name})").format(why=error, name=name)
            ) from None
        self._keep(name, course)

    def _begun(self, entry: v1.Entry) -> Course | None:
        """Return a course that begins; None where it began before the reading did."""
        if entry.events[0].WhichOneof("kind") == "decision_proposed":
            self.decisions += 1
            return Course(entry.decision_id)
        if self._beginning:
            raise ProofBrokenError(
                entry.offset,
                _("it is about a decision whose beginning is missing ({decision_id})").format(
                    decision_id=entry.decision_id
                ),
            )
        self._unjudged[entry.decision_id] = entry.decision_version
        return None

    def _pass_unjudged(self, entry: v1.Entry) -> None:
        """Count on a decision of which too little is known to judge more."""
        known = self._unjudged.get(entry.decision_id)
        if known is None:
            course = self._open.pop(entry.decision_id, None) or self._recalled(entry.decision_id)
            known = course.version if course is not None else 0
            self._ended.pop(_key(entry.decision_id), None)
        self._check_version(entry, known + 1)
        self._unjudged[entry.decision_id] = known + 1

    def _check_version(self, entry: v1.Entry, expected: int) -> None:
        if entry.decision_version == 0 and not self._numbered:
            return  # from before entries were numbered
        self._numbered = True
        if entry.decision_version != expected:
            raise ProofBrokenError(
                entry.offset,
                _("it is its decision's entry {number}, and {expected} would be the next ({decision})").format(
                    number=entry.decision_version, expected=expected, decision=entry.decision_id
                ),
            )

    def _recalled(self, name: str) -> Course | None:
        kept = self._ended.get(_key(name))
        if kept is None:
            return None
        course = Course(name)
        course.version, executed = kept >> 1, kept & 1
        course.phase = Phase.EXECUTED if executed else Phase.ENDED
        return course

    def _keep(self, name: str, course: Course) -> None:
        if course.phase not in ENDS:
            self._open[name] = course
            return
        self._open.pop(name, None)
        self._ended[_key(name)] = course.version << 1 | (course.phase is Phase.EXECUTED)


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:_KEY_BYTES], "big")
