"""The peers' programs: they run in their own environments, where nothing of ours is installed."""
