"""Running a soak: the server, the load, what is done to the server on the way, the samples, the checks at the end."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from soaking.load import STEADY, TALLY
from soaking.plan import KILL, STOP
from soaking.reckoning import Account, Reckoning
from soaking.sampling import SAMPLES, Sampler
from soaking.stage import SELF, Stage
from soaking.tally import told

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.progress import Progress
    from soaking.plan import Plan

BACKUP: Final = "backup"
_LAST_S: Final = 180.0
"""The load has so long to catch up and leave."""
_LAST_WORDS: Final = 600
"""So much of what a program said is shown."""


class SoakError(Exception):
    """The soak could not be carried out; the message says why."""


class Happening(NamedTuple):
    """Something that was done to the server.

    Attributes:
        at: When it began, by the monotonic clock.
        what: `STOP`, `KILL` or `BACKUP`.
        took_s: How long it took.
    """

    at: float
    what: str
    took_s: float


class Check(NamedTuple):
    """Something that has to be so at the end.

    Attributes:
        name: What.
        held: It is so.
        said: What was found.
    """

    name: str
    held: bool
    said: str


@dataclass(slots=True)
class Soak:
    """What came of a soak.

    Attributes:
        capacity: Decisions a second that went from proposal to end in the closed loop.
        rate: Proposals a second that were held.
        began: When the steady load began.
        ended: When it ended.
        lives: When each life of the server began and ended.
        happenings: What was done to the server.
        checks: What had to be so at the end.
        samples: What was sampled from outside.
        selves: What the server told about itself.
        tally: What the clients counted and timed.
        account: What the reckoning found.
    """

    capacity: float = 0.0
    rate: float = 0.0
    began: float = 0.0
    ended: float = 0.0
    lives: list[tuple[float, float]] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    samples: list[dict[str, float]] = field(default_factory=list)
    selves: list[dict[str, float]] = field(default_factory=list)
    tally: list[dict[str, Any]] = field(default_factory=list)
    account: Account = field(default_factory=Account)


class Runner:
    """Carries out one soak."""

    def __init__(self, folder: Path, plan: Plan, minutes: float, progress: Progress) -> None:
        self._folder = folder
        self._plan = plan
        self._minutes = minutes
        self._progress = progress
        self._soak = Soak()
        self._stage = Stage(folder, plan)
        self._backup: subprocess.Popen[str] | None = None
        self._backup_began = 0.0

    def run(self) -> Soak:
        """Run it; return what came of it.

        Raises:
            SoakError: The load ended by itself.
            StageError: The server did not do what it has to.
        """
        self._progress.say("Making a server and letting everybody in.")
        with self._stage as stage:
            stage.make()
            with stage.load(self._minutes) as load:
                try:
                    self._carry_out(load)
                finally:
                    load.kill()
            self._verify()
            stage.stop(STOP)
            self._check()
        return self._soak

    def _carry_out(self, load: subprocess.Popen[str]) -> None:
        assert load.stdout is not None
        self._progress.say(f"Measuring for {self._plan.capacity_s:.0f} s how much the server can take.")
        word, *figures = load.stdout.readline().split()
        if word != STEADY:
            raise SoakError("The load did not begin; what it said about that is above.")
        soak = self._soak
        soak.capacity, soak.rate = map(float, figures)
        soak.began = time.monotonic()
        with Sampler(self._folder, self._stage.home) as sampler:
            self._hold(load, sampler)
        soak.ended = time.monotonic()
        soak.lives.append((self._life_began, soak.ended))
        self._progress.say("Letting everybody catch up and leave.")
        load.terminate()
        try:
            status = load.wait(_LAST_S)
        except subprocess.TimeoutExpired:
            raise SoakError(f"The load has not left {_LAST_S:.0f} s after it was told to.") from None
        if status != 0:
            raise SoakError("The load failed; what it said about that is above.")
        soak.samples, soak.selves = told(self._folder / SAMPLES), told(self._folder / SELF)
        soak.tally = told(self._folder / TALLY)

    def _hold(self, load: subprocess.Popen[str], sampler: Sampler) -> None:
        """Hold the load, sample, and do to the server what is due."""
        due = [(each.at_s, each.how) for each in self._plan.restarts] + [(self._plan.backup_at_s, BACKUP)]
        due.sort()
        self._life_began = self._soak.began
        while (passed := self._served_s()) < self._plan.steady_s or due or self._backup is not None:
            if load.poll() is not None:
                raise SoakError("The load ended by itself; what it said about that is above.")
            while due and due[0][0] <= passed:
                self._do(due.pop(0)[1])
            self._look_after_backup()
            sample = sampler.look(self._stage.pid, len(self._soak.lives))
            self._tell(passed, sample)
            time.sleep(self._plan.sample_s)

    def _served_s(self) -> float:
        """Return how long the load has lasted, without the time in which nobody could connect."""
        away_s = sum(each.took_s for each in self._soak.happenings if each.what != BACKUP)
        return time.monotonic() - self._soak.began - away_s

    def _tell(self, passed: float, sample: dict[str, float]) -> None:
        if sample:
            self._progress.say(
                f"{passed / 60:.1f} of {self._minutes:g} min at {self._soak.rate:.0f}/s: "
                f"{sample['rss_bytes'] / 1e6:.0f} MB, {sample['files']:.0f} files, {sample['threads']:.0f} threads, "
                f"WAL {sample['wal_bytes'] / 1e6:.1f} MB, ledger {sample['ledger_bytes'] / 1e6:.0f} MB."
            )

    def _do(self, what: str) -> None:
        at = time.monotonic()
        if what == BACKUP:
            command = self._stage.server_command("backup", str(self._stage.home), str(self._folder / "backup.db"))
            self._backup = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self._backup_began = at
            return
        self._progress.say("Killing the server (kill -9)." if what == KILL else "Stopping the server.")
        self._soak.lives.append((self._life_began, at))
        away_s = self._stage.restart(what)
        self._life_began = time.monotonic()
        self._soak.happenings.append(Happening(at, what, away_s))

    def _look_after_backup(self) -> None:
        backup = self._backup
        if backup is None or backup.poll() is None:
            return
        assert backup.stdout is not None
        said = backup.stdout.read().strip()
        backup.stdout.close()
        self._backup = None
        took_s = time.monotonic() - self._backup_began
        self._soak.happenings.append(Happening(self._backup_began, BACKUP, took_s))
        held = backup.returncode == 0 and "in order" in said
        self._soak.checks.append(Check("backup taken under load", held, said[-_LAST_WORDS:]))
        (self._folder / "backup.db").unlink(missing_ok=True)

    def _verify(self) -> None:
        """Have an auditor prove the whole ledger from outside, with nothing but the key."""
        self._progress.say("Having an auditor verify the whole ledger from outside.")
        key = str(self._stage.home / "checkpoint.vkey")
        self._run("governance audit verify", self._stage.auditor_command("audit", "verify", "--key", key))

    def _check(self) -> None:
        """Check the ledger where it lies, and hold it against what clients were told."""
        self._progress.say("Checking the ledger where it lies.")
        self._run("governance-server check", self._stage.server_command("check", str(self._stage.home)))
        reckoning = Reckoning(self._folder, self._stage.home / "ledger.db", self._progress.say)
        account = self._soak.account = reckoning.run()
        said = "; ".join(account.wrong) or (
            f"{account.acknowledgements:,} acknowledgements, {account.executed:,} executions and {account.sights} "
            f"followers' sights agree with {account.entries:,} entries"
        )
        self._soak.checks.append(Check("exactly once, nothing lost, no gap", not account.wrongs, said))

    def _run(self, name: str, command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said = (done.stdout + done.stderr).strip()
        self._soak.checks.append(Check(name, done.returncode == 0, said[-_LAST_WORDS:]))
