"""The verbs about the policy: show, check, apply, diff and replay."""

from __future__ import annotations

import contextlib
import json
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grpc

from governance import v1
from governance.v1.administration_service_pb2_grpc import AdministrationServiceStub
from governance_client.cli import status
from governance_client.cli.clock import CLOCK
from governance_client.cli.context import CALL_TIMEOUT_S, answer
from governance_client.cli.moments import moment_of
from governance_client.cli.output import complain, drawn, print_json, print_lines, width
from governance_client.cli.sending import raise_if_refused
from governance_client.cli.tables import Difference, differences
from governance_client.console import words
from governance_client.console.inert import inert
from governance_client.console.rendering import Line, actor, clip
from governance_client.console.replaying import replay_report
from governance_client.errors import ServerError, from_rpc_error
from governance_client.language import _
from governance_client.operator import new_request_id

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator

    from governance_client.cli.context import Context

_MOST_BYTES: Final = 4 << 20
"""Of a policy's file that is read at all. The server takes less, and says so."""


class _UnusableFileError(Exception):
    """A file that cannot be read as text."""


async def policy(context: Context, arguments: Namespace) -> int:
    """Do with the policy what was asked for."""
    try:
        match arguments.policy_verb:
            case "show":
                return await _show(context)
            case "check":
                return await _check(context, arguments)
            case "apply":
                return await _apply(context, arguments)
            case "diff":
                return await _diff(context, arguments)
            case _:
                return await _replay(context, arguments)
    except _UnusableFileError as error:
        complain(f"{arguments.file}: {error}.")
        return status.USAGE


async def _show(context: Context) -> int:
    found = await _in_force(context)
    if context.json:
        print_json(found)
        return status.DONE
    whose = _("built in, nobody applied another")
    if found.HasField("applied_by"):
        by, moment = actor(found.applied_by), words.moment(found.applied_at)
        whose = _("applied by {who} at {moment}").format(who=by, moment=moment)
    print_lines([[("class:dim", f"# {whose}")]])
    print_lines([[("class:dim", "# " + _("digest {digest}").format(digest=found.policy_digest.hex()))]])
    print_lines([("", inert(line))] for line in found.document.splitlines())
    return status.DONE


async def _check(context: Context, arguments: Namespace) -> int:
    request = v1.CheckPolicyRequest(document=_text(arguments.file))
    async with context.channel() as channel:
        found = await answer(AdministrationServiceStub(channel).CheckPolicy(request, timeout=CALL_TIMEOUT_S))
    if context.json:
        print_json(found)
    elif found.problems:
        print_lines(_problems(arguments.file, found.problems))
    else:
        print_lines([[("class:done", _("in order; digest {digest}").format(digest=found.policy_digest.hex()))]])
    return status.REFUSED if found.problems else status.DONE


async def _apply(context: Context, arguments: Namespace) -> int:
    if not arguments.reason.strip():
        complain(_("`policy apply` needs a reason. Say --reason TEXT."))
        return status.USAGE
    request = v1.ApplyPolicyRequest(
        request_id=new_request_id(), document=_text(arguments.file), reason=arguments.reason
    )
    async with context.channel() as channel:
        done = await answer(AdministrationServiceStub(channel).ApplyPolicy(request, timeout=CALL_TIMEOUT_S))
    if context.json:
        print_json(done)
    elif done.problems:
        print_lines(_problems(arguments.file, done.problems))
    if done.problems:
        complain(_("Not applied: the policy in force is the one from before."))
        return status.REFUSED
    raise_if_refused(done.receipt)
    if not context.json:
        told = _("in force for every proposal from entry {offset} on; digest {digest}")
        offset, digest = done.receipt.accepted.offset, done.policy_digest.hex()
        print_lines([[("class:done", told.format(offset=offset, digest=digest))]])
    return status.DONE


async def _diff(context: Context, arguments: Namespace) -> int:
    ours = _text(arguments.file)
    try:
        tomllib.loads(ours)
    except RecursionError:
        raise _UnusableFileError(_("it is nested too deeply")) from None
    except ValueError as error:  # the parser's own, and Python's for a number of too many digits
        raise _UnusableFileError(_("it is no TOML: {why}").format(why=error)) from None
    theirs = (await _in_force(context)).document
    found = differences(theirs, ours)
    if context.json:
        for each in found:
            sys.stdout.write(json.dumps(each._asdict()) + "\n")
    else:
        print_lines(_difference_lines(found))
    return status.DONE


def _difference_lines(found: Iterable[Difference]) -> Iterator[Line]:
    same = True
    for key, before, after in found:
        same = False
        told = f"{inert(before or _('(absent)'))} → {inert(after or _('(absent)'))}"
        yield clip([("class:label", inert(key)), ("", f": {told}")], width())
    if same:
        yield [("class:dim", _("It says what the policy in force says."))]


async def _replay(context: Context, arguments: Namespace) -> int:
    request = v1.ReplayPolicyRequest(document=_text(arguments.file))
    if arguments.since:
        try:
            request.since.FromMicroseconds(moment_of(arguments.since, CLOCK.now_us()))
        except ValueError as error:
            complain(_("--since: {why}.").format(why=error))
            return status.USAGE
    last = await _replayed(context, request)
    if context.json:
        print_json(last)
    elif last.problems:
        print_lines(_problems(arguments.file, last.problems))
    else:
        print_lines(clip(line, width()) for line in replay_report(last))
    return status.REFUSED if last.problems else status.DONE


async def _replayed(context: Context, request: v1.ReplayPolicyRequest) -> v1.ReplayPolicyResponse:
    """Return the report; how far it has got is told on standard error, where somebody looks at it."""
    live = sys.stderr.isatty() and not context.json
    async with context.channel() as channel:
        try:
            async for response in AdministrationServiceStub(channel).ReplayPolicy(request):
                if response.done or response.problems:
                    return response
                if live:
                    told = _("looked at {count:,} of {total:,}")
                    sys.stderr.write(drawn(f"\r{told.format(count=response.looked_at, total=response.total)} "))
                    sys.stderr.flush()
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None
        finally:
            if live:
                sys.stderr.write("\r\x1b[K")
    raise ServerError(
        _("The server ended the replay without a report. Try again; if it stays so, read the server's log.")
    )


async def _in_force(context: Context) -> v1.GetPolicyResponse:
    async with context.channel() as channel:
        return await answer(AdministrationServiceStub(channel).GetPolicy(v1.GetPolicyRequest(), timeout=CALL_TIMEOUT_S))


def _problems(file: str, problems: Iterable[v1.PolicyProblem]) -> Iterator[Line]:
    """Yield every problem as compilers do, for whoever jumps to the line."""
    for each in problems:
        line = f":{each.line}" if each.line else ""
        place = f" {inert(each.place)}:" if each.place else ""
        yield [("class:label", f"{inert(file)}{line}:"), ("", f"{place} {inert(each.problem)}")]


def _text(name: str) -> str:
    """Return a file's text. Raises _UnusableFileError."""
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise _UnusableFileError(_("it has more than {bytes} bytes, which no policy has").format(bytes=_MOST_BYTES))
        return content.decode("utf-8-sig")
    except OSError as error:
        raise _UnusableFileError(_("it cannot be read: {why}").format(why=error.strerror or error)) from None
    except UnicodeDecodeError as error:
        raise _UnusableFileError(_("it is not UTF-8 (byte {number})").format(number=error.start + 1)) from None
