"""The rules: pure functions on the contract's values, without I/O, clock, chance or logging."""
