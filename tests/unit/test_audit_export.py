"""Exports of entries: complete, inert, checked, and in constant memory."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import stat
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from governance import v1
from governance_client.audit import csv_export, ocsf
from governance_client.audit.search import Found, Held, checked, found_of
from governance_client.cli.audit_filter import ChoiceError, entry_filter
from governance_client.cli.audit_ls import written
from governance_client.cli.audit_parser import FORMATS, TIERS
from governance_client.cli.grammar import RISKS, STATES
from governance_client.cli.parser import build_parser
from governance_client.verify import ChainBrokenError
from governance_client.whole_file import whole_file

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from governance_client.audit.search import Progress

SALT = bytes(32)
OPERATOR = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="alice", role=v1.ROLE_SOC_OPERATOR)
KINDS = [field.name for field in v1.Event.DESCRIPTOR.fields]


def record(entry: v1.Entry, personal: v1.PersonalData | None = None) -> v1.LedgerRecord:
    """A record as a server gives it, with the hash that its bytes have."""
    made = v1.LedgerRecord()
    if personal is not None:
        made.salt, made.personal = SALT, personal.SerializeToString()
        entry.personal_commitment = hashlib.sha256(b"\x02" + SALT + made.personal).digest()
    made.entry = entry.SerializeToString()
    made.hash = hashlib.sha256(b"\x00" + made.entry).digest()
    return made


def found(*events: v1.Event, personal: v1.PersonalData | None = None, **fields: Any) -> Found:
    entry = v1.Entry(offset=7, events=events, **fields)
    entry.recorded_at.FromJsonString("2026-03-01T10:00:00.123456Z")
    made = record(entry, personal)
    return found_of(made, entry)


def event_of(kind: str) -> v1.Event:
    event = v1.Event()
    getattr(event, kind).SetInParent()
    return event


class TestPersonalData:
    def test_what_there_is(self) -> None:
        """It is told whether there never was any, whether it is shown or withheld, and whether it was erased."""
        said = v1.PersonalData(remark="because")
        assert found(event_of("note_added")).held is Held.NONE
        shown = found(event_of("note_added"), personal=said)
        assert (shown.held, shown.personal) == (Held.SHOWN, said)
        erased = v1.LedgerRecord(entry=shown.record.entry, hash=shown.record.hash)
        assert found_of(erased, shown.entry) == Found(erased, shown.entry, Held.ERASED, v1.PersonalData())
        shape = v1.PersonalData(remark="[redacted]")
        redacted = v1.LedgerRecord(entry=shown.record.entry, hash=shown.record.hash, redacted=shape)
        assert found_of(redacted, shown.entry)[2:] == (Held.REDACTED, shape)

    def test_what_cannot_be_read(self) -> None:
        """Personal data that are no message are damage, also where they are what was committed to."""
        broken = record(v1.Entry(offset=7))
        broken.salt, broken.personal = SALT, b"\xff"
        with pytest.raises(ChainBrokenError, match="entry 7"):
            found_of(broken, v1.Entry(offset=7, personal_commitment=bytes(32)))


class TestCsv:
    @given(st.text())
    @example("=1+1")
    @example("  @SUM(A1)")
    @example("\t=1")
    @example("\r\n-1")
    @example("＝1")  # noqa: RUF001 - full-width
    def test_no_cell_is_a_formula(self, text: str) -> None:
        """Whatever somebody wrote, no cell begins as a formula does, ends its line, or moves anything."""
        line = csv_export.row(found(event_of("note_added"), personal=v1.PersonalData(remark=text)))
        (row,) = csv.reader(io.StringIO(line, newline=""))
        assert len(row) == len(csv_export.CELLS)
        for cell in row:
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))  # noqa: RUF001
            assert cell.isprintable()

    def test_what_a_row_tells(self) -> None:
        """A row has who, what, when, about which decision, and what was said."""
        proposed = v1.DecisionProposed(
            action_type=v1.ACTION_TYPE_BLOCK_IP, assessment=v1.Assessment(risk=v1.RISK_LEVEL_HIGH)
        )
        personal = v1.PersonalData(proposal=v1.Proposal(evidence=v1.Evidence(reasoning="Seen, scanning")))
        personal.proposal.action.targets.add(value="192.0.2.1")
        told = found(
            v1.Event(decision_proposed=proposed), personal=personal, actor=OPERATOR, decision_id="d-1", request_id="r"
        )
        (names, cells) = csv.reader(io.StringIO(csv_export.header() + csv_export.row(told), newline=""))
        row = dict(zip(names, cells, strict=True))
        assert row["recorded_at"] == "2026-03-01T10:00:00.123456Z"
        assert (row["actor_kind"], row["actor"], row["role"]) == ("operator", "alice", "soc_operator")
        assert (row["events"], row["risk"], row["action"]) == ("decision_proposed", "high", "block_ip")
        assert (row["targets"], row["said"], row["personal"]) == ("192.0.2.1", "Seen, scanning", "shown")

    def test_words_of_a_later_version(self) -> None:
        """What this version has no name for is told by its number, or as unknown."""
        later = found(v1.Event(), actor=v1.Actor(kind=99, name="x", role=98))  # type: ignore[arg-type]
        (row,) = csv.reader([csv_export.row(later)])
        assert row[2:6] == ["99", "x", "98", "unknown"]


def requirements(event: dict[str, Any]) -> dict[str, type]:
    """What class API Activity of OCSF 1.3.0 requires, by path, with its type; of an object, where it is there."""
    required: dict[str, type] = {
        "activity_id": int,
        "category_uid": int,
        "class_uid": int,
        "severity_id": int,
        "time": int,
        "type_uid": int,
        "metadata.version": str,
        "metadata.product.vendor_name": str,
        "actor.user.name": str,
        "api.operation": str,
        "src_endpoint.name": str,
    }
    if "request" in event["api"]:
        required["api.request.uid"] = str
    return required


class TestOcsf:
    @pytest.mark.parametrize("kind", KINDS)
    def test_what_the_schema_requires(self, kind: str) -> None:
        """Every kind of event has all that OCSF requires, and its identifiers agree with each other."""
        told = found(event_of(kind), actor=OPERATOR, decision_id="d-1", request_id="r-1")
        (line,) = ocsf.lines(told)
        event = json.loads(line)
        for path, kind_of in requirements(event).items():
            value: Any = event
            for step in path.split("."):
                value = value[step]
            assert isinstance(value, kind_of), path
            assert value or path == "severity_id"
        assert (event["category_uid"], event["class_uid"]) == (6, 6003)
        assert event["activity_id"] in {1, 2, 3, 4}
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        assert event["severity_id"] in {1, 2, 3, 4, 5, 6}
        assert event["status_id"] in {0, 1, 2}
        assert event["metadata"]["version"] == "1.3.0"

    def test_the_house_and_the_servers_own(self) -> None:
        """What the timekeeper did, about no decision and without a request, lacks nothing either."""
        told = found(event_of("halt_ended"), actor=v1.Actor(kind=v1.ACTOR_KIND_TIMEKEEPER))
        event = json.loads(next(ocsf.lines(told)))
        assert event["actor"]["user"] == {"name": "timekeeper", "type_id": 3, "type": "System"}
        assert "resources" not in event
        assert "request" not in event["api"]

    def test_one_event_each(self) -> None:
        """Each thing that happened is an event of its own; the first carries what was said, and no id is twice."""
        told = found(
            event_of("decision_approved"),
            event_of("order_issued"),
            personal=v1.PersonalData(remark="a"),
            actor=OPERATOR,
        )
        first, second = map(json.loads, ocsf.lines(told))
        assert (first["api"]["operation"], second["api"]["operation"]) == ("decision_approved", "order_issued")
        assert first["unmapped"]["personal"] == {"remark": "a"}
        assert "personal" not in second["unmapped"]
        assert first["metadata"]["uid"] != second["metadata"]["uid"]
        assert first["time"] == 1772359200123

    @pytest.mark.parametrize(
        ("result", "status"),
        [(v1.OUTCOME_RESULT_EXECUTED, 1), (v1.OUTCOME_RESULT_FAILED, 2), (v1.OUTCOME_RESULT_UNKNOWN, 0)],
    )
    def test_an_outcome(self, result: v1.OutcomeResult.ValueType, status: int) -> None:
        """An order that failed is a failure; one that nobody knows about is unknown."""
        event = v1.Event(outcome_reported=v1.OutcomeReported(result=result))
        assert json.loads(next(ocsf.lines(found(event))))["status_id"] == status

    def test_a_later_version(self) -> None:
        """An event that this version does not know is told as another activity."""
        event = json.loads(next(ocsf.lines(found(v1.Event()))))
        assert (event["activity_id"], event["type_uid"], event["api"]["operation"]) == (99, 600399, "unknown")


class TestChecking:
    async def test_damage_is_not_exported(self) -> None:
        """An entry that is not what was hashed ends the export before it is written."""
        good = record(v1.Entry(offset=1, previous_hash=bytes(32)))
        bad = record(v1.Entry(offset=2, previous_hash=good.hash))
        bad.entry += b"\x52\x01x"
        exported = checked(frames(v1.ListEntriesResponse(records=[good, bad])), 0, _nobody)
        assert (await anext(exported)).entry.offset == 1
        with pytest.raises(ChainBrokenError):
            await anext(exported)

    async def test_how_far(self) -> None:
        """How far was looked is told for every frame, also where nothing was found."""
        told: list[Progress] = []
        empty = v1.ListEntriesResponse(offset=5, head_offset=9)
        assert [each async for each in checked(frames(empty), 0, told.append)] == []
        assert told == [(5, 9)]

    @pytest.mark.parametrize("form", ["csv", "ocsf"])
    async def test_constant_memory(self, form: str) -> None:
        """Twenty thousand entries are exported in the memory that a few of them take."""
        entries = 20_000
        write = _written[form]
        count = 0
        tracemalloc.start()
        try:
            async for each in checked(many(entries), 0, _nobody):
                count += bool(write(each))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert count == entries
        assert peak < 4 << 20


_written: dict[str, Callable[[Found], str]] = {"csv": csv_export.row, "ocsf": lambda each: "".join(ocsf.lines(each))}


def _nobody(_progress: Progress) -> None:
    """Where nobody looks at how far it has got."""


async def frames(*responses: v1.ListEntriesResponse) -> AsyncIterator[v1.ListEntriesResponse]:
    for response in responses:
        yield response


async def many(entries: int) -> AsyncIterator[v1.ListEntriesResponse]:
    """A ledger as a server streams it, made while it is read."""
    previous = bytes(32)
    for start in range(1, entries + 1, 100):
        page = []
        for offset in range(start, start + 100):
            entry = v1.Entry(offset=offset, previous_hash=previous, actor=OPERATOR, events=[event_of("note_added")])
            page.append(record(entry, v1.PersonalData(remark=f"note {offset} " + "x" * 200)))
            previous = page[-1].hash
        yield v1.ListEntriesResponse(records=page, offset=start + 99, head_offset=entries)


class TestWholeFile:
    def test_whole_and_private(self, tmp_path: Path) -> None:
        """A file has its name when it is whole, and is its owner's alone."""
        path = tmp_path / "file"
        with whole_file(str(path)) as file:
            file.write(b"some")
            assert not path.exists()
        assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"some", 0o600)
        assert list(tmp_path.iterdir()) == [path]

    def test_not_at_all(self, tmp_path: Path) -> None:
        """What goes wrong on the way leaves nothing behind, and what was there before."""
        path = tmp_path / "file"
        path.write_bytes(b"before")
        with pytest.raises(ZeroDivisionError):
            _write(path, lambda: 1 // 0, force=True)
        assert path.read_bytes() == b"before"
        assert list(tmp_path.iterdir()) == [path]

    def test_no_other_file_is_lost(self, tmp_path: Path) -> None:
        """One that is there, or appears meanwhile, is not overwritten without force."""
        path = tmp_path / "file"
        with pytest.raises(FileExistsError):
            _write(path, lambda: path.write_bytes(b"theirs"))
        with pytest.raises(FileExistsError):
            _write(path, lambda: None)
        assert path.read_bytes() == b"theirs"
        _write(path, lambda: None, force=True)
        assert path.read_bytes() == b"mine"


def _write(path: Path, meanwhile: Callable[[], object], *, force: bool = False) -> None:
    with whole_file(str(path), force=force) as file:
        file.write(b"mine")
        meanwhile()


def typed(*options: str) -> Namespace:
    return build_parser().parse_args(["audit", "ls", *options])


NOW_US = 1_772_359_200_000_000


class TestFilter:
    def test_nothing_chosen(self) -> None:
        """Without options, nothing is left out."""
        assert entry_filter(typed(), NOW_US) == v1.EntryFilter()

    def test_everything_chosen(self) -> None:
        """Every option is a part of the filter; the same value twice is one."""
        line = "--since 1h --until 2026-03-01T10:00:00Z --actor a --actor b --actor a --event order-issued --risk high"
        line += " --action block_ip --outcome executed --tier ciso --request-id r --core c"
        chosen = entry_filter(typed(*line.split()), NOW_US)
        expected = v1.EntryFilter(
            actors=["a", "b"],
            events=["order_issued"],
            risks=[v1.RISK_LEVEL_HIGH],
            actions=[v1.ACTION_TYPE_BLOCK_IP],
            states=[v1.DECISION_STATE_EXECUTED],
            tiers=[v1.ROLE_CISO],
            request_ids=["r"],
            cores=["c"],
        )
        expected.since.FromMicroseconds(NOW_US - 3_600_000_000)
        expected.until.FromMicroseconds(NOW_US)
        assert chosen == expected

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--event", "decision_rejceted"], "decision_rejected"),
            (["--action", "block"], "block_ip"),
            (["--action", "unspecified"], "there is no"),
            (["--since", "tomorrow"], "--since: 'tomorrow' is no moment"),
            (["--since", "1h", "--until", "2h"], "Turn them round"),
            ([word for number in range(65) for word in ("--core", f"c-{number}")], "64 times at most"),
        ],
    )
    def test_mistakes(self, options: list[str], said: str) -> None:
        """What there is not is named, with what is nearest to it."""
        with pytest.raises(ChoiceError, match=said):
            entry_filter(typed(*options), NOW_US)

    def test_all_choices_are_the_contracts(self) -> None:
        """Every risk, state and tier that can be typed is one of the contract's."""
        for option, words in (("--risk", RISKS), ("--outcome", STATES), ("--tier", TIERS)):
            for word in words:
                assert entry_filter(typed(option, word), NOW_US) != v1.EntryFilter()
        for form in FORMATS:
            assert typed("--format", form).format == form


@pytest.mark.parametrize("form", ["json", "csv", "ocsf"])
def test_a_moment_in_no_year_is_told(form: str) -> None:
    """A server that signs what no form can say is found out by a sentence, with the entry."""
    entry = v1.Entry(offset=7, events=[event_of("note_added")])
    entry.recorded_at.seconds = 2**62
    with pytest.raises(ChainBrokenError, match="entry 7"):
        written(form, found_of(record(entry), entry))
