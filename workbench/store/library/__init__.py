"""The tables of the library, one module each."""
