"""Jobs: choose the next task, and count what is done."""
