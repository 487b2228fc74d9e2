"""What a vetting test answers, and what it hands on for its picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np

from science.lightcurve import FloatArray

Outcome = Literal["pass", "warn", "fail", "not_run"]

#: How a value is compared with its threshold: it passes while it is at most, or at least, the threshold.
Limit = Literal["at_most", "at_least"]

_NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Series:
    """One layer of a picture: `x` and `y` of equal shape (k,), k ≤ 200, with the error bars `err` or None.

    `style` says how it is drawn: dots (measured means), odd (filled circles), even (open squares), line (model),
    level (a dashed limit), mark (triangles on the axis).
    """

    style: Literal["dots", "odd", "even", "line", "level", "mark"]
    x: FloatArray
    y: FloatArray
    err: FloatArray | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a test looked at, small enough to draw in a row of a table. `summary` says in words what it shows."""

    series: tuple[Series, ...]
    x_label: str
    y_label: str
    summary: str


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one test.

    `value` and `threshold` are in `unit`; None where the test was not run. `reason` is one sentence for the user, with
    the numbers, in the words of the pages; for "not_run" it says why, and what would let it run. `numbers` holds what
    else was measured, with units in the names. `windows_bjd` are the stretches of time, shape (k, 2), whose points
    carry the result; the page highlights them in the light curve. `fault` names the physical reason when it fails.
    """

    name: str
    outcome: Outcome
    reason: str
    value: float | None = None
    threshold: float | None = None
    limit: Limit = "at_most"
    unit: str = ""
    numbers: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    picture: Picture | None = None
    windows_bjd: FloatArray = field(default_factory=lambda: np.empty((0, 2)))
    fault: Fault | None = None


#: Physical reasons for a failed test, as verdicts name them.
Fault = Literal[
    "noise",  # the dips are no better than what this light does by itself
    "systematic",  # the camera or the spacecraft
    "variability",  # the star's own changes
    "eclipsing_binary",  # two stars eclipse each other
    "neighbour",  # another star in the picture
    "too_large",  # the body would be larger than any planet
]


def not_run(name: str, reason: str) -> Finding:
    """A test that could not be made; never a silent pass."""
    return Finding(name=name, outcome="not_run", reason=reason)
