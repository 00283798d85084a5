"""Jobs: which task runs next, and what has been done."""
