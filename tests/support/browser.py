"""A real browser without a window, spoken to in the DevTools protocol over two pipes: what a page shows, and tries."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE_S: Final = 60.0
_OPTIONS: Final = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_LAUNCH: Final = """\
import fcntl, os, sys
commands, answers = (fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3])
os.dup2(commands, 3)
os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""The browser reads commands from descriptor 3 and writes answers to 4."""
_ENDED: Final = b""
_CHUNK: Final = 1 << 16


def found() -> str | None:
    """Return the path of a browser on this machine; None where there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Seen(NamedTuple):
    """What a page did.

    Attributes:
        title: Its title.
        text: What it shows, as text.
        requests: Every address that it asked for, its own among them.
        complaints: What the browser has to say about it: errors, blocked things, what scripts print.
        picture: A picture of it, in PNG.
    """

    title: str
    text: str
    requests: list[str]
    complaints: list[str]
    picture: bytes


class Browser:
    """One browser with a profile of its own, gone when the block ends."""

    def __init__(self, program: str) -> None:
        """Start it.

        Args:
            program: Its path.
        """
        self._profile = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # it refuses to run as root with one
        line = [program, *_OPTIONS, *sandbox, f"--user-data-dir={self._profile.name}", "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, str(commands), str(answers), *line],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(commands, answers),
            env={**os.environ, "HOME": self._profile.name},
        )
        os.close(commands)
        os.close(answers)
        self._rest = b""
        self._number = 0
        self._events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._commands)
        os.close(self._answers)
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._profile.cleanup()

    def open(self, page: Path, *, dark: bool = False, width: int = 1100, height: int = 1600) -> Seen:
        """Open a file, and return what it shows and what it tried once it is there whole."""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self._ask(f"{domain}.enable", session)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self._ask("Emulation.setEmulatedMedia", session, features=scheme)
        self._ask(
            "Emulation.setDeviceMetricsOverride", session, width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        self._events.clear()
        self._ask("Page.navigate", session, url=page.resolve().as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            self._events.append(self._read())
        title, text = (self._value(session, each) for each in ("document.title", "document.body.innerText"))
        picture = self._ask("Page.captureScreenshot", session, captureBeyondViewport=True)
        seen = Seen(title, text, self._requests(), self._complaints(), base64.b64decode(picture["data"]))
        self._ask("Target.closeTarget", targetId=target)
        return seen

    def _value(self, session: str, expression: str) -> str:
        answer = self._ask("Runtime.evaluate", session, expression=expression, returnByValue=True)
        value: str = answer["result"]["value"]
        return value

    def _requests(self) -> list[str]:
        asked = [event for event in self._events if event["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in asked]

    def _complaints(self) -> list[str]:
        said = []
        for event in self._events:
            if event["method"] == "Log.entryAdded":
                said.append(event["params"]["entry"]["text"])
            elif event["method"] in {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Network.loadingFailed"}:
                said.append(json.dumps(event["params"]))
        return said

    def _ask(self, method: str, session: str = "", /, **parameters: Any) -> dict[str, Any]:
        """Send a command; return its answer. Events that come before it are kept."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        os.write(self._commands, json.dumps(command | ({"sessionId": session} if session else {})).encode() + b"\0")
        while True:
            message = self._read()
            if message.get("id") == self._number:
                assert "error" not in message, message
                answer: dict[str, Any] = message["result"]
                return answer
            self._events.append(message)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            chunk = os.read(self._answers, _CHUNK)
            assert chunk != _ENDED, "the browser ended"
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message
