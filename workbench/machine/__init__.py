"""Facts about this machine: memory, control groups, cores."""
