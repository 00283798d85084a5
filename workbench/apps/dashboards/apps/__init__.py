"""The apps, one per module; each connects views with a session."""
