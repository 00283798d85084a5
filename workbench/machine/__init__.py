"""Facts about this machine: its memory, cores and GPUs, and the limits of a container on them."""
