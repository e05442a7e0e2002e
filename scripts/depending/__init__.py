"""What `scripts/dependencies` is made of."""
