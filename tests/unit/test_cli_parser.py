"""What the command line takes."""

from __future__ import annotations

import pytest

from governance_client.cli import main
from governance_client.cli.grammar import RISKS, STATES
from governance_client.cli.parser import build_parser
from governance_client.cli.proposing import _proposals
from governance_client.cli.run import _MODULES, verb_of
from governance_client.console import words


@pytest.mark.parametrize(
    "argv",
    [
        ["--credentials", "a", "--json", "ls"],
        ["ls", "--credentials", "a", "--json"],
        ["--credentials", "a", "ls", "--json"],
    ],
)
def test_options_before_or_after_the_verb(argv: list[str]) -> None:
    """The connection's options may stand before the verb or after it."""
    arguments = build_parser().parse_args(argv)
    assert (arguments.credentials, arguments.json) == ("a", True)


@pytest.mark.parametrize(
    "argv", [[], ["nonsense"], ["reject", "x"], ["escalate", "x"], ["approve"], ["watch", "--from", "-1"]]
)
def test_usage_errors(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A line that makes no sense ends with 2 and says how it is written."""
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert "usage: governance" in capsys.readouterr().err


def test_every_verb_has_its_function() -> None:
    """Every verb of the parser is run by a function of its name."""
    for name in _MODULES:
        assert verb_of(name).__name__ == name.replace("-", "_")


def test_words_are_the_contracts() -> None:
    """The states and risks that can be asked for are those of the contract."""
    assert set(STATES) == {words.state(each) for each in words.STATES}
    assert set(RISKS) == {words.risk(each) for each in words.RISKS}


@pytest.mark.parametrize(
    "text",
    [
        '{"decisionId": "aaaaaaaa"}{"decision_id": "bbbbbbbb"}',
        '[{"decisionId": "aaaaaaaa"}, {"decisionId": "bbbbbbbb"}]',
        '{"decisionId": "aaaaaaaa"}\n{"decisionId": "bbbbbbbb"}\n',
    ],
)
def test_proposals_in_a_file(text: str) -> None:
    """A file holds one proposal after the other, or an array of them."""
    assert [each.decision_id for each in _proposals(text)] == ["aaaaaaaa", "bbbbbbbb"]


@pytest.mark.parametrize("text", ["", "[]", "7", "{", '{"decisionId": 7}', '{"nonsense": 1}'])
def test_no_proposals_in_a_file(text: str) -> None:
    """A file that holds no proposal, or something else, is refused whole."""
    from google.protobuf import json_format

    with pytest.raises((ValueError, json_format.Error)):
        _proposals(text)
