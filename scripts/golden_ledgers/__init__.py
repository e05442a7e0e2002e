"""What `scripts/golden` is made of: a life that is lived, and the programs that make a golden ledger of it."""
