"""Migrations of the state store's schema, run by Alembic."""
