"""The desk: which decision a typed word means."""

from __future__ import annotations

from governance import v1
from governance_client.console.desk import Desk, Unclear
from governance_client.console.verbs import Request, parse
from governance_client.operator import Replica
from tests.console.examples import change, decision


def _desk(*ids: str) -> Desk:
    replica = Replica()
    changes = [change(decision(each, risk=v1.RISK_LEVEL_LOW)) for each in ids]
    replica.frame(v1.OperateResponse(news=v1.OperatorNews(changes=changes)))
    desk = Desk(replica)
    listing = parse("ls")
    assert isinstance(listing, Request)
    desk.listed(listing)
    return desk


def _meant(desk: Desk, word: str) -> str:
    found = desk.find(word)
    return "" if isinstance(found, Unclear) else found.decision_id


def test_an_id_of_digits_is_no_row() -> None:
    """A core that numbers its decisions cannot have one taken for another: a row is typed as `ls` shows it."""
    desk = _desk("00000002", "00000003", "99999999")
    assert _meant(desk, "00000002") == "00000002"
    assert _meant(desk, "1") == "00000002"
    assert _meant(desk, "3") == "99999999"


def test_a_number_beyond_all_rows_is_no_row() -> None:
    """However many digits are typed, the console answers."""
    assert _meant(_desk("aaaaaaaa"), "9" * 5000) == ""
