"""The machine around the rules: one writer, its sessions and its timers, with every adapter behind a port."""
