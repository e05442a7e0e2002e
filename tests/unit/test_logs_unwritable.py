"""The log: a stream that cannot be written loses lines, and nothing else."""

from __future__ import annotations

import errno
import io

from governance_server.logs import Patient


class Full(io.StringIO):
    """A stream on a disk that has no room for a while."""

    full = True

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


def test_lines_that_cannot_be_written_are_counted() -> None:
    """Whoever logs is not disturbed; once there is room again, the log says how many lines are missing."""
    stream = Full()
    patient = Patient(stream)
    patient.write("one\n")
    patient.write("two\n")
    stream.full = False
    patient.write("three\n")
    patient.write("four\n")
    assert stream.getvalue() == "2 lines of the log before this one could not be written.\nthree\nfour\n"


def test_a_stream_that_was_closed() -> None:
    """Writing and flushing are let go by."""
    stream = io.StringIO()
    stream.close()
    patient = Patient(stream)
    patient.write("one\n")
    patient.flush()
