"""``workbench bench``: measure every claim of the seed on this machine, before and after.

*Before* is :mod:`~workbench.benchmark.plain_program`, a competent but plain program. *After* is this package. Both do
the same work on the same files, in new processes that take turns.
"""
