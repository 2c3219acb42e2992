"""Outlook messages made to order: a compound file (MS-CFB) with the streams of MS-OXMSG."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

SECTOR, FREE, END, FAT = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
SMALL, PIECE = 4096, 64
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


@dataclass
class Storage:
    """A folder of streams and folders."""

    streams: dict[str, bytes] = field(default_factory=dict)
    storages: dict[str, Storage] = field(default_factory=dict)


def outlook_message(
    *,
    header: int = 32,
    attached: list[Storage] | None = None,
    recipients: int = 0,
    **values: object,
) -> Storage:
    """``values``: ``p`` and the number of each property in hexadecimal."""
    message = _with_properties(header, values)
    for number, one in enumerate(attached or []):
        message.storages[f"__attach_version1.0_#{number:08X}"] = one
    return message


def attached_file(name: str, data: bytes, **more: object) -> Storage:
    return _with_properties(8, {"p3707": name, "p3701": data, "p3705": 1, **more})


def attached_message(name: str, message: Storage) -> Storage:
    one = _with_properties(8, {"p3001": name, "p3705": 5})
    one.storages["__substg1.0_3701000D"] = message
    return one


def recipient(name: str, address: str, kind: int = 1) -> Storage:
    return _with_properties(8, {"p3001": name, "p39FE": address, "p0C15": kind})


def _with_properties(header: int, values: dict[str, object]) -> Storage:
    storage = Storage()
    entries = b""
    for key, value in values.items():
        number = int(key[1:], 16)
        if isinstance(value, str):
            kind, data = 0x1F, value.encode("utf-16-le")
        elif isinstance(value, bytes):
            kind, data = 0x102, value
        elif isinstance(value, datetime):
            ticks = int((value - EPOCH).total_seconds() * 10_000_000)
            entries += struct.pack("<HHIQ", 0x40, number, 6, ticks)
            continue
        else:
            entries += struct.pack("<HHIII", 3, number, 6, value, 0)
            continue
        storage.streams[f"__substg1.0_{number:04X}{kind:04X}"] = data
        entries += struct.pack("<HHIII", kind, number, 6, len(data), 0)
    storage.streams["__properties_version1.0"] = bytes(header) + entries
    return storage


def compound_file(root: Storage) -> bytes:
    """The file; what is small lies in pieces of 64 bytes in the stream of the root."""
    entries: list[dict] = []
    _list(root, "Root Entry", 5, entries)
    sectors, small = _Chains(SECTOR), _Chains(PIECE)
    for entry in entries:
        data = entry.pop("data", b"")
        entry["size"] = len(data)
        entry["start"] = (small if len(data) < SMALL else sectors).add(data)
    entries[0]["start"], entries[0]["size"] = sectors.add(small.body), len(small.body)
    small_table = sectors.add(_numbers(small.table))
    directory = sectors.add(b"".join(map(_entry, entries)))
    count = len(sectors.table)
    tables = next(n for n in range(1, 109) if n * SECTOR // 4 >= count + n)
    places = range(count, count + tables)
    table = _numbers([*sectors.table, *[FAT] * tables]).ljust(tables * SECTOR, b"\xff")
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII",
        bytes.fromhex("d0cf11e0a1b11ae1"), bytes(16), 0x3E, 3, 0xFFFE, 9, 6, bytes(6), 0, tables,
        directory, 0, SMALL, small_table, -(-len(small.table) * 4 // SECTOR), END, 0,
    )  # fmt: skip
    header += _numbers([*places, *[FREE] * (109 - tables)])
    return header + sectors.body + table


class _Chains:
    """Streams in pieces of one size, and the table that leads from piece to piece."""

    def __init__(self, size: int) -> None:
        self.size, self.body, self.table = size, b"", []

    def add(self, data: bytes) -> int:
        """Returns the number of the stream's first piece."""
        if not data:
            return END
        start, count = len(self.table), -(-len(data) // self.size)
        self.table += [start + n + 1 for n in range(count - 1)] + [END]
        self.body += data.ljust(count * self.size, b"\0")
        return start


def _numbers(values: list[int]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def _list(storage: Storage, name: str, kind: int, entries: list[dict]) -> int:
    """Add the entries of a folder; its children hang on one another to the right."""
    place = len(entries)
    entry = {"name": name, "kind": kind, "child": FREE, "right": FREE}
    entries.append(entry)
    children = []
    for inner, data in storage.streams.items():
        children.append(len(entries))
        stored = {"name": inner, "kind": 2, "child": FREE, "right": FREE}
        entries.append(stored | {"data": data})
    for inner, folder in storage.storages.items():
        children.append(_list(folder, inner, 1, entries))
    children.sort(key=lambda one: (len(entries[one]["name"]), entries[one]["name"].upper()))
    for one, following in pairwise(children):
        entries[one]["right"] = following
    entry["child"] = children[0] if children else FREE
    return place


def _entry(entry: dict) -> bytes:
    name = entry["name"].encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBBIII16sI8s8sIQ",
        name, len(name), entry["kind"], 1, FREE, entry["right"], entry["child"], bytes(16), 0,
        bytes(8), bytes(8), entry["start"], entry["size"],
    )  # fmt: skip
