"""The console and the operator's session, against a server that does what each test says."""
