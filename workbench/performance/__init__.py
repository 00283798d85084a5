"""Numbers about the whole workbench: every process publishes its own, every answer adds them up."""
