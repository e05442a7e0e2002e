"""The language that people are spoken to in: GNU gettext catalogues beside this package, English where there is none.

Texts are looked up when they are used, not when a module is imported, so that a program can choose the language first.
What is only named as a constant is marked with `N_` and looked up with `_` where it is shown. Texts with values in them
are translated whole and filled in afterwards: `_("{count} new").format(count=3)`.
"""

from __future__ import annotations

import gettext as _gettext
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DOMAIN: Final = "governance"
LOCALES: Final = Path(__file__).parent / "locale"
LANGUAGES: Final = ("en", "pt_BR")
"""What there are catalogues for."""
_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""In the order in which POSIX lets them decide; LANGUAGE is GNU's own and is not asked."""
_CHARACTERS: Final = ("LC_ALL", "LC_CTYPE", "LANG")
"""The same, for which characters there are."""


class _Spoken:
    """The catalogue in use. One a program: a console speaks one language."""

    def __init__(self) -> None:
        self.language = "en"
        self.catalogue: _gettext.NullTranslations = _gettext.NullTranslations()


_SPOKEN: Final = _Spoken()


def use(language: str) -> None:
    """Speak this language from here on: one of `LANGUAGES`.

    Raises:
        FileNotFoundError: There is no catalogue for it.
    """
    _SPOKEN.catalogue = _gettext.translation(DOMAIN, LOCALES, [language])
    _SPOKEN.language = language


def spoken() -> str:
    """Return the language in use."""
    return _SPOKEN.language


def matching(wish: str) -> str | None:
    """Return the language that a wish such as "pt", "pt-BR" or "pt_BR.UTF-8" means; None where there is none."""
    plain = wish.partition(".")[0].partition("@")[0].replace("-", "_").lower()
    if plain in {"c", "posix"}:
        return "en"
    for language in LANGUAGES:
        if plain == language.lower() or plain.partition("_")[0] == language.partition("_")[0].lower():
            return language
    return None


def of_environment(environment: Mapping[str, str]) -> str:
    """Return the language that the locale's variables ask for; English where that is none of ours."""
    wish = next((environment[name] for name in _VARIABLES if environment.get(name)), "C")
    return matching(wish) or "en"


def is_utf8(environment: Mapping[str, str]) -> bool:
    """Return whether the terminal's characters are UTF-8, by the locale; where that says nothing, they are."""
    said = next((environment[name] for name in _CHARACTERS if environment.get(name)), "")
    # Python sets LC_CTYPE=C.UTF-8 where the locale is C (PEP 538): that is not the person's word
    if said == "C.UTF-8" and not environment.get("LC_ALL") and environment.get("LANG") in {"C", "POSIX"}:
        return False
    return not said or "utf8" in said.replace("-", "").lower()


def _(text: str) -> str:
    """Return a text in the language in use."""
    return _SPOKEN.catalogue.gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form of a text that a number takes."""
    return _SPOKEN.catalogue.ngettext(one, many, count)


def pgettext(context: str, text: str) -> str:
    """Return a text that means different things in different places, in the language in use."""
    return _SPOKEN.catalogue.pgettext(context, text)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a text to be translated where it is shown, and return it as it is."""
    return text
