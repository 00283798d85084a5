"""Code that runs in the process that hosts the workers."""
