"""What `policy diff` says of a document that it cannot read."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, cast

import pytest

from governance_client.cli import policies

if TYPE_CHECKING:
    from pathlib import Path

    from governance_client.cli.context import Context


@pytest.mark.parametrize("document", ["a = [", "a = " + "[" * 5000, "a = " + "9" * 5000])
async def test_a_document_that_is_no_toml_is_told_before_anybody_is_asked(tmp_path: Path, document: str) -> None:
    """What the parser refuses, and what Python itself does: too deep nesting, numbers of too many digits."""
    (tmp_path / "policy.toml").write_text(document)
    nobody = cast("Context", None)
    with pytest.raises(policies._UnusableFileError, match=r"no TOML|nested too deeply"):
        await policies._diff(nobody, Namespace(file=str(tmp_path / "policy.toml")))
