"""Views, which are built from plain values and callables."""
