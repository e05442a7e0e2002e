"""The ledger on disk: the Store on SQLAlchemy Core and SQLite, its migrations, and its verification."""
