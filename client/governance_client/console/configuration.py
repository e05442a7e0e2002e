"""The configuration: a person's `console.toml` and what the environment says become settings.

Whatever is not understood is an error that names the file, the line and the key, and nothing of the file is used:
a console that half obeys its owner is worse than one that says what it does not understand.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from governance_client import language
from governance_client.console import columns
from governance_client.console.board.keys import BY_NAME as DEEDS
from governance_client.console.board.keys import Keys
from governance_client.console.inert import inert
from governance_client.console.nearest import suggestion
from governance_client.console.settings import Settings
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VARIABLE: Final = "GOVERNANCE_CONSOLE_CONFIG"
"""Names the file, where that is another than `console.toml` in the folder for configurations."""
_FOLDER: Final = "governance"
_FILE: Final = "console.toml"
_HISTORY: Final = "console_history"
_BYTES: Final = 100_000
"""No configuration that a person writes is longer."""
_KEYS: Final = "keys"
_SHOWN: Final = 60
_POSITION: Final = re.compile(r"^(?P<what>.*) \(at line (?P<line>\d+), column \d+\)$")
"""How tomllib says where it stopped."""
_HEADER: Final = re.compile(r"\s*\[\s*\"?(?P<table>[^\]\"]*)\"?\s*\]\s*(?:#.*)?")
_KEY: Final = re.compile(r"\s*(?P<key>[A-Za-z0-9_.\-\"' ]+?)\s*=")


class ConfigurationError(Exception):
    """The configuration is not understood; the sentence says where, why and what to write."""


@dataclass(frozen=True, slots=True)
class _Source:
    """The text of a file, for saying where something in it stands."""

    path: Path
    text: str

    def wrong(self, key: str, why: str, table: str = "") -> ConfigurationError:
        """Return the error about a key."""
        line = self._line_of(key, table)
        place = _("{file}, line {line}") if line else _("{file}")
        text = _("{place}: `{key}` {why} Nothing of the file is used.")
        named = f"{table}.{key}" if table else key
        shown = place.format(file=inert(str(self.path)), line=line)
        return ConfigurationError(text.format(place=shown, key=inert(named, limit=_SHOWN), why=why))

    def _line_of(self, key: str, table: str) -> int:
        """Return the line on which a key is set, from 1; 0 where that cannot be told."""
        wanted = f"{table}.{key}" if table else key
        now = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            header, found = _HEADER.fullmatch(line), _KEY.match(line)
            if header:
                now = header["table"].strip()
                if now == wanted:
                    return number
            elif found and ".".join(filter(None, (now, _bare(found["key"])))) == wanted:
                return number
        return 0


def read(environment: Mapping[str, str], home: Path | None = None) -> Settings:
    """Return what a person has chosen, as far as the environment and the terminal allow it.

    NO_COLOR and a terminal of the kind "dumb" take the colours away; a locale whose characters are not UTF-8 asks for
    ASCII, unless the file says otherwise.

    Args:
        environment: The program's environment.
        home: The person's home, where the environment does not say where configurations are.

    Raises:
        ConfigurationError: There is a file that is not understood or cannot be read.
    """
    house = home or Path(environment.get("HOME") or Path.home())
    settings = Settings(ascii=not language.is_utf8(environment), history=_history(environment, house))
    source = _source(environment, house)
    if source is not None:
        settings = _applied(settings, source)
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        settings = replace(settings, colour=False)
    return settings


def path(environment: Mapping[str, str], home: Path) -> Path:
    """Return where the configuration is, or would be."""
    return Path(environment.get(VARIABLE) or _base(environment, "XDG_CONFIG_HOME", home / ".config") / _FOLDER / _FILE)


def _base(environment: Mapping[str, str], name: str, otherwise: Path) -> Path:
    """Return a base folder; one that is not absolute counts as none, as the XDG Base Directory Specification has it."""
    said = environment.get(name, "")
    return Path(said) if said.startswith("/") else otherwise


def _history(environment: Mapping[str, str], home: Path) -> Path:
    return _base(environment, "XDG_STATE_HOME", home / ".local" / "state") / _FOLDER / _HISTORY


def _source(environment: Mapping[str, str], home: Path) -> _Source | None:
    """Return the file; None where there is none and none was named."""
    where = path(environment, home)
    try:
        with where.open("rb") as file:
            content = file.read(_BYTES + 1)
        if len(content) > _BYTES:
            raise ConfigurationError(_("{file} is too long for a configuration.").format(file=inert(str(where))))
        return _Source(where, content.decode())
    except FileNotFoundError:
        if not environment.get(VARIABLE):
            return None
        text = _("{file} is named by {variable}, and is not there.")
        raise ConfigurationError(text.format(file=inert(str(where)), variable=VARIABLE)) from None
    except UnicodeDecodeError:
        raise ConfigurationError(_("{file} is not in UTF-8.").format(file=inert(str(where)))) from None
    except OSError as error:
        text = _("{file} cannot be read: {why}.")
        raise ConfigurationError(text.format(file=inert(str(where)), why=inert(error.strerror or str(error)))) from None


def _applied(settings: Settings, source: _Source) -> Settings:
    """Return the settings with all that the file says."""
    for key, value in _document(source).items():
        if key not in _READERS:
            raise source.wrong(key, _("is no setting. {hint}").format(hint=suggestion(key, _READERS)))
        settings = _READERS[key](settings, source, key, value)
    return settings


def _document(source: _Source) -> dict[str, Any]:
    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        found = _POSITION.match(str(error))
        # without a place it is the end of the file
        what = found["what"] if found else str(error).removesuffix(" (at end of document)")
        line = found["line"] if found else max(len(source.text.splitlines()), 1)
        text = _("{file}, line {line}: that is no TOML: {what}. Nothing of the file is used.")
        raise ConfigurationError(text.format(file=inert(str(source.path)), line=line, what=inert(what))) from None
    except (ValueError, RecursionError) as error:  # what Python itself does not read: numbers of thousands of digits
        why = _("nested too deeply") if isinstance(error, RecursionError) else str(error)
        text = _("{file} cannot be read: {why}.")
        raise ConfigurationError(text.format(file=inert(str(source.path)), why=inert(why))) from None


def _choice(*known: str) -> Callable[[Settings, _Source, str, Any], Settings]:
    """Return a reader of a key that has one of these values."""

    def read_choice(settings: Settings, source: _Source, key: str, value: Any) -> Settings:
        if not isinstance(value, str) or value not in known:
            raise source.wrong(key, _cannot_be(value, known))
        chosen: dict[str, Any] = {key: value}
        return replace(settings, **chosen)

    return read_choice


def _cannot_be(value: Any, known: tuple[str, ...]) -> str:
    shown = inert(str(value), limit=_SHOWN)
    return _("cannot be {value!r}. {hint}").format(value=shown, hint=suggestion(shown, known))


def _switch(settings: Settings, source: _Source, key: str, value: Any) -> Settings:
    chosen: dict[str, Any] = {key: _yes_or_no(source, key, value)}
    return replace(settings, **chosen)


def _yes_or_no(source: _Source, key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise source.wrong(key, _("is true or false, without quotes."))
    return value


def _language(settings: Settings, source: _Source, key: str, value: Any) -> Settings:
    found = language.matching(value) if isinstance(value, str) and value else None
    if found is None:
        raise source.wrong(key, _cannot_be(value, language.LANGUAGES))
    return replace(settings, language=found)


def _columns(settings: Settings, source: _Source, key: str, value: Any) -> Settings:
    known = tuple(columns.ALL)
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        text = _('is a list of columns, such as ["risk", "left", "id", "target"]. There are {columns}.')
        raise source.wrong(key, text.format(columns=", ".join(known)))
    for each in value:
        if each not in known:
            raise source.wrong(key, _cannot_be(each, known))
        if value.count(each) > 1:
            raise source.wrong(key, _("names {column!r} more than once.").format(column=each))
    return replace(settings, columns=tuple(value))


def _history_kept(settings: Settings, source: _Source, key: str, value: Any) -> Settings:
    return settings if _yes_or_no(source, key, value) else replace(settings, history=None)


def _board_keys(settings: Settings, source: _Source, key: str, value: Any) -> Settings:
    if not isinstance(value, dict):
        raise source.wrong(key, _('is a table: a line [keys], and below it lines such as approve = "y".'))
    for name, pressed in value.items():
        if name not in DEEDS:
            raise source.wrong(name, _("is nothing that a key does. {hint}").format(hint=suggestion(name, DEEDS)), key)
        if not isinstance(pressed, str):
            raise source.wrong(name, _('is a key in quotes, such as "y", "f5" or "c-r".'), key)
    _check_keys(source, key, value)
    return replace(settings, keys=MappingProxyType(dict(value)))


def _check_keys(source: _Source, table: str, chosen: dict[str, str]) -> None:
    """Have the board look at the keys, one more at a time, so that the one that is wrong is named."""
    taken: dict[str, str] = {}
    failure: tuple[str, ValueError] | None = None
    for name, pressed in chosen.items():
        taken[name] = pressed
        try:
            Keys(taken)
        except ValueError as error:
            failure = failure or (name, error)
        else:
            failure = None  # two keys that changed places are wrong only until both are known
    if failure is not None:
        raise source.wrong(failure[0], f"= {inert(chosen[failure[0]])!r}: {failure[1]}", table)


def _bare(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))


_READERS: Final[Mapping[str, Callable[[Settings, _Source, str, Any], Settings]]] = MappingProxyType(
    {
        "language": _language,
        "theme": _choice("dark", "light"),
        "colour": _switch,
        "ascii": _switch,
        "editing": _choice("emacs", "vi"),
        "columns": _columns,
        "bell": _choice("never", "critical", "all"),
        "notify": _choice("never", "critical", "all"),
        "history": _history_kept,
        _KEYS: _board_keys,
    }
)
"""What each key of the file does to the settings."""
