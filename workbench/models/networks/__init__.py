"""Trained networks: find their files and run them."""
