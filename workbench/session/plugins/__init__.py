"""Plug-ins: files in the data folder, and installed packages, that add descriptors, methods, formats and apps."""
