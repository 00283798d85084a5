"""``workbench bench``: every claim of the seed, measured on this machine before and after.

*Before* is :mod:`~workbench.benchmark.plain_program`: what a competent but plain program does. *After* is this
package. Both do the same work on the same files, in fresh processes that take turns.
"""
