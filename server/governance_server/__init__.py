"""The server of Governance Workspace: proposals in, people's verdicts, leave exactly once, a ledger of all of it."""
