"""Views of a library for notebooks and Voila, each an ipywidgets class that a notebook shows in one line.

``player``, ``grid``, ``scatter``, ``chart``, ``track_list`` and ``pulse`` have a front end of their own (in
``static``); every ``…_view`` is built from literal data and callables; every ``…_app`` wires views to a ``Workbench``.
"""
