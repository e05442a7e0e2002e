"""What `scripts/bench` is made of: what is measured, what figures it gives, and how they are told."""
