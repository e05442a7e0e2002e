"""The console that tests type at where nothing about it is their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.console.operating import at_console

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.console.operating import Place


@pytest.fixture
async def desk() -> AsyncIterator[Place]:
    async with at_console() as place:
        yield place
