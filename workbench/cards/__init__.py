"""How objects show themselves in a notebook: HTML without a script or an outside address, in a light or dark page.

``card`` frames what ``facts``, ``table``, ``note`` and the drawings of ``drawings`` return. All of them escape the
texts that they are given, so that a tag of a file is never taken for HTML.
"""
