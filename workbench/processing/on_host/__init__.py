"""Code that runs in the host process of the workers."""
