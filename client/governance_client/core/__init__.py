"""The SDK for MAXIMUS core: connect, propose, execute what was approved. `../README.md` shows how."""

from governance_client.core.asking import Proposed
from governance_client.core.connection import Backoff
from governance_client.core.executors import Order, OutcomeUnknownError
from governance_client.core.sdk import Core

__all__ = ["Backoff", "Core", "Order", "OutcomeUnknownError", "Proposed"]
