"""Planted bugs: what the simulator has to find, or nobody knows that it would find anything."""
