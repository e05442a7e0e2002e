"""Catalogues of what people are told: read from the sources, brought up to date, checked and compiled.

A catalogue is the same bytes for the same sources and translations, on every machine and day: sorted, with the files
that a text is in and no line numbers, dates or versions.
"""

from __future__ import annotations

import io
import re
import string
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator

DOMAIN: Final = "governance"
SOURCE_LANGUAGE: Final = "en"
_CALLS: Final = {"_": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
"""What marks a text, as in governance_client.language; of those with several arguments, which are the text."""
_PERCENT: Final = re.compile(r"%(?:\((?P<name>\w+)\))?[#0 +-]*\d*(?:\.\d+)?(?P<kind>[diouxXeEfFgGcrsa%])")
_NUMBERS: Final = 200
"""So many numbers tell which of them a plural form is for."""
_SHOWN: Final = 60


class Spoken(Catalog):
    """A catalogue whose header says nothing that changes by itself."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The header: what reading the catalogue needs."""
        return [
            ("Project-Id-Version", "governance-workspace"),
            ("Language", str(self.locale_identifier)),
            ("Plural-Forms", self.plural_forms),
            ("MIME-Version", "1.0"),
            ("Content-Type", f"text/plain; charset={self.charset}"),
            ("Content-Transfer-Encoding", "8bit\n"),
        ]


def of_sources(package: Path) -> Catalog:
    """Return every text that a package marks, with the files it is in, by their paths within the package."""
    found = Catalog()
    for file, _line, texts, _comments, context in extract_from_dir(
        package, method_map=[("**.py", "python")], keywords=_CALLS
    ):
        found.add(texts, locations=[(Path(file).as_posix(), None)], context=context)  # type: ignore[list-item]  # no line
    return found


def of_file(path: Path, language: str) -> Spoken:
    """Return the catalogue in a file; an empty one where there is no such file."""
    spoken = Spoken(language, header_comment=_comment(language), fuzzy=False)
    if path.exists():
        with path.open("rb") as file:
            read = read_po(file, locale=language, abort_invalid=True)
        for message in read:
            if message.id:
                spoken[message.id] = message
        spoken.obsolete.update(read.obsolete)
    return spoken


def updated(spoken: Spoken, sources: Catalog) -> Spoken:
    """Bring a catalogue up to date with the sources, and return it.

    A text that is new and like one that is gone gets that one's translation, marked as fuzzy, to be looked at. What is
    gone is left out. The language of the sources needs nobody: its texts are those of the sources.
    """
    source = str(spoken.locale_identifier) == SOURCE_LANGUAGE
    template = Catalog()
    for message in sources:
        if message.id:
            template[message.id] = message.clone()  # the catalogue keeps what it is given, and writes into it
    spoken.update(template, no_fuzzy_matching=source)
    spoken.obsolete.clear()
    if source:
        for message in spoken:
            if message.id:
                message.string = message.id
    return spoken


def written(spoken: Spoken) -> bytes:
    """Return a catalogue as a `.po` file."""
    file = io.BytesIO()
    write_po(file, spoken, width=0, sort_output=True, include_lineno=False)
    return file.getvalue()


def compiled(spoken: Spoken) -> bytes:
    """Return a catalogue as a `.mo` file, without what is fuzzy."""
    file = io.BytesIO()
    write_mo(file, spoken)
    return file.getvalue()


def faults(path: Path, language: str, sources: Catalog) -> list[str]:
    """Return what is wrong with the catalogue in a file and the compiled one beside it, each in one line."""
    if not path.exists():
        return ["there is no such file"]
    spoken = of_file(path, language)
    found = [f"obsolete: {_shown(message)}" for message in spoken.obsolete.values()]
    wanted = {_key(message) for message in sources if message.id}
    found += [f"obsolete: {_shown(each)}" for each in spoken if each.id and _key(each) not in wanted]
    for source in sources:
        if source.id:
            found += _faults_of(spoken, source)
    fresh = of_file(path, language)
    if not found and written(updated(fresh, sources)) != path.read_bytes():
        found.append("it is not written as scripts/messages writes it")
    mo = path.with_suffix(".mo")
    if not mo.exists() or mo.read_bytes() != compiled(spoken):
        found.append(f"{mo.name} is not compiled from it")
    return found


def placeholders(text: str) -> tuple[str, ...]:
    """Return the places in a text that values are put into, sorted: `{name}` and `%(name)s`."""
    found = [
        f"{{{name}{f'!{conversion}' if conversion else ''}{f':{form}' if form else ''}}}"
        for _literal, name, form, conversion in string.Formatter().parse(text)
        if name is not None
    ]
    return tuple(sorted(found + [match[0] for match in _PERCENT.finditer(text) if match["name"]]))


def _faults_of(spoken: Spoken, source: Message) -> Iterator[str]:
    message = spoken.get(source.id, source.context)
    if message is None or not all(_forms(message)):
        yield f"missing: {_shown(source)}"
        return
    if message.fuzzy:
        yield f"fuzzy: {_shown(source)}"
    if str(spoken.locale_identifier) == SOURCE_LANGUAGE and message.string != message.id:
        yield f"not what the sources say: {_shown(source)}"
    for number, form in enumerate(_forms(message)):
        try:
            same = placeholders(form) in _fitting(spoken, source, number)
        except ValueError:  # braces that are not closed
            same = False
        if not same:
            yield f"other placeholders: {_shown(source)} has {' '.join(placeholders(_forms(source, ids=True)[-1]))}"


def _fitting(spoken: Spoken, source: Message, number: int) -> list[tuple[str, ...]]:
    """Return the placeholders that a form may have: those of the English singular only where it is for one number."""
    texts = _forms(source, ids=True)
    fitting = [placeholders(texts[-1])]
    if len(texts) > 1 and sum(_form_for(spoken, count) == number for count in range(_NUMBERS)) == 1:
        fitting.append(placeholders(texts[0]))
    return fitting


def _form_for(spoken: Spoken, count: int) -> int:
    """Return which plural form of a language a number takes."""
    from gettext import c2py

    return int(c2py(spoken.plural_expr)(count))


def _forms(message: Message, *, ids: bool = False) -> tuple[str, ...]:
    texts = message.id if ids else message.string
    return (texts,) if isinstance(texts, str) else tuple(texts or ("",))


def _key(message: Message) -> tuple[str, str]:
    return message.context or "", _forms(message, ids=True)[0]


def _shown(message: Message) -> str:
    text = _forms(message, ids=True)[0]
    shown = repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
    where = ", ".join(sorted({file for file, _line in message.locations}))
    context = f" ({message.context})" if message.context else ""
    return f"{shown}{context}{f' in {where}' if where else ''}"


def _comment(language: str) -> str:
    if language == SOURCE_LANGUAGE:
        return f"# What people are told, in {language}. Written by scripts/messages from the sources."
    return f"# What people are told, in {language}. scripts/messages writes all of it but each msgstr; see README.md."
