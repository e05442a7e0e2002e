"""The people of a run: cores and operators, scripted, each with a temper."""
