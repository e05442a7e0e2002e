"""The command line `governance`: everything a person or a script does from outside of the server."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from governance_client.cli import status
from governance_client.cli.parser import build_parser

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status: 0 done, 1 refused, 2 usage, 3 not reached or not let in.

    Errors are sentences on standard error. Ctrl-C ends with 130, as shells expect, unless the verb is one that people
    end so.
    """
    arguments = build_parser().parse_args(argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # whoever read our output has seen enough; nothing may be flushed into the closed pipe at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return status.BROKEN_PIPE
    except KeyboardInterrupt:
        return status.INTERRUPTED
    return code


def _run(arguments: Namespace) -> int:
    # what takes long to import is imported when it is known to be needed, so that --help and mistakes are quick
    import asyncio

    # gRPC's own lines on standard error are for its developers; what a person needs to know is said in our sentences
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from governance_client.cli.context import Context
    from governance_client.cli.output import complain
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
