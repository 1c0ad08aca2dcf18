"""Imported by a cell before it forks: the model is loaded once, and every job starts with it."""

from groundsight.ingestion.names.model import packaged_names

packaged_names()
