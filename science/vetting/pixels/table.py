"""The tests of the pixels, in the order in which a page lists them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PixelTest:
    """One test of the pixels: the `name` of its finding, its `title` as the good outcome, the `question` it answers.

    Failing a `decisive` test settles the verdict.
    """

    name: str
    title: str
    question: str
    decisive: bool


PIXEL_TESTS: tuple[PixelTest, ...] = (
    PixelTest("on_target", "Dips come from this star", "Where in the picture does the light go missing?", True),
    PixelTest("host_star", "No neighbour explains the dips better", "Which star is it?", True),
    PixelTest("centroid_shift", "The light does not shift in the dips", "Does the middle of the light move?", False),
    PixelTest("difference_quality", "The missing light looks like a star", "Is it a star that dims?", False),
)
