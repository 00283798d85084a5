"""What a container allows: limits of this process's control group (on Linux; elsewhere nothing)."""

from __future__ import annotations

from pathlib import Path

_V2 = Path("/sys/fs/cgroup")
_V1_MEMORY = _V2 / "memory"
_V1_CPU = _V2 / "cpu"
_NO_LIMIT_BYTES = 1 << 60  # version 1 writes "no limit" as a huge number


def memory_limit_bytes() -> int | None:
    """Return the group's memory limit in bytes, or ``None`` when there is none."""
    limit = _integer(_V2 / "memory.max") or _integer(_V1_MEMORY / "memory.limit_in_bytes")
    return limit if limit is not None and limit < _NO_LIMIT_BYTES else None


def memory_used_bytes() -> int | None:
    """Return bytes the group uses and could not give back at once (file cache that is idle left out)."""
    for used_path, inactive_name in (
        (_V2 / "memory.current", "inactive_file"),
        (_V1_MEMORY / "memory.usage_in_bytes", "total_inactive_file"),
    ):
        used = _integer(used_path)
        if used is not None:
            return max(0, used - _statistics(used_path.parent / "memory.stat").get(inactive_name, 0))
    return None


def processor_limit_cores() -> float | None:
    """Return cores' worth of processor time that the group may use, or ``None`` when there is no quota."""
    words = _text(_V2 / "cpu.max").split()
    if len(words) == 2 and words[0].isdigit():
        return int(words[0]) / int(words[1])
    quota, period = _integer(_V1_CPU / "cpu.cfs_quota_us"), _integer(_V1_CPU / "cpu.cfs_period_us")
    return quota / period if quota and period and quota > 0 else None


def processor_seconds() -> float | None:
    """Return processor seconds that the group has used so far, or ``None`` where it is not counted."""
    used_us = _statistics(_V2 / "cpu.stat").get("usage_usec")
    if used_us is not None:
        return used_us / 1e6
    used_ns = _integer(_V1_CPU / "cpuacct.usage")
    return None if used_ns is None else used_ns / 1e9


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _integer(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.lstrip("-").isdigit() else None


def _statistics(path: Path) -> dict[str, int]:
    pairs = (line.split() for line in _text(path).splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}
