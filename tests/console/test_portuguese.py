"""The console in Portuguese: verbs, answers, pages, the toolbar and the board, typed at through a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_client.console.lines import plain
from governance_client.console.toolbar import toolbar, view
from tests.console.board_house import Hands, unconnected
from tests.console.examples import change, decision
from tests.console.operating import ENTER, at_console
from tests.support.languages import speaking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.console.operating import Place


@pytest.fixture
async def mesa() -> AsyncIterator[Place]:
    async with at_console() as place:
        with speaking("pt_BR"):
            yield place


async def test_approval(mesa: Place) -> None:
    """`aprovar`, a comment and `sim` approve what was shown, and it is said in Portuguese."""
    await mesa.line("aprovar aaaa tudo certo")
    await mesa.answer("digite sim para aprovar", "sim\r")
    await mesa.screen.until("Aprovada, entrada 99")
    (verdict,) = mesa.verdicts
    assert verdict.WhichOneof("judgement") == "approve"
    assert verdict.action_digest == decision("aaaaaaaa1111").action_digest
    assert verdict.comment == "tudo certo"


async def test_english_still_works(mesa: Place) -> None:
    """The English verb and the English answer do the same."""
    await mesa.line("approve aaaa")
    await mesa.answer("digite sim para aprovar", "yes\r")
    await mesa.screen.until("Aprovada, entrada 99")
    assert len(mesa.verdicts) == 1


@pytest.mark.parametrize("answer", ["nao\r", "si\r", "sim sim\r", "s\r", "\r"])
async def test_anything_but_sim(mesa: Place, answer: str) -> None:
    """Whatever is not the whole word decides nothing."""
    await mesa.line("aprovar aaaa")
    await mesa.answer("digite sim para aprovar", answer)
    await mesa.screen.until("Nada foi decidido")
    assert mesa.script.commands == []


async def test_high_risk_asks_for_the_target(mesa: Place) -> None:
    """The evidence is shown, in Portuguese, and the target is asked for: `sim` is not enough."""
    since = await mesa.line("aprovar bbbb")
    await mesa.screen.until("O que foi encontrado", since)
    await mesa.screen.until("O que o core recomenda", since)
    await mesa.answer("digite 198.51.100.9 para aprovar", "sim\r", since)
    await mesa.screen.until("Nada foi decidido", since)
    assert mesa.script.commands == []


async def test_rejection_asks_why(mesa: Place) -> None:
    """`rejeitar` without a reason asks for one, and then for `sim`."""
    await mesa.line("rejeitar aaaa")
    since = await mesa.answer("por que rejeitar?", "nosso próprio gateway" + ENTER)
    await mesa.answer("digite sim para rejeitar", "sim\r", since)
    await mesa.screen.until("Rejeitada, entrada 99")
    (verdict,) = mesa.verdicts
    assert verdict.comment == "nosso próprio gateway"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("fila", "alvo"),
        ("mostrar aaaa", "prazo"),
        ("ajuda", "encerra: o core não pode agir; pergunta antes"),
        ("ajuda rejeitar", "rejeitar [ID] [RAZÃO…]"),
        ("aprova aaaa", "Seria `aprovar`?"),
        ("lote", "Não há grupos"),
        ("filtrar alto", "não restringe nada"),
        ("filtrar high", "O filtro é risk=high"),
        ("paradas", "Nenhuma parada em vigor."),
        ("proxima", "Sobre"),
    ],
)
async def test_what_is_told(mesa: Place, line: str, told: str) -> None:
    """Lists, pages, help and mistakes are told in Portuguese."""
    since = await mesa.line(line)
    await mesa.screen.until(told, since)


async def test_arrivals(mesa: Place) -> None:
    """What comes in is announced in Portuguese."""
    since = mesa.screen.length
    mesa.script.send(change(decision("cccccccc3333", offset=11), "decision_proposed"))
    await mesa.screen.until("nova ", since)
    since = mesa.screen.length
    ended = decision("cccccccc3333", state=v1.DECISION_STATE_REJECTED, version=2, offset=12)
    mesa.script.send(change(ended, "decision_rejected", by="operator-2"))
    await mesa.screen.until("rejeitada", since)


async def test_the_toolbar(mesa: Place) -> None:
    """It says in Portuguese how we are connected, and when the next deadline is."""
    shown = plain(toolbar(view(mesa.session, mesa.talk.desk), 200))
    assert shown.startswith("conectado  ")
    assert "próximo prazo " in shown


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (200, 50), (40, 10)])
def test_the_board(columns: int, rows: int) -> None:
    """Its panes and keys are named in Portuguese, and no line is wider than the screen."""
    ended = decision("dddddddd4444", state=v1.DECISION_STATE_REJECTED)
    with speaking("pt_BR"):
        hands = Hands(unconnected([decision("aaaaaaaa1111"), decision("bbbbbbbb2222"), ended]))
        lines = [plain(line) for line in hands.board.draw(columns, rows)]
    text = "\n".join(lines)
    assert len(lines) <= rows
    assert all(len(line) <= columns for line in lines)
    if (columns, rows) != (40, 10):
        assert "PENDENTES" in text
        assert "aprovar" in text
        assert not any(word in text for word in ("PENDING", "HISTORY", "approve", "left", "rejected"))
