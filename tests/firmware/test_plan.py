"""The planner of memory: nothing that is needed at one time overlaps, and little is wasted."""

from __future__ import annotations

import numpy as np

from serving.export.plan import ALIGNMENT, Block, planned


def test_blocks_needed_together_never_overlap() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        blocks = {}
        for key in range(int(rng.integers(1, 30))):
            first = int(rng.integers(0, 40))
            blocks[key] = Block(int(rng.integers(1, 3000)), first, first + int(rng.integers(0, 10)))
        plan = planned(blocks)
        together = [0] * 60
        for a, one in blocks.items():
            assert plan.offsets[a] % ALIGNMENT == 0
            assert plan.offsets[a] + one.size <= plan.size
            for step in range(one.first, one.last + 1):
                together[step] += one.size + ALIGNMENT
            for b, other in blocks.items():
                if a < b and one.first <= other.last and other.first <= one.last:
                    apart = plan.offsets[a] + one.size <= plan.offsets[b]
                    assert apart or plan.offsets[b] + other.size <= plan.offsets[a]
        assert plan.size <= 1.6 * max(together), "much more than what is needed at one time"


def test_memory_is_used_again() -> None:
    assert planned({0: Block(100, 0, 1), 1: Block(60, 1, 2), 2: Block(100, 2, 3)}).size == 160


def test_no_blocks_need_no_memory() -> None:
    assert planned({}).size == 0
