"""What is run, both ways, in processes of their own: a module a scenario, ``before(job)`` and ``after(job)`` in each.

Either returns its measurements by name; ``job`` is a :class:`~workbench.benchmark.child.Job`.
"""
