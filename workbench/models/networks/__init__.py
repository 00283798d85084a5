"""Trained networks: their files, and running them."""
