"""Widgets with their own front end, which is in ``static``."""
