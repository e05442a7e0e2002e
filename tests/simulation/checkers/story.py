"""Handmade histories, small enough to be read: what the checkers' own tests bend out of shape."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_client.digest import action_digest
from tests.simulation.checkers.moments import SECOND_US
from tests.simulation.history import (
    Closed,
    Committed,
    Executed,
    Happening,
    History,
    Opened,
    Person,
    Sent,
    Served,
    Signed,
    Told,
)
from tests.support import naive_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

START_S: Final = 1_750_000_000
LEDGER_ID: Final = "0123456789abcdef0123456789abcdef"
CORE: Final = v1.Actor(kind=v1.ACTOR_KIND_CORE, name="core-1", role=v1.ROLE_CORE)
OTHER_CORE: Final = v1.Actor(kind=v1.ACTOR_KIND_CORE, name="core-2", role=v1.ROLE_CORE)
ALICE: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="alice", role=v1.ROLE_SOC_OPERATOR)
BOB: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="bob", role=v1.ROLE_SOC_SUPERVISOR)
TIMEKEEPER: Final = v1.Actor(kind=v1.ACTOR_KIND_TIMEKEEPER)
ADMINISTRATOR: Final = v1.Actor(kind=v1.ACTOR_KIND_ADMINISTRATOR, name="local")
ACTION: Final = v1.Action(
    type=v1.ACTION_TYPE_BLOCK_IP,
    scope=v1.ACTION_SCOPE_HOST,
    targets=[v1.Target(kind=v1.TARGET_KIND_IP_ADDRESS, value="198.51.100.23")],
)
DIGEST: Final = action_digest(ACTION)
_SEED: Final = bytes(range(32))


def moment(second: float) -> Timestamp:
    """Return a moment of the story, which begins at 0."""
    made = Timestamp()
    made.FromMicroseconds(int((START_S + second) * SECOND_US))
    return made


class Story:
    """A history that is told by hand. Everything happens at `now_s` seconds after its beginning.

    Attributes:
        history: What was told so far.
        now_s: The present moment.
    """

    def __init__(self) -> None:
        people = [Person(each.name, each.role) for each in (CORE, OTHER_CORE, ALICE, BOB)]
        self.history = History(people={each.name: each for each in people})
        self.now_s = 0.0
        self._hash = bytes(32)
        self._leaves: list[bytes] = []
        self._sequence = 0
        private = Ed25519PrivateKey.from_private_bytes(_SEED)
        self._name = f"governance-workspace/{LEDGER_ID}"
        material = b"\x01" + private.public_key().public_bytes_raw()
        self._key_id = hashlib.sha256(self._name.encode() + b"\n" + material).digest()[:4]
        self.history.verifier_key = f"{self._name}+{self._key_id.hex()}+{base64.b64encode(material).decode()}"
        self._private = private
        self.add(Served(self.at_us, "started"))
        self.commit(ADMINISTRATOR, v1.Event(ledger_created=v1.LedgerCreated(ledger_id=LEDGER_ID)))

    @property
    def at_us(self) -> int:
        """The present moment, for happenings."""
        return int((START_S + self.now_s) * SECOND_US)

    @property
    def end(self) -> int:
        """The last offset."""
        return len(self._leaves)

    def add(self, happening: Happening) -> None:
        """Let something happen."""
        self.history.happenings.append(happening)

    def commit(
        self,
        actor: v1.Actor,
        *events: v1.Event,
        about: str = "",
        version: int = 0,
        request: str = "",
        personal: v1.PersonalData | None = None,
        at_s: float | None = None,
    ) -> int:
        """Let an entry become durable; return its offset."""
        data = b"" if personal is None else personal.SerializeToString(deterministic=True)
        salt = hashlib.sha256(b"%d" % self.end).digest() if data else b""
        entry = v1.Entry(
            offset=self.end + 1,
            previous_hash=self._hash,
            recorded_at=moment(self.now_s if at_s is None else at_s),
            actor=actor,
            request_id=request,
            decision_id=about,
            personal_commitment=hashlib.sha256(b"\x02" + salt + data).digest() if data else b"",
            events=events,
            decision_version=version,
        ).SerializeToString(deterministic=True)
        self._hash = naive_tree.leaf_hash(entry)
        self._leaves.append(self._hash)
        self.add(Committed(self.at_us, self.end, entry, self._hash, data, salt))
        return self.end

    def sign(self, *, root: bytes | None = None) -> None:
        """Keep a checkpoint of all so far."""
        tree = naive_tree.root(self._leaves) if root is None else root
        text = f"{self._name}\n{self.end}\n{base64.b64encode(tree).decode()}\n"
        signature = base64.b64encode(self._key_id + self._private.sign(text.encode())).decode()
        self.add(Signed(self.at_us, self.end, f"{text}\n— {self._name} {signature}\n"))

    def open(self, client: str, stream: int, *, offset: int = 0, **hello: object) -> None:
        """Open a stream, and have the server greet."""
        name = client.partition("/")[0]
        you = next(each for each in (CORE, OTHER_CORE, ALICE, BOB) if each.name == name)
        self.add(Opened(self.at_us, client, stream, v1.ClientHello(offset=offset, ledger_id=LEDGER_ID)))
        greeting = v1.ServerHello(
            you=you, ledger_id=LEDGER_ID, offset=offset, head_offset=self.end, snapshot=not offset
        )
        greeting.MergeFrom(v1.ServerHello(**hello))  # type: ignore[arg-type] # fields of a test's own
        self.tell(client, stream, offset, hello=greeting)

    def close(self, client: str, stream: int) -> None:
        """End a stream."""
        self.add(Closed(self.at_us, client, stream))

    def send(self, client: str, stream: int, *commands: v1.CoreCommand | v1.OperatorCommand) -> None:
        """Have a client send commands."""
        self.add(Sent(self.at_us, client, stream, commands))

    def tell(self, client: str, stream: int, offset: int, *, hello: v1.ServerHello | None = None) -> None:
        """Tell a client how far it is; with a hello, or else as progress."""
        envelope = v1.Envelope(offset=offset, server_time=moment(self.now_s))
        frame = v1.OperateResponse(envelope=envelope, hello=hello, progress=None if hello else v1.Progress())
        self.add(Told(self.at_us, client, stream, frame))

    def news(
        self,
        client: str,
        stream: int,
        offset: int,
        *,
        receipts: Sequence[v1.Receipt] = (),
        changes: Sequence[v1.Change] = (),
    ) -> None:
        """Tell a client something."""
        envelope = v1.Envelope(offset=offset, server_time=moment(self.now_s))
        news = v1.OperatorNews(receipts=receipts, changes=changes)
        self.add(Told(self.at_us, client, stream, v1.OperateResponse(envelope=envelope, news=news)))

    def execute(self, client: str, decision_id: str, *, action: v1.Action = ACTION) -> None:
        """Have a core act."""
        self.add(Executed(self.at_us, client, decision_id, f"{decision_id}/1", action))

    # What people do, each with its command and its entry.

    def propose(self, name: str = "d-1", *, required: int = 1, actor: v1.Actor = CORE) -> int:
        """Have core propose something of medium risk, which waits for the first tier."""
        proposal = v1.Proposal(decision_id=name, action=ACTION, confidence=0.85)
        self.send(f"{actor.name}/i-1", 100, v1.CoreCommand(proposal=proposal))
        proposed = v1.DecisionProposed(
            action_type=ACTION.type,
            action_scope=ACTION.scope,
            target_count=1,
            action_digest=DIGEST,
            assessment=v1.Assessment(risk=v1.RISK_LEVEL_MEDIUM, automation=v1.AUTOMATION_LEVEL_SUPERVISED),
            tier=v1.ROLE_SOC_OPERATOR,
            quorum=v1.Quorum(required=required),
            warn_at=moment(self.now_s + 675),
            deadline=moment(self.now_s + 900),
        )
        event = v1.Event(decision_proposed=proposed)
        return self.commit(
            actor, event, about=name, version=1, request=name, personal=v1.PersonalData(proposal=proposal)
        )

    def ask(self, actor: v1.Actor, name: str = "d-1", *, digest: bytes = DIGEST, request: str = "") -> str:
        """Have an operator ask to approve something; return the request's id."""
        request = request or f"approve-{actor.name}"
        verdict = v1.Verdict(decision_id=name, action_digest=digest, approve=v1.Approve())
        self.send(actor.name, 200, v1.OperatorCommand(request_id=request, verdict=verdict))
        return request

    def approve(self, actor: v1.Actor = ALICE, name: str = "d-1", *, version: int = 2, digest: bytes = DIGEST) -> int:
        """Have an operator approve, and the order follow."""
        request = self.ask(actor, name, digest=digest)
        events = (approved(), issued(name, accept_by=self.now_s + 600))
        return self.commit(actor, *events, about=name, version=version, request=request)

    def vote(self, actor: v1.Actor, name: str = "d-1", *, version: int = 2) -> int:
        """Have an operator approve what others have to approve as well."""
        request = self.ask(actor, name)
        event = v1.Event(vote_cast=v1.VoteCast(action_digest=DIGEST))
        return self.commit(actor, event, about=name, version=version, request=request)

    def accept(self, name: str = "d-1", *, version: int = 3, instance: str = "i-1", request: str = "accept-1") -> int:
        """Have core accept its order."""
        order_id = f"{name}/1"
        command = v1.AcceptOrder(decision_id=name, order_id=order_id, action_digest=DIGEST, instance=instance)
        self.send(f"core-1/{instance}", 100, v1.CoreCommand(request_id=request, accept_order=command))
        accepted = v1.OrderAccepted(order_id=order_id, instance=instance, report_by=moment(self.now_s + 900))
        event = v1.Event(order_accepted=accepted)
        return self.commit(CORE, event, about=name, version=version, request=request)

    def halt(self) -> int:
        """Have a supervisor stop everything."""
        command = v1.DeclareHalt(scope=v1.HaltScope(all=True), reason="No.")
        self.send("bob", 200, v1.OperatorCommand(request_id="halt-1", declare_halt=command))
        event = v1.Event(halt_declared=v1.HaltDeclared(halt_id="halt-1", all=True))
        return self.commit(BOB, event, request="halt-1", personal=v1.PersonalData(remark="No."))


def approved() -> v1.Event:
    """Approve the story's action."""
    return v1.Event(decision_approved=v1.DecisionApproved(action_digest=DIGEST))


def issued(name: str, *, accept_by: float, number: int = 1) -> v1.Event:
    """Give leave for the story's action."""
    order = v1.OrderIssued(order_id=f"{name}/{number}", action_digest=DIGEST, accept_by=moment(accept_by))
    return v1.Event(order_issued=order)


def yes(request: str, offset: int) -> v1.Receipt:
    """Say that a request took effect."""
    return v1.Receipt(request_id=request, accepted=v1.Accepted(offset=offset))
