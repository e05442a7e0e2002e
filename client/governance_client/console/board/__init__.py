"""The board: the console's full-screen view of what waits, what is looked at and what ended."""

from governance_client.console.board.board import Board

__all__ = ["Board"]
