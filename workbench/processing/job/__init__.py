"""Jobs: choose the next tasks, and count finished ones."""
