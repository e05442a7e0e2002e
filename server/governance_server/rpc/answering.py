"""What a unary call makes of a receipt: a caller that asks too often is told by the call's status."""

from __future__ import annotations

from governance import v1
from governance_server.domain.moment import span_us
from governance_server.errors import ResourceExhausted


def answer(receipt: v1.Receipt) -> v1.Receipt:
    """Return a receipt as it is, unless it says that the caller asks too often.

    On a stream that is a receipt like any other. A unary call ends with it instead, so that the usual interceptors come
    back when they may: RetryInfo says when.

    Raises:
        ResourceExhausted: The caller asks too often.
    """
    refused = receipt.refused
    if refused.reason != v1.REFUSAL_REASON_RATE_LIMITED:
        return receipt
    raise ResourceExhausted(
        v1.ERROR_REASON_RATE_LIMITED,
        refused.message,
        metadata={"request_id": receipt.request_id},
        retry_after_us=span_us(refused.retry_after),
    )
