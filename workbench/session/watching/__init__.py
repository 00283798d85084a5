"""Folders that are watched: new and changed files are analyzed when they are complete, gone ones marked later."""
