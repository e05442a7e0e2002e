"""The command line `governance`: everything a person or a script does from outside of the server."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from governance_client.cli import status
from governance_client.cli.output import abandon_output, complain, prepare_streams
from governance_client.cli.parser import build_parser

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

_PATHS: Final = frozenset({"credentials", "file", "files", "journal"})
"""Arguments that name files: a file system's names need not be UTF-8."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status: 0 done, 1 refused, 2 usage, 3 not reached or not let in.

    Errors are sentences on standard error. Ctrl-C ends with 130, as shells expect, unless the verb is one that people
    end so.
    """
    prepare_streams()
    arguments = build_parser().parse_args(argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        abandon_output()  # whoever read it has seen enough
        return status.BROKEN_PIPE
    except OSError as error:
        abandon_output()
        complain(
            f"The output cannot be written: {error.strerror or error}. What was asked may have been done all the same."
        )
        return status.REFUSED
    except KeyboardInterrupt:
        return status.INTERRUPTED
    return code


def _run(arguments: Namespace) -> int:
    wrong = _not_text(arguments)
    if wrong:
        complain(f"{wrong!r} is not UTF-8. Write it in the encoding of your terminal, or set the terminal to UTF-8.")
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
    from governance_client.cli.run import verb_of
    from governance_client.errors import ClientError

    try:
        verb = verb_of(arguments.verb)
        return asyncio.run(verb(Context(arguments), arguments))
    except ClientError as error:
        complain(str(error))
        return status.of(error)
    except ModuleNotFoundError as error:
        if error.name not in {"prompt_toolkit", "wcwidth"}:
            raise
        complain(f"This needs {error.name}, which is not installed. Install governance-workspace[console].")
        return status.USAGE
