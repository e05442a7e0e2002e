"""The server of Governance Workspace: proposals in, people's verdicts, leave exactly once, and a ledger of all of it."""
