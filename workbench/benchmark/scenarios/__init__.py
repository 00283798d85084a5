"""The scenarios, one per module. ``before(given)`` and ``after(given)`` each run in their own process.

Both return their measurements by name; ``given`` is a :class:`~workbench.benchmark.child.ScenarioInput`.
"""
