"""`audit ls`: finds entries and writes them, each checked on the way."""

from __future__ import annotations

import io
import json
import sys
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Final

from google.protobuf import json_format

from governance import v1
from governance_client.audit import csv_export, ocsf
from governance_client.audit.search import Held, search
from governance_client.cli import status
from governance_client.cli.audit_filter import ChoiceError, entry_filter
from governance_client.cli.clock import CLOCK
from governance_client.cli.finding import find
from governance_client.cli.output import complain, drawn, print_lines, width
from governance_client.console import words
from governance_client.console.events import told
from governance_client.console.inert import name
from governance_client.console.rendering import Line, actor, clip, plain
from governance_client.language import _, ngettext
from governance_client.verify import ChainBrokenError
from governance_client.whole_file import whole_file

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Mapping

    import grpc

    from governance_client.audit.search import Found, Progress
    from governance_client.cli.context import Context

    Write = Callable[[str], object]


async def run(context: Context, arguments: Namespace) -> int:
    """Write the entries that were asked for."""
    form = arguments.format or ("json" if context.json else "table")
    if context.json and form not in {"json", "records"}:
        complain(_("--json and --format {form} say two different things. Leave one away.").format(form=form))
        return status.USAGE
    try:
        chosen = entry_filter(arguments, CLOCK.now_us())
    except ChoiceError as error:
        complain(str(error))
        return status.USAGE
    return await _listed(context, arguments, chosen, form)


async def _listed(context: Context, arguments: Namespace, chosen: v1.EntryFilter, form: str) -> int:
    try:
        with _opened(arguments) as write:
            async with context.channel() as channel:
                request = await _request(channel, arguments, chosen)
                listing = _Listing(form, write, to_file=bool(arguments.output), live=_is_watched(arguments))
                await listing.write_all(channel, request)
    except FileExistsError:
        complain(_("{file} is there already. Name another, or say --force.").format(file=arguments.output))
        return status.USAGE
    except OSError as error:
        if not arguments.output:
            raise
        why = error.strerror or error
        complain(_("{file} cannot be written: {why}. Nothing was.").format(file=arguments.output, why=why))
        return status.USAGE
    if form == "table" and not arguments.output:
        print_lines([[("class:dim", listing.told(arguments.limit))]])
    return status.DONE


async def _request(channel: grpc.aio.Channel, arguments: Namespace, chosen: v1.EntryFilter) -> v1.ListEntriesRequest:
    decision_id = (await find(channel, arguments.decision)).decision_id if arguments.decision else ""
    return v1.ListEntriesRequest(offset=arguments.after, limit=arguments.limit, decision_id=decision_id, filter=chosen)


@contextmanager
def _opened(arguments: Namespace) -> Iterator[Write]:
    """Give what writes: to a file that is there only once it is whole, or to standard output."""
    if not arguments.output:
        yield sys.stdout.write
        return
    with whole_file(arguments.output, force=arguments.force) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        try:
            yield text.write
        finally:
            text.detach()


def _is_watched(arguments: Namespace) -> bool:
    """Tell whether somebody looks at how far it has got, and at nothing else."""
    return sys.stderr.isatty() and bool(arguments.output or not sys.stdout.isatty())


class _Listing:
    """One listing: writes what is found, and knows how far it is."""

    def __init__(self, form: str, write: Write, *, to_file: bool, live: bool) -> None:
        self._form = form
        self._to_file = to_file
        self._write = write
        self._live = live
        self._count = 0
        self._last = 0

    async def write_all(self, channel: grpc.aio.Channel, request: v1.ListEntriesRequest) -> None:
        """Write everything that a request finds."""
        if self._form == "csv":
            self._write(csv_export.header())
        try:
            async with aclosing(search(channel, request, self._tell)) as found:
                async for each in found:
                    self._write_one(each)
                    self._count += 1
                    self._last = each.entry.offset
        finally:
            if self._live:
                sys.stderr.write("\r\x1b[K")

    def _write_one(self, found: Found) -> None:
        if self._form == "table" and not self._to_file:
            print_lines([_line(found)])  # in colours, on a terminal
            return
        for line in written(self._form, found):
            self._write(line)

    def told(self, limit: int) -> str:
        """Return what a person wants to know at the end."""
        checked = ngettext(
            "{count} entry, its hash as it should be.", "{count} entries, every hash as it should be.", self._count
        ).format(count=self._count)
        if limit and self._count == limit:
            return checked + " " + _("There may be more: --after {offset}.").format(offset=self._last)
        return checked

    def _tell(self, progress: Progress) -> None:
        if self._live:
            far = _("looked at {offset:,} of {head:,}, {count:,} found")
            told = far.format(offset=progress.offset, head=progress.head_offset, count=self._count)
            sys.stderr.write(drawn(f"\r{told}\x1b[K"))
            sys.stderr.flush()


def written(form: str, found: Found) -> list[str]:
    """Return an entry in one of the forms. Raises ChainBrokenError where it holds what the form cannot say."""
    try:
        return list(_FORMS[form](found))
    except (ValueError, json_format.Error):  # such as a moment in no year that there is
        raise ChainBrokenError(found.entry.offset, _("it holds a value that no server writes")) from None


def _line(found: Found) -> Line:
    """Return one line to read."""
    entry = found.entry
    line: Line = [
        ("class:dim", f"{entry.offset:>6} {words.moment(entry.recorded_at)} "),
        ("", f"{actor(entry.actor):<24} "),
        ("class:id", f"{name(entry.decision_id)} " if entry.decision_id else ""),
        ("class:dim", _HELD[found.held]()),
        ("", "; ".join(map(told, entry.events))),
    ]
    return clip(line, width())


def _table(found: Found) -> Iterator[str]:
    yield plain(_line(found)).rstrip() + "\n"


def _json(found: Found) -> Iterator[str]:
    """Give an object with the entry, its hash, and its personal data or their shape, in protobuf's JSON."""
    told: dict[str, object] = {
        "entry": json_format.MessageToDict(found.entry),
        "hash": found.record.hash.hex(),
        "personalData": found.held.value,
    }
    if found.held in {Held.SHOWN, Held.REDACTED}:
        told["personal"] = json_format.MessageToDict(found.personal)
    yield json.dumps(told) + "\n"


def _records(found: Found) -> Iterator[str]:
    """Give the record as the server gave it, with the bytes that were hashed."""
    yield json_format.MessageToJson(found.record, indent=None) + "\n"


def _csv(found: Found) -> Iterator[str]:
    yield csv_export.row(found)


_FORMS: Final[Mapping[str, Callable[[Found], Iterator[str]]]] = {
    "table": _table,
    "json": _json,
    "records": _records,
    "csv": _csv,
    "ocsf": ocsf.lines,
}
_HELD: Final[Mapping[Held, Callable[[], str]]] = {
    Held.NONE: lambda: "",
    Held.SHOWN: lambda: "",
    Held.REDACTED: lambda: _("[redacted]") + " ",
    Held.ERASED: lambda: _("[erased]") + " ",
}
