"""What `scripts/demo` is made of: a stage with a server on it, the operators' rule, and the account at the end."""
