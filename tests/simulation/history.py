"""What a run of the simulator leaves behind: everything that a bystander with a notebook at every wire would have seen.

The world writes it, the checkers read it, and neither knows the other. Times are the simulation's own, in microseconds
since the Unix epoch, as a bystander with a perfect clock tells them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance import v1

Phase: TypeAlias = Literal["started", "killed", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A client opened a stream, and sent its hello.

    Attributes:
        at_us: When.
        client: Whose: a name that the people of the run have.
        stream: Which, counted over the whole run.
        hello: What it said first.
    """

    at_us: int
    client: str
    stream: int
    hello: v1.ClientHello


@dataclass(frozen=True, slots=True)
class Sent:
    """A client handed a frame of commands to the network. It may never arrive."""

    at_us: int
    client: str
    stream: int
    commands: Sequence[v1.CoreCommand | v1.OperatorCommand | v1.ApplyPolicyRequest]


@dataclass(frozen=True, slots=True)
class Told:
    """A frame of the server's arrived at a client."""

    at_us: int
    client: str
    stream: int
    frame: v1.ProposeResponse | v1.OperateResponse


@dataclass(frozen=True, slots=True)
class Closed:
    """A client learned that a stream is over, or gave it up."""

    at_us: int
    client: str
    stream: int


@dataclass(frozen=True, slots=True)
class Served:
    """The server came or went. `failed` is an end of its own accord, because the store failed."""

    at_us: int
    phase: Phase


@dataclass(frozen=True, slots=True)
class Executed:
    """A core's executor began to do what an order allows."""

    at_us: int
    client: str
    decision_id: str
    order_id: str
    action: v1.Action


@dataclass(frozen=True, slots=True)
class Committed:
    """An entry became durable, as the disk holds it. In the order of the ledger, each once.

    Attributes:
        at_us: When.
        offset: Where it stands.
        entry: Its bytes.
        hash: The hash that is stored beside it.
        personal: Its personal data; empty where it has none.
        salt: What its commitment is salted with.
    """

    at_us: int
    offset: int
    entry: bytes
    hash: bytes
    personal: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint was kept: a signed note (C2SP)."""

    at_us: int
    size: int
    note: str


Happening: TypeAlias = Opened | Sent | Told | Closed | Served | Executed | Committed | Signed


@dataclass(frozen=True, slots=True)
class Person:
    """Who takes part in a run.

    Attributes:
        name: As its credential has it.
        role: Its role; `ROLE_CORE` for a core.
    """

    name: str
    role: v1.Role.ValueType


@dataclass(slots=True)
class History:
    """A run, as far as it has come.

    Attributes:
        people: Who takes part, by name. The instances of one core are clients of their own, `NAME/INSTANCE`.
        policies: Every policy document that was in force, by the offset of the entry that applied it; 0: the first.
        verifier_key: What checkpoints are verified with; empty where the run signs none.
        slack_us: How late the server may be with what has its time, in this run: a start, a queue before the disk, a
            disk that stalls or is busy have to fit.
        happenings: What happened, in order.
    """

    people: Mapping[str, Person] = field(default_factory=dict)
    policies: dict[int, str] = field(default_factory=dict)
    verifier_key: str = ""
    slack_us: int = 30_000_000
    happenings: list[Happening] = field(default_factory=list)


class BrokenPromiseError(AssertionError):
    """A promise was broken.

    Attributes:
        promise: Which, 1 to 7, as the design counts them.
    """

    def __init__(self, promise: int, sentence: str) -> None:
        super().__init__(f"promise {promise}: {sentence}")
        self.promise = promise
