"""The contract of the ports Messenger and Bookmarks, held to by apprise's and the files', and by the tests' fakes."""

from __future__ import annotations

import asyncio
import io
import logging
import stat
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest

from governance_server.engine.ports import Bookmark, BookmarkError, Message, MessengerError
from governance_server.notifications.apprise_messenger import AppriseMessenger
from governance_server.notifications.bookmarks import FileBookmarks
from tests.support.endpoints import mail_server, web_service
from tests.support.messenger import InMemoryBookmarks, InMemoryMessenger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from governance_server.engine.ports import Bookmarks, Messenger

# One of the services that apprise offers imports a module that Python 3.11 announces the end of.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

MESSAGE = Message("Governance: SLA breach: decision-000001", "SLA breach: decision-000001\nHalt ended: halt-1", True)
SECRET = "secret-5f4dcc3b"


class Place(NamedTuple):
    """A destination seen from both ends.

    Attributes:
        messenger: The way there.
        refuse: Have it take nothing, or take everything again.
        next: Returns the title and the body of the next message it took.
    """

    messenger: Messenger
    refuse: Callable[[bool], None]
    next: Callable[[], Awaitable[tuple[str, str]]]


@asynccontextmanager
async def fake() -> AsyncIterator[Place]:
    messenger = InMemoryMessenger()

    async def following() -> tuple[str, str]:
        return (await messenger.taken.get())[:2]

    yield Place(messenger, lambda refusing: setattr(messenger, "failures", 1000 * refusing), following)


@asynccontextmanager
async def web() -> AsyncIterator[Place]:
    async with web_service() as service:

        async def following() -> tuple[str, str]:
            body = await service.next()
            return body["title"], body["message"]

        messenger = AppriseMessenger(f"json://user:{SECRET}@127.0.0.1:{service.port}/hook/{SECRET}")
        yield Place(messenger, lambda refusing: setattr(service, "status", 500 if refusing else 200), following)


@asynccontextmanager
async def mail() -> AsyncIterator[Place]:
    async with mail_server() as server:

        async def following() -> tuple[str, str]:
            taken = await server.next()
            text = taken.get_body(("plain",))
            assert text is not None
            return taken["subject"], text.get_content().strip().replace("\r\n", "\n")

        url = f"mailto://127.0.0.1:{server.port}/soc@example.com?from=gate@example.com&mode=insecure"
        yield Place(AppriseMessenger(url), lambda refusing: setattr(server, "refusing", refusing), following)


@pytest.fixture(params=[fake, web, mail])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    opened: AbstractAsyncContextManager[Place] = request.param()
    async with opened as one:
        yield one


async def test_what_was_sent_is_there_when_sending_returns(place: Place) -> None:
    """Title and every line arrive as they were, in the order they were sent."""
    await place.messenger.send(MESSAGE)
    await place.messenger.send(MESSAGE._replace(title="second", urgent=False))
    assert await place.next() == (MESSAGE.title, MESSAGE.body)
    assert await place.next() == ("second", MESSAGE.body)


async def test_what_was_not_taken_raises_and_the_next_attempt_may_be(place: Place) -> None:
    """A destination that refuses is told from one that takes, and can be tried again with the same messenger."""
    place.refuse(True)
    with pytest.raises(MessengerError):
        await place.messenger.send(MESSAGE)
    place.refuse(False)
    await place.messenger.send(MESSAGE)
    assert await place.next() == (MESSAGE.title, MESSAGE.body)


async def test_a_service_that_never_answers_holds_up_nobody_and_not_for_long() -> None:
    """The loop goes on, the attempt ends in time, and one that is stuck is not joined by others without end."""
    async with web_service() as service:
        service.status = 0
        messenger = AppriseMessenger(f"json://127.0.0.1:{service.port}/?rto=20", timeout_s=0.3)
        sending = asyncio.create_task(messenger.send(MESSAGE))
        assert await service.next_refused() == 0  # read on the same loop, while the attempt is under way
        with pytest.raises(MessengerError, match="did not answer within"):
            await sending
        with pytest.raises(MessengerError, match="did not answer within"):
            await messenger.send(MESSAGE)
        assert service.refused.empty()


async def test_a_service_that_is_gone_and_comes_back_is_reached_again() -> None:
    """A refused connection is a failure like any other."""
    async with web_service() as service:
        messenger = AppriseMessenger(f"json://127.0.0.1:{service.port}/")
        await service.close()
        with pytest.raises(MessengerError, match="could not be reached"):
            await messenger.send(MESSAGE)
        await service.open()
        await messenger.send(MESSAGE)
        assert (await service.next())["title"] == MESSAGE.title


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that the standard library's logging would write, down to the last detail."""
    text, root = io.StringIO(), logging.getLogger()
    written, level = logging.StreamHandler(text), root.level
    root.addHandler(written)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(written)
    root.setLevel(level)


async def test_no_error_and_no_log_holds_a_secret_of_the_url(
    capfd: pytest.CaptureFixture[str], logged: io.StringIO
) -> None:
    """Neither the URL's password nor its path, whatever the service answers and however much is logged."""
    logging.getLogger("tests").debug("heard")
    async with web_service() as service:
        messenger = AppriseMessenger(f"json://user:{SECRET}@127.0.0.1:{service.port}/hook/{SECRET}?rto=0.2")
        for status in (500, 404, 302, 0):
            service.status = status
            with pytest.raises(MessengerError) as failure:
                await messenger.send(MESSAGE)
            assert SECRET not in str(failure.value)
            assert failure.value.__cause__ is None
    said = capfd.readouterr()
    assert SECRET not in said.out + said.err + logged.getvalue()
    assert "heard" in logged.getvalue()
    assert SECRET not in repr(messenger)


@pytest.mark.parametrize("url", [f"nonsense://{SECRET}", f"json://{SECRET} [bad", f"https://{SECRET}", "json://"])
def test_a_url_that_is_not_understood_is_refused_without_repeating_it(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The sentence says where to look it up, and not what it is."""
    with pytest.raises(ValueError, match="none that apprise understands") as refused:
        AppriseMessenger(url)
    said = capfd.readouterr()
    assert SECRET not in str(refused.value) + said.out + said.err


async def test_a_failure_cannot_be_declared_a_success_by_the_url() -> None:
    """An `optional=yes` would have a lost message count as delivered."""
    async with web_service() as service:
        service.status = 500
        messenger = AppriseMessenger(f"json://127.0.0.1:{service.port}/?optional=yes")
        with pytest.raises(MessengerError, match="status 500"):
            await messenger.send(MESSAGE)


@pytest.fixture(params=[FileBookmarks, InMemoryBookmarks])
def bookmarks(request: pytest.FixtureRequest, tmp_path: Path) -> Bookmarks:
    made: Bookmarks = FileBookmarks(tmp_path / "notified") if request.param is FileBookmarks else InMemoryBookmarks()
    return made


async def test_the_bookmark_that_was_written_last_is_read(bookmarks: Bookmarks) -> None:
    """Each name has its own, and none before the first is written."""
    assert await bookmarks.read("soc") is None
    for offset in (3, 5):
        await bookmarks.write("soc", Bookmark("1" * 32, offset, {"reminder decision-000001": 17}))
    await bookmarks.write("phone", Bookmark("1" * 32, 4, {}))
    assert await bookmarks.read("soc") == Bookmark("1" * 32, 5, {"reminder decision-000001": 17})
    assert await bookmarks.read("phone") == Bookmark("1" * 32, 4, {})


async def test_a_bookmark_outlives_the_process_and_is_its_owners_alone(tmp_path: Path) -> None:
    """Mode 0600 in a folder of mode 0700, and nothing beside it that was left half-written."""
    folder = tmp_path / "notified"
    (tmp_path / "notified").mkdir(mode=0o700)
    (folder / "soc.new").write_text("half")
    await FileBookmarks(folder).write("soc", Bookmark("1" * 32, 5, {}))
    assert await FileBookmarks(folder).read("soc") == Bookmark("1" * 32, 5, {})
    assert [path.name for path in folder.iterdir()] == ["soc.json"]
    assert stat.S_IMODE((folder / "soc.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"ledger_id": "1", "offset": "x", "reminded": {}}', "\x80"])
async def test_a_bookmark_that_is_damaged_is_not_guessed_at(tmp_path: Path, content: str) -> None:
    """Neither a flood from the ledger's beginning nor a silent gap: people are told what they can do."""
    (tmp_path / "soc.json").write_text(content, encoding="latin-1")
    with pytest.raises(BookmarkError, match="Remove it to notify from the ledger's end on"):
        await FileBookmarks(tmp_path).read("soc")


async def test_a_bookmark_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """The message names the file and the reason."""
    (tmp_path / "notified").write_text("a file where the folder should be")
    with pytest.raises(BookmarkError, match=r"soc\.json cannot be written"):
        await FileBookmarks(tmp_path / "notified").write("soc", Bookmark("1" * 32, 5, {}))
