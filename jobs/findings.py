"""A finding of the science as a line of the report: rounded, with its title, ready to be stored."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Protocol

import numpy as np

from data.vetting_report import PictureSeries, TestGroup, TestPicture, VettingTest
from science import rounding
from science.vetting.results import Finding, Picture

#: Digits kept of the numbers of a picture: more cannot be seen.
_PICTURE_DIGITS = 6


class Described(Protocol):
    """What the tables of tests say of each test."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def decisive(self) -> bool: ...


def test_lines(findings: Iterable[Finding], table: Iterable[Described], group: TestGroup) -> dict[str, VettingTest]:
    """Report lines by test name, in the order of `findings`. Raises KeyError for a finding that no table describes."""
    described = {entry.name: entry for entry in table}
    return {f.name: _line(f, described[f.name], group) for f in findings}


def _line(finding: Finding, entry: Described, group: TestGroup) -> VettingTest:
    return VettingTest(
        title=entry.title,
        question=entry.question,
        group=group,
        outcome=finding.outcome,
        value=_finite(finding.value),
        threshold=_finite(finding.threshold),
        limit=finding.limit,
        unit=finding.unit,
        reason=rounding.regroup(finding.reason),
        decisive=entry.decisive,
        fault=finding.fault,
        numbers={name: _finite(value) for name, value in finding.numbers.items()},
        picture=None if finding.picture is None else _picture(finding.picture),
        windows_bjd=tuple((float(a), float(b)) for a, b in np.reshape(finding.windows_bjd, (-1, 2))),
    )


def _picture(picture: Picture) -> TestPicture:
    layers = []
    for layer in picture.series:
        good = np.isfinite(layer.x) & np.isfinite(layer.y)
        layers.append(
            PictureSeries(
                style=layer.style,
                x=_numbers(layer.x[good]),
                y=_numbers(layer.y[good]),
                err=None if layer.err is None else _numbers(np.nan_to_num(layer.err[good], posinf=0.0)),
                label=layer.label,
            )
        )
    return TestPicture(
        series=tuple(layers),
        x_label=picture.x_label,
        y_label=picture.y_label,
        summary=rounding.regroup(picture.summary),
    )


def _numbers(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(f"{v:.{_PICTURE_DIGITS}g}") for v in np.asarray(values, dtype=np.float64))


def _finite(value: float | None) -> float | None:
    if value is None or not math.isfinite(float(value)):
        return None
    return float(value)
