"""How many processors this process may use, within the limits of its container."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

OWN_GROUP = Path("/proc/self/cgroup")
GROUPS = Path("/sys/fs/cgroup")


def count_processors(groups: Path = GROUPS, own_group: Path = OWN_GROUP) -> int:
    """The processors that this process may run on, or fewer where the time on them is limited
    (``cpu.max`` of the control groups, version 2, that it is in); a part of one counts as one."""
    counts = [len(os.sched_getaffinity(0)), *_limits(groups, own_group)]
    return max(1, min(counts))


def _limits(groups: Path, own_group: Path) -> Iterator[int]:
    """Processors by the limit of the process's group and of those around it. Within a container
    its own group is the root."""
    group = groups / _path_of(own_group).lstrip("/")
    for folder in (group, *group.parents):
        if folder == groups.parent:
            return
        try:
            quota, period = (folder / "cpu.max").read_text("ascii").split()
            if quota != "max":
                yield -(-int(quota) // int(period))
        except (OSError, ValueError):  # another kernel, or the root, which has no limit
            continue


def _path_of(own_group: Path) -> str:
    """The path of the process's group of version 2; the root where there is none."""
    try:
        lines = own_group.read_text("utf-8").splitlines()
    except (OSError, UnicodeError):
        return ""
    return next((line[3:] for line in lines if line.startswith("0::")), "")
