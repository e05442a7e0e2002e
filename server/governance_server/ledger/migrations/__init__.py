"""The way from every older revision of the ledger's tables to the newest, run by Alembic from inside the program."""
