"""Files: everything of its own that a program reads back, whoever wrote into it meanwhile."""

from __future__ import annotations

import atexit
import functools
import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf import json_format

from governance import v1
from governance_client.audit.faults import UnusableFileError
from governance_client.audit.memory import Memory
from governance_client.audit.notes import COSIGNATURE, SignerKey
from governance_client.audit.witness import read_key
from governance_client.cli import proposing
from governance_client.cli.moments import moment_of
from governance_client.cli.tables import differences
from governance_client.console.configuration import VARIABLE, ConfigurationError
from governance_client.console.configuration import read as read_configuration
from governance_client.console.keeping import LINES, KeptLines
from governance_client.errors import ClientError, JournalError
from governance_client.journal import Journal, Stage, Step
from governance_client.resume import ResumeFile, ResumePoint
from governance_server.backing_up import Witness, _assure_signed
from governance_server.directory import Config, Directory, DirectoryError, read_config, read_serving
from governance_server.engine.ports import BookmarkError, DecisionQuery, SignerError
from governance_server.ledger.listing import decode_cursor
from governance_server.notifications.bookmarks import FileBookmarks
from governance_server.rpc.certificates import is_certificate, is_key_of
from governance_server.signing import Ed25519Signer
from tests.fuzz.choices import Choices
from tests.fuzz.harnesses.proofs import mutated
from tests.fuzz.registry import FOLDER
from tests.fuzz.telling import assert_printable, assert_told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ID: Final = "ab" * 16
_ORIGIN: Final = f"governance-workspace/{_ID}"
_CONFIG: Final = Config("127.0.0.1:0", None, ("localhost",))
_LARGEST: Final = 2**63 - 1


def target(data: bytes) -> None:
    """Read a file of one of the kinds."""
    choices = Choices(data)
    reader, seed = choices.pick(_KINDS)
    way = choices.byte() & 3
    reader(choices.rest() if way == 0 else mutated(choices, seed.encode()))


@functools.cache
def _folder() -> Path:
    """Return a folder in memory where there is one: nothing in it has to last."""
    memory = Path("/dev/shm")
    made = Path(tempfile.mkdtemp(prefix="governance-fuzz-", dir=memory if memory.is_dir() else None))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _file(name: str, content: bytes) -> Path:
    path = _folder() / name
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def _resume(content: bytes) -> None:
    path = _file("resume.json", content)
    try:
        point = ResumeFile(path).load()
    except ClientError as error:
        assert_told(error, path)
        return
    hello = v1.ClientHello(ledger_id=point.ledger_id, offset=point.offset)
    assert 0 <= hello.offset <= _LARGEST
    assert type(point.offset) is int


def _journal(content: bytes) -> None:
    path = _file("journal", content)
    try:
        with Journal(path, "one") as journal:
            in_flight = dict(journal.in_flight)
            for step in in_flight.values():
                v1.AcceptOrder(order_id=step.order_id, decision_id=step.decision_id, action_digest=step.action_digest)
                assert step.order_id.encode() is not None
                assert step.stage in {Stage.INTENDED, Stage.EXECUTING, Stage.OUTCOME}
    except JournalError as error:
        assert_told(error, path)
        return
    with Journal(path, "one") as journal:
        assert journal.in_flight == in_flight, "read twice, it says two things"


def _console(content: bytes) -> None:
    path = _file("console.toml", content)
    try:
        read_configuration({VARIABLE: str(path), "HOME": "/", "LC_ALL": "C.UTF-8"})
    except ConfigurationError as error:
        assert_printable(error)


def _server(content: bytes) -> None:
    directory = Directory(_folder())
    _file("server.toml", content)
    try:
        config = read_config(directory)
    except DirectoryError as error:
        assert_told(error, directory.config)
        return
    assert config.hosts


def _serving(content: bytes) -> None:
    directory = Directory(_folder())
    _file("serving.toml", content)
    assert read_serving(directory, _CONFIG).server


def _bookmark(content: bytes) -> None:
    path = _file("night.json", content)
    try:
        found = FileBookmarks(path.parent)._read(path)
    except BookmarkError as error:
        assert_told(error, path)
        return
    assert found is None or 0 <= found.offset <= _LARGEST


def _memory(content: bytes) -> None:
    memory = Memory(_folder())
    path = _file(memory.path(_ORIGIN).name, content)
    try:
        found = memory.recall(_ORIGIN)
    except UnusableFileError as error:
        assert_told(error, path)
        return
    assert found is not None
    assert found.checkpoint.origin == _ORIGIN


def _witness(content: bytes) -> None:
    path = _file("witness.key", content)
    try:
        key = read_key(path)
    except UnusableFileError as error:
        assert_told(error, path)
        return
    assert key.verifier.kind == COSIGNATURE


def _proposals(content: bytes) -> None:
    try:
        found = proposing._proposals(content.decode("utf-8-sig"))
    except (ValueError, RecursionError, json_format.Error) as error:
        proposing._why(error)
        return
    assert found


def _documents(content: bytes) -> None:
    before, _blank, after = content.decode("utf-8", "replace").partition("\n\n")
    try:
        found = differences(before, after)
    except (ValueError, RecursionError):
        return
    assert all(each.before != each.after or each.key for each in found)


def _cursor(content: bytes) -> None:
    query = DecisionQuery(v1.DecisionFilter(), v1.DECISION_ORDER_UNSPECIFIED, 1, content.decode("utf-8", "replace"))
    try:
        place = decode_cursor(query)
    except ValueError as error:
        assert_told(error, "The page token")
        return
    assert place


def _moment(content: bytes) -> None:
    try:
        moment = moment_of(content.decode("utf-8", "replace"), 1_800_000_000_000_000)
    except ValueError as error:
        assert_told(error)
        return
    assert isinstance(moment, int)


def _witnessed(content: bytes) -> None:
    """Let a restored copy pass by the checkpoint that somebody kept, or not."""
    note, _blank, key = content.decode("utf-8", "replace").partition("\n--\n")
    try:
        _assure_signed(Witness(note, key))
    except DirectoryError as error:
        assert_told(error, "Nothing was restored")
        return
    assert note.startswith(_TEXT), "what nobody signed is taken for signed"


def _certificate(content: bytes) -> None:
    pem, _blank, key = content.partition(b"\n--\n")
    if is_certificate(pem):
        assert not is_key_of(key, pem) or b"PRIVATE" in key


def _signing_key(content: bytes) -> None:
    try:
        signer = Ed25519Signer.from_pem(_ORIGIN, content)
    except SignerError as error:
        assert_told(error)
        return
    assert signer.verifier_key.startswith(_ORIGIN)


def _history(content: bytes) -> None:
    path = _file("history", content)
    kept = KeptLines(path)
    assert not kept.complaint
    assert len(list(kept.newest())) <= LINES


def _a_journal() -> str:
    step = Step("d/1", "d", 1, bytes(32), "r-1")
    outcome = step._replace(stage=Stage.OUTCOME, report_request_id="r-2", result=v1.OUTCOME_RESULT_EXECUTED)
    steps = [step, step._replace(stage=Stage.EXECUTING), outcome]
    lines = [{**each._asdict(), "action_digest": "00" * 32, "result": each.result} for each in steps]
    head = {"format": "governance execution journal 1", "instance": "one"}
    named = [{**line, "result": v1.OutcomeResult.Name(line["result"])} for line in lines]
    return "".join(f"{json.dumps(line)}\n" for line in [head, *named])


_SIGNER: Final = SignerKey(_ORIGIN, 1, bytes([1]) * 32)
_TEXT: Final = f"{_ORIGIN}\n7\n{'A' * 43}=\n"
_KINDS: Final[tuple[tuple[Callable[[bytes], None], str], ...]] = (
    (_resume, json.dumps(ResumePoint(_ID, 7)._asdict())),
    (_journal, _a_journal()),
    (_console, 'language = "en"\ncolumns = ["risk", "id"]\nbell = "never"\n[keys]\napprove = "y"\nreject = "n"\n'),
    (
        _server,
        'listen = "127.0.0.1:1"\nhosts = ["localhost"]\n[[notify]]\nname = "a"\nurl = "json://h"\non = ["halt"]\n',
    ),
    (_serving, 'server = "127.0.0.1:1"\nserver_mutual = "127.0.0.1:2"\n'),
    (_bookmark, json.dumps({"ledger_id": _ID, "offset": 7, "reminded": {"d": 1}})),
    (_memory, f"{_SIGNER.verifier}\n\n{_TEXT}\n{_SIGNER.sign(_TEXT)}\n"),
    (_witness, SignerKey("w", COSIGNATURE, hashlib.sha256(b"w").digest()).written()),
    (_proposals, '[{"decisionId": "d", "action": {"type": "ACTION_TYPE_BLOCK_IP"}, "confidence": 0.5}]'),
    (_documents, 'a = 1\n[[approval]]\nname = "x"\n\na = 2\n[[approval]]\nname = "y"\n'),
    (_cursor, "WyJhIiwxLDIsImQiXQ"),
    (_moment, "2026-03-01T10:00:00Z"),
    (_witnessed, f"{_TEXT}\n{_SIGNER.sign(_TEXT)}\n\n--\n{_SIGNER.verifier}"),
    (_certificate, (FOLDER / "vectors" / "authority.pem").read_text(encoding="ascii")),
    (_signing_key, Ed25519Signer(_ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32))).pem().decode()),
    (_history, "approve 1 seen\nqueue\n"),
)


def seeds() -> Iterator[bytes]:
    """Give a file of every kind as it should be, and some that nobody would write."""
    for number, (_reader, seed) in enumerate(_KINDS):
        yield bytes([number, 0]) + seed.encode()
        yield bytes([number, 1, 1, 3, 0, 34])
        yield bytes([number, 0]) + b"{}"
        yield bytes([number, 0]) + b"a = [[[[[[[[1]]]]]]]]\nb.c.d = 1979-05-27"
