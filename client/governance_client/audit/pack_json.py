"""Messages in JSON as packs hold them: the same message gives the same text. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format

if TYPE_CHECKING:
    from google.protobuf.message import Message


def in_order(message: Message, *, contract_names: bool = False) -> Any:
    """Return a message in protobuf's JSON, all keys sorted: a map has no order of its own, and seldom twice the same.

    Args:
        message: The message.
        contract_names: Name fields as the contract does, and not in camel case.
    """
    text = json_format.MessageToJson(message, indent=None, sort_keys=True, preserving_proto_field_name=contract_names)
    return json.loads(text)
