"""The verbs of `governance-server`: their arguments, and what they tell people."""
