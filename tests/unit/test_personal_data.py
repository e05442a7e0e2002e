"""Personal data stays apart from the entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor


def reachable(message: Descriptor, path: str, seen: set[str]) -> dict[str, FieldDescriptor]:
    """Return every field that a message can hold, however deep, by its path."""
    if message.full_name in seen:
        return {}
    seen.add(message.full_name)
    found = {}
    for field in message.fields:
        here = f"{path}.{field.name}"
        found[here] = field
        if field.message_type is not None:
            found |= reachable(field.message_type, here, seen)
    return found


def marked(message: Descriptor) -> set[str]:
    fields = reachable(message, message.name, set())
    return {path for path, field in fields.items() if field.GetOptions().Extensions[v1.personal_data]}


def test_none_is_reachable_from_an_entry() -> None:
    """No field that can hold personal data is reachable from an entry, so erasing it never touches a proof."""
    assert marked(v1.Entry.DESCRIPTOR) == set()
    assert "Entry.events.decision_proposed.assessment.justification" in reachable(v1.Entry.DESCRIPTOR, "Entry", set())


def test_marks_are_found_where_they_are() -> None:
    """The walk does find the marks, where personal data is meant to be."""
    found = marked(v1.PersonalData.DESCRIPTOR)
    assert "PersonalData.remark" in found
    assert "PersonalData.proposal.action.targets.value" in found
