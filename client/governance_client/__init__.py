"""What everyone outside of the server uses: core's SDK, the operators' tools, the console, the verifier."""
