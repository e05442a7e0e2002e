"""For auditors: finding entries, proving them, and telling what they say. Trusts nothing that a server says."""
