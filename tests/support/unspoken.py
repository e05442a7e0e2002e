"""Finds what looks like words for people and is not looked up in a catalogue, by reading sources."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MARKS: Final = frozenset({"_", "N_", "ngettext", "pgettext"})
_NOT_SHOWN: Final = frozenset({"compile", "cast", "TypeVar", "debug", "info", "warning", "error", "exception"})
"""Functions and methods whose strings no person at a console sees: patterns, types, and lines of a log."""
_BUGS: Final = frozenset({"AssertionError", "TypeError", "NotImplementedError"})
"""What is raised where the program is wrong, for whoever mends it."""
_WORDS: Final = re.compile(r"[A-Za-z]{2,}[,;:.)]? [(`]?[A-Za-z]{1,}|[A-Za-z]{3,}[.!?]$")
"""Two words, or one that ends a sentence."""
_PIECE: Final = re.compile(r"[A-Za-z]{2,}[,;:]? |[ (][A-Za-z]{2,}")
"""A word beside a value that is put in."""


class Unspoken(NamedTuple):
    """Words that are not looked up.

    Attributes:
        file: Where, within the package.
        line: On which line.
        text: What they say; `{}` stands for values.
        node: The syntax.
    """

    file: str
    line: int
    text: str
    node: ast.Constant | ast.JoinedStr


def unspoken(package: Path) -> Iterator[Unspoken]:
    """Yield all that looks like words for people and is not looked up, in every module of a package."""
    for path in sorted(package.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node, text in _of(tree):
            yield Unspoken(path.relative_to(package).as_posix(), node.lineno, text, node)


def _of(node: ast.AST) -> Iterator[tuple[ast.Constant | ast.JoinedStr, str]]:
    if _is_not_shown(node):
        return
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and _WORDS.search(node.value):
            yield node, node.value
        return
    if isinstance(node, ast.JoinedStr):
        yield from _of_joined(node)
        return
    for child in ast.iter_child_nodes(node):
        if not _is_annotation(node, child):
            yield from _of(child)


def _of_joined(node: ast.JoinedStr) -> Iterator[tuple[ast.Constant | ast.JoinedStr, str]]:
    pieces = [each.value for each in node.values if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    if any(_PIECE.search(piece) or _WORDS.search(piece) for piece in pieces):
        told = "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
        yield node, told
    for each in node.values:
        if isinstance(each, ast.FormattedValue):
            yield from _of(each.value)


def _is_not_shown(node: ast.AST) -> bool:
    """Say whether nothing within is shown as it stands: looked up, a docstring, a log line, a pattern or a bug."""
    match node:
        case ast.Expr(value=ast.Constant(value=str())) | ast.Assert():
            return True
        case ast.Call(func=ast.Name(id=name)) if name in _MARKS | _NOT_SHOWN:
            return True
        case ast.Call(func=ast.Attribute(value=ast.Attribute() | ast.Name(), attr=name)):
            return name in _NOT_SHOWN
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name))) if name in _BUGS:
            return True
        case _:
            return False


def _is_annotation(node: ast.AST, child: ast.AST) -> bool:
    match node:
        case ast.AnnAssign() | ast.arg():
            return child is node.annotation
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return child is node.returns
        case _:
            return False


def looked_up_at_import(package: Path) -> Iterator[tuple[str, int]]:
    """Yield the file and line of each text that is looked up while a module is imported."""
    for path in sorted(package.rglob("*.py")):
        for line in _at_import(ast.parse(path.read_text(encoding="utf-8"))):
            yield path.relative_to(package).as_posix(), line


def _at_import(node: ast.AST) -> Iterator[int]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for default in (*child.args.defaults, *child.args.kw_defaults):
                if default is not None:
                    yield from _at_import(ast.Expr(default))
            continue
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id in _MARKS - {"N_"}:
            yield child.lineno
        yield from _at_import(child)
