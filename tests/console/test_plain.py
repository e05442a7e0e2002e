"""The surface of programs: lines or messages out, complaints counted, and nobody there to answer."""

from __future__ import annotations

import io
import json

import pytest

from governance_client.console import glyphs
from governance_client.console.plain import Plain
from governance_client.console.surface import Interrupted
from tests.console.examples import decision


def _plain(*, as_json: bool = False) -> tuple[Plain, io.StringIO, list[str]]:
    out, complaints = io.StringIO(), list[str]()
    return Plain(out, complaints.append, width=80, json=as_json), out, complaints


def test_lines() -> None:
    """People's lines are written without colours, and without what stands empty at their ends."""
    plain, out, _ = _plain()
    plain.tell([[("class:late", "late"), ("", "  ")], []], decision())
    assert out.getvalue() == "late\n\n"


def test_messages() -> None:
    """A program gets the messages, one object a line in ASCII, and no lines."""
    plain, out, _ = _plain(as_json=True)
    plain.tell([[("", "for people")]], decision("aaaa0001", target="\x1b[2Jé"), decision("bbbb0001"))
    assert out.getvalue().isascii()
    assert "\x1b" not in out.getvalue()
    assert [json.loads(line)["decisionId"] for line in out.getvalue().splitlines()] == ["aaaa0001", "bbbb0001"]


def test_ascii() -> None:
    """Where only ASCII is drawn, no translation puts anything else out, in as many columns."""
    plain, out, complaints = _plain()
    glyphs.use(ascii=True)
    try:
        plain.tell([[("", "não há decisões… “x”")]])
        plain.refuse("Não.")
    finally:
        glyphs.use(ascii=False)
    assert (out.getvalue(), complaints) == ('nao ha decisoes~ "x"\n', ["Nao."])


def test_refusals() -> None:
    """What was not done is complained about, with the line that asked for it, and counted."""
    plain, out, complaints = _plain()
    plain.refuse("No.")
    plain.line = 3
    plain.refuse("No again.")
    assert (complaints, plain.refused, out.getvalue()) == (["No.", "line 3: No again."], 2, "")


async def test_nobody_answers() -> None:
    """A question is not answered: what asks a person does not happen."""
    plain, _, _ = _plain()
    assert not plain.interactive
    with pytest.raises(Interrupted):
        await plain.answer([("", "sure?")])
