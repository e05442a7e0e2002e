"""What the peers of a server can do to it, at full size, and what it costs everybody else."""
