"""The server killed hundreds of times under load, and what has to hold afterwards."""
