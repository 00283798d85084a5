"""The scenarios, one a module. ``before(given)`` and ``after(given)`` each run in a process of their own.

Both return their measurements by name; ``given`` is a :class:`~workbench.benchmark.child.ScenarioInput`.
"""
