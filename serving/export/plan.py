"""Where every activation lies: one block of memory, shared by tensors that are never needed at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ALIGNMENT = 4


@dataclass(frozen=True, slots=True)
class Block:
    """`size` bytes needed from operation `first` to operation `last`, both included."""

    size: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Offset of each block by its key, and the bytes of the whole."""

    offsets: Mapping[int, int]
    size: int


def planned(blocks: Mapping[int, Block]) -> Plan:
    """The big ones first, each at the lowest place that is free while it is needed. Deterministic.

    Greedy by size (Pisarchyk & Lee 2020, "Efficient Memory Management for Deep Neural Net Inference"): not always the
    least possible, but close.
    """
    order = sorted(blocks, key=lambda key: (-blocks[key].size, blocks[key].first, key))
    offsets: dict[int, int] = {}
    for key in order:
        own = blocks[key]
        taken = sorted(
            (offsets[k], offsets[k] + _aligned(blocks[k].size))
            for k in offsets
            if blocks[k].first <= own.last and own.first <= blocks[k].last
        )
        offsets[key] = _lowest_gap(taken, _aligned(own.size))
    size = max((offsets[k] + _aligned(blocks[k].size) for k in blocks), default=0)
    return Plan(offsets, size)


def _lowest_gap(taken: Sequence[tuple[int, int]], size: int) -> int:
    place = 0
    for start, end in taken:
        if start - place >= size:
            return place
        place = max(place, end)
    return place


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
