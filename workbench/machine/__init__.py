"""Facts about this machine: its memory, cores and GPUs, and what a container allows of them."""
