"""The console's verbs: what a line means."""

from __future__ import annotations

import gettext

import pytest

from governance import v1
from governance_client import language
from governance_client.console import naming
from governance_client.console.choosing import EVERYTHING
from governance_client.console.following import known_options
from governance_client.console.verbs import NOBODY, OFF, Mistake, Request, parse, said_before
from governance_client.console.vocabulary import BY_NAME, VERBS, Takes, usage


def _parsed(line: str) -> Request:
    request = parse(line)
    assert isinstance(request, Request), request
    return request


def _mistake(line: str) -> str:
    mistake = parse(line)
    assert isinstance(mistake, Mistake), mistake
    return mistake.message


@pytest.mark.parametrize("line", ["", "   ", "\t\n"])
def test_empty_line(line: str) -> None:
    """An empty line asks for nothing."""
    assert parse(line) is None


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_has_examples_that_can_be_typed(verb: object) -> None:
    """What the help shows as an example is understood, and means that verb."""
    assert isinstance(verb, type(VERBS[0]))
    assert verb.examples
    for example in verb.examples:
        assert _parsed(example).verb is verb
    assert usage(verb).startswith(verb.name)


def test_every_name_means_one_verb() -> None:
    """No two verbs share a name, and every name of the table is one that can be typed."""
    names = [name for verb in VERBS for name in (verb.name, *verb.aliases)]
    assert len(names) == len(set(names)) == len(BY_NAME)
    assert set(naming.names()) == set(names)
    assert _parsed("ls").verb.name == "queue"
    assert _parsed("exit").verb.name == "quit"


@pytest.mark.parametrize(
    ("line", "word", "text"),
    [
        ("reject 0a1b it's \"core's\" own  gateway", "0a1b", "it's \"core's\" own  gateway"),
        ('reject 0a1b "known scanner"', "0a1b", "known scanner"),
        ("reject 0a1b --reason 'known scanner'", "0a1b", "known scanner"),
        ('reject 0a1b --reason="known \\"scanner\\""', "0a1b", 'known "scanner"'),
        ("reject --reason 'known scanner'", "", "known scanner"),
        ("reject --comment 'known scanner' 3", "3", "known scanner"),
        ("reject . C:\\temp is ours", ".", "C:\\temp is ours"),
        ("reject . -- --force is what it says", ".", "--force is what it says"),
        ("reject . '--force is what it says'", ".", "--force is what it says"),
        ("reject . known --yes scanner", ".", "known scanner"),
        ("reject scanner", "scanner", ""),
        ("reject", "", ""),
        ("approve", "", ""),
        ("approve 3", "3", ""),
    ],
)
def test_what_is_said(line: str, word: str, text: str) -> None:
    """The first word is always the id; a text is taken as it was typed, without the quotes around all of it."""
    request = _parsed(line)
    assert (request.word, request.text) == (word, text)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("aprove 1", "Did you mean `approve`?"),
        ("app 1", "Did you mean `approve`?"),
        ("Approve 1", "Did you mean `approve`?"),
        ("relaese 1", "Did you mean `release`?"),
        ("xyzzy", "There is no verb `xyzzy`. `help` lists them."),
        ("a\x1b[2J", "There is no verb `a␛[2J`"),
        ("claim 1 2", "`2` is too much here. It is typed so: claim [ID]"),
        ("quit now", "`now` is too much here."),
        ("reject 1 --reson x", "There is no option `--reson` here. Did you mean `--reason`?"),
        ("claim 1 --nobody", "There is no option `--nobody` here; a text that has it in it goes in quotes."),
        ("reject 1 --reason", "`--reason` needs a value after it."),
        ("reject 1 --reason --yes", "`--reason` needs a value after it."),
        ("reject 1 --yes=no", "`--yes` takes no value."),
        ("reject 1 --reason known scanner", "`scanner` is too much after the option that says the text."),
        ("reject 1 --reason a --comment b", "The text stands there twice"),
        ("reject 1 'tis nothing", "The quote ' is not closed."),
        ("escalate 1 --to cisso", "`cisso` is no tier. Did you mean `ciso`?"),
        ("modify scope=host", "`scope=host` stands where the ID is typed."),
        ("modify 1", "What is to be changed?"),
        ("defer 5m", "For how long?"),
        ("defer 1 soon", "is no span of time"),
        ("defer 1 5m 6m", "`6m` is too much here."),
        ("assign bob", "To whom?"),
        ("assign 1 bob --nobody", "`bob` is too much here."),
        ("reconcile 1 perhaps", "What was found?"),
        ("release-halt", "Which halt?"),
        ("halt --scope everything x", "is nothing that can be halted"),
        ("batch 1 escalate", "`escalate` cannot be done with a group"),
        ("batch --reason x", "What is to be done with the group"),
        ("queue critcal", "`critcal` narrows nothing. Did you mean `critical`?"),
        ("queue risk=hihg", "`hihg` is no risk. Did you mean `high`?"),
        ("queue risk=", "`risk=` needs a value after it."),
        ("queue kind=x", "Nothing can be chosen by `kind`."),
        ("queue sort=name", "Nothing is sorted by `name`."),
        ("queue page=0", "`0` is no page"),
        ("export", "To which file?"),
        ("export x --format xml", "Nothing can be written as `xml`"),
    ],
)
def test_nothing_is_guessed(line: str, told: str) -> None:
    """What is not understood is said, with what is near or what to type, and never taken for something else."""
    message = _mistake(line)
    assert told in message
    assert message.isprintable()


def test_what_else_a_verb_takes() -> None:
    """Spans, names, results, changes, scopes and roles are understood where they belong."""
    assert _parsed("defer 1 1h30m").for_s == 5400
    assert (_parsed("defer --for 5m").word, _parsed("defer --for 5m").for_s) == ("", 300)
    assert _parsed("assign 1 bob").words == ("bob",)
    assert (_parsed("assign --nobody").word, _parsed("assign --nobody").words) == ("", (NOBODY,))
    settled = _parsed("reconcile 1 executed the rule is there")
    assert (settled.words, settled.text) == (("executed",), "the rule is there")
    changes = _parsed('modify . scope=host parameters.note="two words" --comment "as agreed"')
    assert (changes.word, changes.words, changes.text) == (
        ".",
        ("scope=host", "parameters.note=two words"),
        "as agreed",
    )
    assert _parsed("escalate 1 --to ciso").role == v1.ROLE_CISO
    halt = _parsed("halt --scope target=203.0.113.7 --for 30m ours")
    assert halt.scope is not None
    assert (halt.scope.target, halt.for_s, halt.text) == ("203.0.113.7", 1800, "ours")
    whole = _parsed("halt").scope
    assert whole is not None
    assert whole.all
    assert (_parsed("release-halt halt-1").word, _parsed("release-halt halt-1").text) == ("halt-1", "")
    assert _parsed("stats bob").word == "bob"
    assert _parsed("help modify").word == "modify"


def test_what_scripts_type() -> None:
    """What a person is asked for can be typed in the line."""
    request = _parsed("approve 3f2a --target 203.0.113.7 --yes")
    assert (request.word, request.target, request.yes) == ("3f2a", "203.0.113.7", True)


def test_groups() -> None:
    """A group is listed, shown, or decided with a comment or a reason."""
    assert _parsed("batch") == Request(BY_NAME["batch"])
    assert _parsed("batch 2").word == "2"
    decided = _parsed("batch 2 reject known scanner")
    assert (decided.word, decided.words, decided.text) == ("2", ("reject",), "known scanner")


def test_lists_and_files() -> None:
    """What is listed, filtered and exported is chosen in one way."""
    listed = _parsed("queue high sort=-left page=2 --mine")
    assert (listed.selection.told(), listed.sort, listed.page) == ("risk=high mine", "-left", 2)
    assert _parsed("filter off").words == (OFF,)
    assert _parsed("filter").selection == EVERYTHING
    exported = _parsed("export 'my file.csv' risk=high --force")
    assert (exported.file, exported.form, exported.force) == ("my file.csv", "csv", True)
    assert exported.selection.told() == "risk=high"
    assert _parsed("export out.csv --format json").form == "json"
    assert _parsed("export out").form == "json"


def test_options_have_one_meaning() -> None:
    """Every verb that takes text understands every name for it; no verb knows an option twice."""
    for verb in VERBS:
        known = [each.name for each in known_options(verb)]
        assert len(known) == len(set(known))
        assert ("--reason" in known) == ("--comment" in known) == ("--evidence" in known)
    assert {verb.takes for verb in VERBS} == set(Takes)


def test_the_language_has_names_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A verb can be typed by its name in the language in use; the English one still works."""

    class _Portuguese(gettext.NullTranslations):
        def pgettext(self, context: str, message: str) -> str:
            return {"approve": "aprovar", "executed": "executado"}.get(message, message) if context else message

    monkeypatch.setattr(language._SPOKEN, "catalogue", _Portuguese())
    monkeypatch.setattr(language._SPOKEN, "language", "pt_BR")
    naming._spoken.cache_clear()
    naming._by_spoken.cache_clear()
    try:
        assert _parsed("aprovar 1").verb.name == "approve"
        assert _parsed("approve 1").verb.name == "approve"
        assert usage(BY_NAME["approve"]).startswith("aprovar [ID]")
        assert "Did you mean `aprovar`?" in _mistake("aprova 1")
        assert _parsed("batch 1 aprovar").words == ("approve",)
        assert _parsed("reconcile 1 executado vi").words == ("executed",)
    finally:
        naming._spoken.cache_clear()
        naming._by_spoken.cache_clear()


def test_what_was_said_before() -> None:
    """Reasons are found again in the lines that were typed, each once; lines that mean nothing any more are passed."""
    lines = ["reject 1 known scanner", "show 1", "nonsense 'x", "approve . --comment 'known scanner'", "note 2 seen"]
    assert list(said_before(lines)) == ["known scanner", "seen"]
