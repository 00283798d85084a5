"""Widgets with a front end of their own, in ``static``."""
