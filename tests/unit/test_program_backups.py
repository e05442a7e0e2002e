"""What `restore` says of a checkpoint or a key that it cannot read."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

import pytest

from governance_server.directory import DirectoryError
from governance_server.program.backups import _witness

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("torn", ["checkpoint", "key"])
def test_what_is_no_text_is_told(tmp_path: Path, torn: str) -> None:
    """A file that is not UTF-8 is no checkpoint and no key; nothing was restored, and a sentence says so."""
    paths = {name: tmp_path / name for name in ("checkpoint", "key")}
    for name, path in paths.items():
        path.write_bytes(b"\xff\xfe" if name == torn else b"text")
    with pytest.raises(DirectoryError, match="not text in UTF-8"):
        _witness(Namespace(checkpoint=paths["checkpoint"], key=str(paths["key"])))
