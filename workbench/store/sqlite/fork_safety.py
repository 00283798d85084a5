"""Bring objects into a safe state around ``os.fork``.

SQLite remembers its file locks per process and does not notice a fork. If the parent had a connection open, one that
the child opens takes no lock at all, and when the parent closes, it deletes the log that the child uses. Closing the
connection in the child does not help. So a pool must have no connection open at the moment of the fork.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class ForkAware(Protocol):
    """An object that must act when this process forks."""

    def before_fork(self) -> None: ...
    def after_fork_in_parent(self) -> None: ...
    def after_fork_in_child(self) -> None: ...


# By identity: a mapping cannot be hashed.
_aware: weakref.WeakValueDictionary[int, ForkAware] = weakref.WeakValueDictionary()


def watch_forks(thing: ForkAware) -> None:
    """Call the three methods of ``thing`` around every fork, for as long as it lives."""
    _aware[id(thing)] = thing


def _before() -> None:
    for thing in list(_aware.values()):
        thing.before_fork()


def _after_in_parent() -> None:
    for thing in list(_aware.values()):
        thing.after_fork_in_parent()


def _after_in_child() -> None:
    for thing in list(_aware.values()):
        thing.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
