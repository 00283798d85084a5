"""Import the analysis in the host process, so that all workers forked from it share its modules and tables.

Importing this module runs :func:`workbench.analysis.analyze_file.warm_up`. It is a module, not a function, because
``multiprocessing``'s fork server preloads modules by name.
"""

from workbench.analysis.analyze_file import warm_up

warm_up()
