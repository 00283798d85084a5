"""Imported by the process from which workers are forked: they then share the imports and tables of the analysis.

Importing this module runs :func:`workbench.analysis.analyze_file.warm_up`. A module, not a function, because
``multiprocessing``'s fork server preloads modules by name.
"""

from workbench.analysis.analyze_file import warm_up

warm_up()
