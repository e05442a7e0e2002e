"""How many files the server may have open: each connection is one, and the ledger needs some whoever connects."""

from __future__ import annotations

from typing import Final

try:
    import resource
except ImportError:  # a system without them bounds open files otherwise, if at all
    resource = None  # type: ignore[assignment]

FEWEST: Final = 128
"""The ledger, its log and its readers take some 20, gRPC some more, and each connection one."""


def allow_most() -> None:
    """Let this process have as many files open as the system lets it ask for.

    Shells and services begin with a softer bound, often 1,024, which strangers could use up by connecting alone: far
    fewer than `Limits.max_connections`.

    Raises:
        DirectoryError: That is fewer than a server needs. gRPC would end the process in the middle of its start.
    """
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FEWEST:
        from governance_server.directory import DirectoryError

        raise DirectoryError(
            f"The system lets this process have {hard} files open, and the server needs {FEWEST}. Raise the limit"
            " (LimitNOFILE, ulimit -n), and start it again."
        )
    if hard not in (soft, resource.RLIM_INFINITY):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
