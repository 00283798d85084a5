"""Show objects in a notebook as HTML without scripts or external addresses, for light and dark pages.

``card`` combines the results of ``facts``, ``table``, ``note`` and the functions of ``drawings``. All of them escape
their texts, so that a tag of a file is never taken for HTML.
"""
