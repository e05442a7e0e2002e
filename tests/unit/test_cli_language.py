"""Which language the command line speaks."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from governance_client import language
from governance_client.cli import main, speaking
from governance_client.console import glyphs
from governance_client.console.glyphs import GLYPHS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _english_after(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    yield
    speaking.begin([], {})
    glyphs.use(ascii=False)


@pytest.mark.parametrize(
    ("given", "environment", "spoken"),
    [
        ([], {}, "en"),
        ([], {"LANG": "pt_BR.UTF-8"}, "pt_BR"),
        ([], {"LANG": "pt_BR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ([], {"LANG": "en_GB.UTF-8", "LC_MESSAGES": "pt_PT"}, "pt_BR"),
        ([], {"LANG": "de_DE.UTF-8"}, "en"),
        (["--lang", "pt"], {"LANG": "en_US.UTF-8"}, "pt_BR"),
        (["ls", "--lang=pt-br"], {}, "pt_BR"),
        (["--lang", "en", "ls"], {"LANG": "pt_BR.UTF-8"}, "en"),
        (["--lang", "en", "ls", "--lang", "pt"], {}, "pt_BR"),
        (["note", "1", "--", "--lang", "pt"], {}, "en"),
        (["ls", "--lang"], {}, "en"),
    ],
)
def test_what_decides(given: list[str], environment: dict[str, str], spoken: str) -> None:
    """The option before everything, then LC_ALL, LC_MESSAGES and LANG; English where that is none of ours."""
    speaking.begin(given, environment)
    assert language.spoken() == spoken


@pytest.mark.parametrize(
    ("asked", "configured", "spoken"),
    [("", "pt_BR", "pt_BR"), ("en", "pt_BR", "en"), ("", "", "en"), ("pt_BR", "en", "pt_BR")],
)
def test_a_configuration_comes_after_the_option(asked: str, configured: str, spoken: str) -> None:
    """What a person's console.toml says holds where nothing was asked for on the command line."""
    speaking.begin(["--lang", asked] if asked else [], {})
    speaking.prefer(asked, configured)
    assert language.spoken() == spoken


@pytest.mark.parametrize("argv", [["--lang", "pt", "--help"], ["--help", "--lang", "pt_BR"], ["--lang=pt", "ls", "-h"]])
def test_help_is_in_it(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Also argparse's own words are, wherever the option stands."""
    with pytest.raises(SystemExit) as ended:
        main(argv)
    told = capsys.readouterr().out
    assert ended.value.code == 0
    assert told.startswith("uso: governance")
    assert "opções:" in told
    assert "mostra esta ajuda e sai" in told


def test_mistakes_are_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong with a line is said in the language that was asked for."""
    with pytest.raises(SystemExit) as ended:
        main(["--lang", "pt", "reject", "1"])
    assert ended.value.code == 2
    assert "erro: os seguintes argumentos são obrigatórios: --reason" in capsys.readouterr().err


@pytest.mark.parametrize("lang", ["tlh", "", "português"])
def test_a_language_that_we_do_not_speak(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Is a usage error, which names those that there are."""
    with pytest.raises(SystemExit) as ended:
        main(["--lang", lang, "ls"])
    assert ended.value.code == 2
    assert "there are en, pt_BR" in capsys.readouterr().err


def test_errors_are_in_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences of the modules below the command line too."""
    monkeypatch.delenv("GOVERNANCE_CREDENTIALS", raising=False)
    assert main(["--lang", "pt", "ls"]) == 2
    assert "Nenhuma credencial foi indicada." in capsys.readouterr().err


def test_exec_speaks_what_its_owner_chose(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`exec` reads console.toml as the console does; the option still comes before it."""
    chosen = tmp_path / "console.toml"
    chosen.write_text('language = "pt"\n', "utf-8")
    monkeypatch.setenv("GOVERNANCE_CONSOLE_CONFIG", str(chosen))
    monkeypatch.delenv("GOVERNANCE_CREDENTIALS", raising=False)
    assert main(["exec", "fila"]) == 2
    assert "Nenhuma credencial foi indicada." in capsys.readouterr().err
    assert main(["--lang", "en", "exec", "queue"]) == 2
    assert "No credentials were named." in capsys.readouterr().err
    chosen.write_text('language = "tlh"\n', "utf-8")
    assert main(["exec", "queue"]) == 2
    assert "cannot be 'tlh'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "ascii_only"),
    [({}, False), ({"LC_ALL": "C.UTF-8"}, False), ({"LC_ALL": "C"}, True), ({"LANG": "pt_BR.ISO-8859-1"}, True)],
)
def test_characters(environment: dict[str, str], *, ascii_only: bool) -> None:
    """Where the locale's characters are not UTF-8, every verb draws in ASCII."""
    speaking.begin([], environment)
    assert GLYPHS.ascii is ascii_only


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--lang", "pt", "--help"], "opcoes:"),
        (["--lang", "pt", "reject", "1"], "sao obrigatorios"),
        (["--lang", "pt", "show", "1", "--credentials", "/nowhere\u202e"], "<U+202E>"),
    ],
)
def test_portuguese_in_ascii(
    argv: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Help, mistakes and complaints lose their accents there, and nothing that somebody else wrote is lost."""
    monkeypatch.setenv("LC_ALL", "C")
    with contextlib.suppress(SystemExit):
        main(argv)
    out, err = capsys.readouterr()
    assert (out + err).isascii()
    assert "<U+00" not in out + err
    assert told in out + err
