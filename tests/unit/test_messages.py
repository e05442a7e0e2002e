"""What people are told is looked up in catalogues, and the catalogues are complete."""

from __future__ import annotations

import argparse
import io
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract

import catalogues
import governance_client
from governance_client.language import LANGUAGES
from tests.support.unspoken import looked_up_at_import, unspoken

if TYPE_CHECKING:
    from collections.abc import Callable

    Texts = dict[str, str | tuple[str, str]]

PACKAGE: Final = Path(governance_client.__file__).parent
LOCALES: Final = PACKAGE / "locale"
DATA: Final = "what core writes into the ledger; it is nobody's screen, and the ledger has one language"
MARKUP: Final = "how a page is drawn, and no words of it"
FORMAT: Final = "a format of files or of the wire; its words are fixed"
TYPED: Final = "what is typed, which is the same in every language"
LOG: Final = "a line of the log, for whoever runs core"
EXEMPT: Final = {
    ("audit/keys.py", "governance-workspace key change"): FORMAT,
    ("audit/notes.py", "cosignature/v1"): FORMAT,
    ("audit/ocsf.py", ""): FORMAT,
    ("audit/pack.py", "governance-workspace evidence 1"): FORMAT,
    ("audit/pack.py", "{} Unicode {}"): FORMAT,
    ("audit/pack_*.py", "governance audit verify"): TYPED,
    ("audit/*_style.py", ""): MARKUP,
    ("audit/*_markup.py", "<span"): MARKUP,
    ("audit/*_page.py", "<!DOCTYPE"): MARKUP,
    ("audit/*_page.py", "default-src"): MARKUP,
    ("audit/*_page.py", "light dark"): MARKUP,
    ("audit/*_page.py", "width=device-width"): MARKUP,
    ("audit/*.py", "badge "): MARKUP,
    ("audit/*.py", "bar "): MARKUP,
    ("audit/*.py", "dot "): MARKUP,
    ("audit/*.py", "note "): MARKUP,
    ("audit/*.py", "right "): MARKUP,
    ("audit/*.py", "small "): MARKUP,
    ("audit/*.py", "value "): MARKUP,
    ("audit/report_text.py", "governance-workspace report 1"): FORMAT,
    ("audit/report_values.py", "{} UTC"): "a moment, in the zone that all moments here are told in",
    ("bearing.py", "Bearer {}"): FORMAT,
    ("cli/output.py", "governance: {}"): "the program's name, as before every complaint",
    ("cli/parser.py", "governance {}"): "the program's name and version",
    ("cli/run.py", "governance_client.cli.{}"): "the name of a module",
    ("console/completion.py", "parameters.{}="): TYPED,
    ("console/configuration.py", " (at end of document)"): "what the parser of TOML says, which is cut off",
    ("console/doing/sending.py", "{} --reason {}"): TYPED,
    ("console/grounds.py", "core says"): "one of quoting.LABELS, looked up where it is drawn",
    ("console/talk.py", "Callable[["): "the name of a type",
    ("console/telling.py", "class:risk.{}"): MARKUP,
    ("console/terminal.py", "\x1b]9;Governance"): "a sequence for the terminal, with the program's name",
    ("console/theme.py", "noreverse"): MARKUP,
    ("console/vocabulary.py", ""): "examples of what can be typed, by the names that work in every language",
    ("core/appeals.py", ""): LOG,
    ("core/connection.py", "no session"): LOG,
    ("core/executors.py", ""): DATA,
    ("core/orders.py", ""): DATA,
    ("errors.py", "Internal error from Core"): "what gRPC says, which is compared with",
    ("errors.py", "socket closed"): "what gRPC says, which is compared with",
    ("errors.py", "connection reset"): "what gRPC says, which is compared with",
    ("errors.py", "endpoint closing"): "what gRPC says, which is compared with",
    ("errors.py", "verification check"): "what gRPC says, which is compared with",
    ("eve/acts.py", "written down"): DATA,
    ("eve/exhibits.py", ""): DATA,
    ("eve/network.py", ""): DATA,
    ("eve/proposals.py", ""): DATA,
    ("eve/report.py", "governance: {}"): "the program's name, as before every complaint",
    ("eve/responses.py", ""): DATA,
    ("journal.py", "governance execution journal 1"): FORMAT,
    ("operator/inflight.py", "`show {}`"): TYPED,
    ("operator/modification.py", "parameters."): TYPED,
}
"""What looks like words for people and is not looked up: the files, how it starts, and why."""


@pytest.fixture(scope="module")
def sources() -> Catalog:
    return catalogues.of_sources(PACKAGE)


def _exempt(file: str, text: str) -> tuple[str, str] | None:
    return next((key for key in EXEMPT if fnmatch(file, key[0]) and text.startswith(key[1])), None)


def test_everything_that_people_are_told_is_looked_up() -> None:
    """No module of the client has words for people that pass the catalogues by, but those listed with a reason."""
    found = [each for each in unspoken(PACKAGE) if not _exempt(each.file, each.text)]
    assert [f"{each.file}:{each.line}: {each.text[:80]!r}" for each in found] == []


def test_no_reason_outlives_what_it_is_for() -> None:
    """An exemption of which nothing is left is taken off the list."""
    used = {_exempt(each.file, each.text) for each in unspoken(PACKAGE)}
    assert set(EXEMPT) - used == set()


def test_nothing_is_looked_up_before_the_language_is_known() -> None:
    """A text that is looked up while a module is imported would stay in the language of that moment."""
    assert list(looked_up_at_import(PACKAGE)) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('complain("Nothing was sent.")', ["Nothing was sent."]),
        ('say(f"{count} wait for you")', ["{} wait for you"]),
        ('TEXT = "Name it by an id"', ["Name it by an id"]),
        ('say("Done.")', ["Done."]),
        ('complain(_("Nothing was sent."))', []),
        ('say(ngettext("{count} waits here", "{count} wait here", 2))', []),
        ('def f():\n    """Do what is to be done."""', []),
        ('raise AssertionError("this cannot be so")', []),
        ('assert x, "this cannot be so"', []),
        ('_log.warning("no session: %s", error)', []),
        ('style = "class:risk.high"', []),
    ],
)
def test_what_is_not_looked_up_is_found(source: str, found: list[str], tmp_path: Path) -> None:
    """Sentences are, also with values in them; docstrings, bugs, log lines and names are not."""
    (tmp_path / "module.py").write_text(source, "utf-8")
    assert [each.text for each in unspoken(tmp_path)] == found


def test_a_lookup_at_import_is_found(tmp_path: Path) -> None:
    """In a constant, a class or a default, and not within a function."""
    (tmp_path / "module.py").write_text(
        'A = _("x")\nclass B:\n    C = pgettext("x", "y")\ndef f(a=_("z")):\n    return _("w")\nD = lambda: _("v")\n',
        "utf-8",
    )
    assert [line for _file, line in looked_up_at_import(tmp_path)] == [1, 3, 4]


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogues_are_complete(language: str, sources: Catalog) -> None:
    """Each has every text, none more, with the same placeholders; nothing is fuzzy, and all is compiled."""
    assert catalogues.faults(LOCALES / language / "LC_MESSAGES" / "governance.po", language, sources) == []


def test_the_languages_are_those_that_there_are_catalogues_for() -> None:
    """What the program offers and what there is are one."""
    assert sorted(LANGUAGES) == sorted(each.name for each in LOCALES.iterdir() if each.is_dir())


def _texts() -> Catalog:
    made = Catalog()
    made.add("{count} of them wait", locations=[("a.py", 1)])
    made.add(("one left", "{count} left"), locations=[("a.py", 2)])
    made.add("pending", context="state", locations=[("b.py", 3)])
    return made


GOOD: Final[Texts] = {
    "{count} of them wait": "{count} esperam",
    "one left": ("resta {count}", "restam {count}"),
    "pending": "x",
}


def _translated(path: Path, texts: Texts, fuzzy: str = "") -> None:
    """Write a catalogue with these translations, and compile it."""
    spoken = catalogues.updated(catalogues.of_file(path, "pt_BR"), _texts())
    for message in spoken:
        first = message.id[0] if isinstance(message.id, tuple) else message.id
        if message.id and first in texts:
            message.string = texts[first]
        if first and first == fuzzy:
            message.flags.add("fuzzy")
    path.write_bytes(catalogues.written(spoken))
    path.with_suffix(".mo").write_bytes(catalogues.compiled(spoken))


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + text, "utf-8")


SPOILED: Final[dict[str, tuple[Callable[[Path], object], str]]] = {
    "a text without a translation": (
        lambda path: _translated(path, {**GOOD, "pending": ""}),
        "missing: 'pending' (state)",
    ),
    "a plural form without one": (
        lambda path: _translated(path, {**GOOD, "one left": ("a", "")}),
        "missing: 'one left'",
    ),
    "another placeholder": (
        lambda path: _translated(path, {**GOOD, "{count} of them wait": "{contagem} esperam"}),
        "other placeholders: '{count} of them wait'",
    ),
    "a singular for zero and one without the number": (
        lambda path: _translated(path, {**GOOD, "one left": ("resta um", "restam {count}")}),
        "other placeholders: 'one left'",
    ),
    "braces left open": (
        lambda path: _translated(path, {**GOOD, "{count} of them wait": "{count esperam"}),
        "other placeholders",
    ),
    "a fuzzy one": (lambda path: _translated(path, GOOD, fuzzy="pending"), "fuzzy: 'pending'"),
    "one that is gone": (lambda path: _append(path, '\nmsgid "gone"\nmsgstr "foi"\n'), "obsolete: 'gone'"),
    "one marked as gone": (lambda path: _append(path, '\n#~ msgid "gone"\n#~ msgstr "foi"\n'), "obsolete: 'gone'"),
    "another order or wrapping": (lambda path: _append(path, "\n# a remark\n"), "not written as"),
    "nothing compiled": (lambda path: path.with_suffix(".mo").unlink(), "not compiled"),
    "something else compiled": (lambda path: path.with_suffix(".mo").write_bytes(b""), "not compiled"),
    "no file": (lambda path: path.unlink(), "no such file"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_what_is_wrong_with_a_catalogue_is_said(name: str, tmp_path: Path) -> None:
    """A whole catalogue has no fault, and each way to spoil it is told."""
    spoil, told = SPOILED[name]
    path = tmp_path / "governance.po"
    _translated(path, GOOD)
    assert catalogues.faults(path, "pt_BR", _texts()) == []
    spoil(path)
    assert any(told in each for each in catalogues.faults(path, "pt_BR", _texts())), name


def test_bringing_up_to_date_keeps_what_was_translated(tmp_path: Path) -> None:
    """A text that changed a little keeps its translation, to be looked at; and doing it again changes no byte."""
    path = tmp_path / "governance.po"
    _translated(path, GOOD)
    changed = Catalog()
    changed.add("{count} of them wait here", locations=[("a.py", 1)])
    spoken = catalogues.updated(catalogues.of_file(path, "pt_BR"), changed)
    (message,) = [each for each in spoken if each.id]
    assert (message.string, message.fuzzy) == ("{count} esperam", True)
    path.write_bytes(catalogues.written(spoken))
    assert catalogues.written(catalogues.updated(catalogues.of_file(path, "pt_BR"), changed)) == path.read_bytes()
    assert catalogues.compiled(spoken).count(b"esperam") == 0, "what is fuzzy is not spoken"


def test_a_catalogue_names_no_line_and_no_date() -> None:
    """What changes by itself is not in it, so that a change of it is somebody's."""
    for language in LANGUAGES:
        text = (LOCALES / language / "LC_MESSAGES" / "governance.po").read_text("utf-8")
        assert not re.search(r"^#: .*:\d+", text, re.MULTILINE)
        assert not re.search(r"Date|Generated-By|20\d\d-\d\d-\d\d \d\d:\d\d", text.partition("\n\n")[0])


def test_argparse_is_heard_too(sources: Catalog) -> None:
    """Each of argparse's own words that a person can meet is in our catalogues."""
    mistakes = {  # of whoever writes a parser
        *(
            "cannot",
            "conflicting",
            "dest=",
            "invalid conflict",
            "invalid option string",
            "mutually",
            "'required'",
            ".__",
        ),
        *("argument ", "can't open", "%r is not callable"),
    }
    with Path(argparse.__file__).open("rb") as file:
        found = extract("python", io.BytesIO(file.read()), keywords={"_": None, "ngettext": (1, 2)})
        texts = [texts if isinstance(texts, str) else texts[0] for _line, texts, *_rest in found]
    heard = [each for each in texts if not each.startswith(tuple(mistakes)) or each.startswith("argument %(")]
    assert [each for each in heard if each not in sources] == []
