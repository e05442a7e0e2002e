"""The language and the characters that an invocation speaks in.

The language is that of --lang, else what a person's console.toml says, else the environment's; the characters are
ASCII where the locale's are not UTF-8.
"""

from __future__ import annotations

import gettext
import os
from typing import TYPE_CHECKING, Final

from governance_client import language

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OPTION: Final = "--lang"


def begin(given: Sequence[str], environment: Mapping[str, str]) -> None:
    """Speak the language that is asked for, before the command line is read, so that its help is in it too.

    A language that we do not speak is none: whoever reads the command line complains of it. Where the locale's
    characters are not UTF-8, only ASCII is drawn.
    """
    if not language.is_utf8(environment):
        _draw_ascii()
    wishes = [language.matching(wish) for wish in _wishes(given)]
    _speak(next((wish for wish in reversed(wishes) if wish), None) or language.of_environment(environment))


def prefer(asked: str, configured: str) -> None:
    """Speak the language that a person's configuration names, unless another was asked for on the command line."""
    if configured and not asked:
        _speak(configured)


def _draw_ascii() -> None:
    try:
        from governance_client.console import glyphs
    except ModuleNotFoundError:
        return  # a core's machine has no console, and nothing there draws
    glyphs.use(ascii=True)


def _wishes(given: Sequence[str]) -> list[str]:
    """Return what stands after --lang, wherever that stands; after `--` it is no option."""
    options = list(given)[: given.index("--")] if "--" in given else list(given)
    wishes = []
    for number, word in enumerate(options):
        name, equals, value = word.partition("=")
        if name == OPTION:
            wishes += [value] if equals else options[number + 1 : number + 2]
    return wishes


def _speak(chosen: str) -> None:
    language.use(chosen)
    # argparse looks its own words up in the standard library's domain, in the language that LANGUAGE names
    gettext.bindtextdomain(language.DOMAIN, str(language.LOCALES))
    gettext.textdomain(language.DOMAIN)
    os.environ["LANGUAGE"] = chosen
