"""The console: what an operator sees and types. Only `terminal` touches the terminal; everything else is values."""
