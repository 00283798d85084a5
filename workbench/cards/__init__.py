"""Show objects in a notebook: HTML without scripts or outside addresses, for light and dark pages.

``card`` frames what ``facts``, ``table``, ``note`` and the drawings of ``drawings`` return. All of them escape the
texts that they are given, so that a tag of a file is never taken for HTML.
"""
