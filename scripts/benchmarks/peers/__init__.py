"""The peers: what people would use instead, each leading the same cycle in an environment of its own."""
