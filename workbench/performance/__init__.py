"""Measurements of the whole workbench: every process publishes its own, and the answers combine them."""
