"""What a person has chosen, and what the terminal allows of it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from governance_client.console.configuration import ConfigurationError, path, read
from governance_client.console.settings import COLUMNS

GUIDE = Path(__file__).parents[2] / "docs" / "console.md"
UTF8 = {"LANG": "pt_BR.UTF-8", "TERM": "xterm-256color"}


def _written(home: Path, text: str) -> Path:
    file = home / ".config" / "governance" / "console.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file(tmp_path: Path) -> None:
    """Everything has a default, and what is typed is kept where the person's state is."""
    settings = read(UTF8, tmp_path)
    assert (settings.theme, settings.colour, settings.ascii, settings.editing) == ("dark", True, False, "emacs")
    assert (settings.columns, settings.bell, settings.language) == (COLUMNS, "never", "")
    assert settings.history == tmp_path / ".local/state/governance/console_history"


def test_everything_can_be_chosen(tmp_path: Path) -> None:
    """Each key of the file is obeyed."""
    _written(
        tmp_path,
        """
        language = "pt"
        theme = "light"
        colour = false
        ascii = true
        editing = "vi"
        columns = ["left", "target"]
        bell = "critical"
        notify = "all"
        history = false
        [keys]
        approve = "y"
        """,
    )
    settings = read(UTF8, tmp_path)
    assert (settings.language, settings.theme, settings.colour, settings.ascii) == ("pt_BR", "light", False, True)
    assert (settings.editing, settings.columns) == ("vi", ("left", "target"))
    assert (settings.bell, settings.notify, settings.history) == ("critical", "all", None)
    assert dict(settings.keys) == {"approve": "y"}


def test_where_the_file_is(tmp_path: Path) -> None:
    """The XDG variables are respected if they are absolute; a variable of our own names another file, which must be."""
    assert path({}, tmp_path) == tmp_path / ".config/governance/console.toml"
    assert path({"XDG_CONFIG_HOME": "/etc/me"}, tmp_path) == Path("/etc/me/governance/console.toml")
    assert path({"XDG_CONFIG_HOME": "etc"}, tmp_path) == tmp_path / ".config/governance/console.toml"
    assert read({"XDG_STATE_HOME": "/var/me"}, tmp_path).history == Path("/var/me/governance/console_history")
    file = tmp_path / "mine.toml"
    with pytest.raises(ConfigurationError, match=r"mine\.toml is named by GOVERNANCE_CONSOLE_CONFIG, and is not there"):
        read({"GOVERNANCE_CONSOLE_CONFIG": str(file)}, tmp_path)
    file.write_text('theme = "light"')
    assert read({"GOVERNANCE_CONSOLE_CONFIG": str(file)}, tmp_path).theme == "light"


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('\n# mine\nthem = "dark"', 3, "`them` is no setting. Did you mean `theme`?"),
        ('theme = "drak"', 1, "`theme` cannot be 'drak'. Did you mean `dark`?"),
        ("theme = true", 1, "`theme` cannot be 'True'."),
        ('colour = "no"', 1, "`colour` is true or false, without quotes."),
        ('bell = "never"\nnotify = "criticl"', 2, "Did you mean `critical`?"),
        ('language = "tlh"', 1, "`language` cannot be 'tlh'."),
        ('columns = "risk"', 1, "`columns` is a list of columns"),
        ('columns = ["risk", "lft"]', 1, "`columns` cannot be 'lft'. Did you mean `left`?"),
        ('columns = ["risk", "risk"]', 1, "names 'risk' more than once"),
        ('theme = "dark"\n\n[keys]\n# mine\naprove = "y"', 5, "`keys.aprove` is nothing that a key does."),
        ("[keys]\napprove = 1", 2, "`keys.approve` is a key in quotes"),
        ('[keys]\napprove = "f5"\nreject = "f5"', 3, "`f5` is the board's key for both"),
        ('[keys]\nreject = "escape"', 2, "cannot be the board's key"),
        ('keys.approve = "yes"', 1, "cannot be the board's key"),
        ("keys = 1", 1, "`keys` is a table"),
        ("theme = dark", 1, "that is no TOML"),
        ('theme = "dark"\ntheme = "light"', 2, "that is no TOML"),
        ('"the\\u001bme" = 1', 0, "`the␛me` is no setting."),
    ],
)
def test_what_is_not_understood(tmp_path: Path, text: str, line: int, told: str) -> None:
    """An error names the file, the line and the key, with what is near, and nothing of the file is used."""
    _written(tmp_path, text)
    with pytest.raises(ConfigurationError) as wrong:
        read(UTF8, tmp_path)
    message = str(wrong.value)
    assert told in message
    assert "console.toml" in message
    assert "Nothing of the file is used." in message
    assert message.isprintable()
    if line:
        assert f"line {line}:" in message


def test_keys_may_change_places(tmp_path: Path) -> None:
    """Two deeds can have each other's keys."""
    _written(tmp_path, '[keys]\napprove = "r"\nreject = "a"')
    assert dict(read(UTF8, tmp_path).keys) == {"approve": "r", "reject": "a"}


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A folder, other characters than UTF-8 and a file without end are told in one sentence."""
    file = _written(tmp_path, "")
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="not in UTF-8"):
        read(UTF8, tmp_path)
    file.write_bytes(b"#" * 200_000)
    with pytest.raises(ConfigurationError, match="too long"):
        read(UTF8, tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read(UTF8, tmp_path)


@pytest.mark.parametrize(
    ("environment", "colour", "ascii_only"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"LC_ALL": "C"}, True, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True, True),
        ({"LC_CTYPE": "C.UTF-8"}, True, False),
        ({"LC_ALL": "en_US.utf8", "LANG": "C"}, True, False),
    ],
)
def test_what_the_terminal_allows(
    tmp_path: Path, environment: dict[str, str], *, colour: bool, ascii_only: bool
) -> None:
    """NO_COLOR, a dumb terminal and a locale without UTF-8 are respected, whatever the defaults are."""
    settings = read(environment, tmp_path)
    assert (settings.colour, settings.ascii) == (colour, ascii_only)


def test_no_colour_wins_and_ascii_can_be_chosen(tmp_path: Path) -> None:
    """A file cannot bring the colours back, but it may say that the terminal does show Unicode."""
    _written(tmp_path, "colour = true\nascii = false")
    settings = read({"NO_COLOR": "1", "LC_ALL": "C"}, tmp_path)
    assert (settings.colour, settings.ascii) == (False, False)


def test_the_example_of_the_guide(tmp_path: Path) -> None:
    """The commented example in the guide is understood, and shows every key that there is."""
    found = re.search(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    _written(tmp_path, found[1])
    read(UTF8, tmp_path)
    keys = {"language", "theme", "colour", "ascii", "editing", "columns", "bell", "notify", "history", "keys"}
    assert set(tomllib.loads(found[1])) == keys
