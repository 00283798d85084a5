"""Views built from plain values and callables."""
