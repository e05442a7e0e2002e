"""Notifications: the ways to people outside, and where it is kept how far they were told."""
