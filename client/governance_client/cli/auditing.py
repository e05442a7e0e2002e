"""The verb that reads the ledger, checking its chain on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc

from governance import v1
from governance.v1.audit_service_pb2_grpc import AuditServiceStub
from governance_client.cli import status
from governance_client.cli.output import print_json, print_lines, width
from governance_client.console import words
from governance_client.console.inert import inert
from governance_client.console.rendering import Line, actor, clip
from governance_client.errors import from_rpc_error
from governance_client.language import _
from governance_client.verify import ChainReader

if TYPE_CHECKING:
    from argparse import Namespace

    from governance_client.cli.context import Context


async def log(context: Context, arguments: Namespace) -> int:
    """Print entries in order; stop, and say so, at the first that is not what was hashed, or is missing."""
    reader = ChainReader(after=arguments.offset, whole=not arguments.decision)
    head_offset = 0
    async with context.channel() as channel:
        request = v1.ListEntriesRequest(offset=arguments.offset, decision_id=arguments.decision)
        try:
            async for response in AuditServiceStub(channel).ListEntries(request):
                head_offset = response.head_offset
                for record in response.records:
                    _print(context, reader.read(record), record)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None
    reader.finish(head_offset)
    if not context.json:
        told = _("{entries} entries, every hash as it should be; {links} links checked.")
        print_lines([[("class:dim", told.format(entries=reader.checked, links=reader.linked))]])
    return status.DONE


def _print(context: Context, entry: v1.Entry, record: v1.LedgerRecord) -> None:
    if context.json:
        print_json(entry)
        return
    kinds = ", ".join(event.WhichOneof("kind") or _("unknown") for event in entry.events)
    line: Line = [
        ("class:dim", f"{entry.offset:>6} {words.moment(entry.recorded_at)} "),
        ("", f"{actor(entry.actor):<24} {kinds} "),
        ("class:id", inert(entry.decision_id)),
        ("class:dim", f" {record.hash.hex()[:12]}"),
    ]
    print_lines([clip(line, width())])
