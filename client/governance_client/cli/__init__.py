"""The command line `governance`: everything a person or a script does from outside of the server."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from governance_client.cli import speaking, status
from governance_client.cli.output import abandon_output, complain, prepare_streams
from governance_client.cli.parser import build_parser
from governance_client.language import _

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

_PATHS: Final = frozenset(
    {"checkpoint", "credentials", "file", "files", "journal", "key", "key_file", "new_key", "output", "pack"}
)
"""Arguments that name files: a file system's names need not be UTF-8."""
_EXTRAS: Final = {"prompt_toolkit": "console", "wcwidth": "console", "cryptography": "audit"}
"""Packages that some verbs need, and what installs them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status: 0 done, 1 refused, 2 usage, 3 not reached or not let in.

    Errors are sentences on standard error. Ctrl-C ends with 130, as shells expect, unless the verb is one that people
    end so.
    """
    prepare_streams()
    given = sys.argv[1:] if argv is None else list(argv)
    speaking.begin(given, os.environ)
    arguments = build_parser().parse_args(given)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        abandon_output()  # whoever read it has seen enough
        return status.BROKEN_PIPE
    except OSError as error:
        abandon_output()
        complain(
            _("The output cannot be written: {why}. What was asked may have been done all the same.").format(
                why=error.strerror or error
            )
        )
        return status.REFUSED
    except KeyboardInterrupt:
        return status.INTERRUPTED
    return code


def _run(arguments: Namespace) -> int:
    wrong = _not_text(arguments)
    if wrong:
        complain(
            _(
                "{wrong!r} is not UTF-8. Write it in the encoding of your terminal, or set the terminal to UTF-8."
            ).format(wrong=wrong)
        )
        return status.USAGE
    return _run_verb(arguments)


def _not_text(arguments: Namespace) -> str:
    """Return an argument that would be sent to the server and cannot be encoded; empty where there is none."""
    for name, value in vars(arguments).items():
        for each in value if isinstance(value, list) else [value]:
            if name not in _PATHS and isinstance(each, str) and not _is_text(each):
                return each
    return ""


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _run_verb(arguments: Namespace) -> int:
    # what takes long to import is imported when it is known to be needed, so that --help and mistakes are quick
    import asyncio

    # gRPC's own lines on standard error are for its developers; what a person needs to know is said in our sentences
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from governance_client.cli.context import Context
    from governance_client.cli.refusing import sentence_of
    from governance_client.cli.run import verb_of
    from governance_client.errors import ClientError

    try:
        verb = verb_of(arguments.verb)
        return asyncio.run(verb(Context(arguments), arguments))
    except ClientError as error:
        complain(sentence_of(error))
        return status.of(error)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRAS:
            raise
        complain(
            _("This needs {package}, which is not installed. Install governance-workspace[{extra}].").format(
                package=package, extra=_EXTRAS[package]
            )
        )
        return status.USAGE
