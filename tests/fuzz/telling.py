"""Telling: a refusal has words, names what it is about, and repeats no secret."""

from __future__ import annotations


def assert_told(error: Exception, about: object = "") -> None:
    """Hold a documented error to say something, and to name what it is about."""
    assert str(error), f"{type(error).__name__} says nothing"
    assert str(about) in str(error), f"{error} does not name {about}"


def assert_untold(error: Exception, secret: str) -> None:
    """Hold an error not to repeat what was presented."""
    assert secret not in str(error), "what was presented stands in the answer"


def assert_printable(error: Exception, *, ascii_only: bool = False) -> None:
    """Hold an error's text to be one line that does nothing where it is printed."""
    assert str(error).isprintable(), repr(str(error))
    assert not ascii_only or str(error).isascii()
