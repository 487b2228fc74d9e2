"""Coordinates in which the good draws of a scenario lie close together: depth and duration for size and inclination.

A light curve tells the depth and the duration of a dip well, and the rest hardly. In the coordinates of the prior the
draws that fit lie on a thin curved sheet; with y0 = ln of the depth's root and y1 = ln of the duration they lie in a
flat one, which a few Student t distributions follow. The change is exact: its Jacobian goes into the prior's density.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy import special

from science.lightcurve import BoolArray, FloatArray
from science.validation.importance import log_normal
from science.validation.question import HostStar, Question
from science.validation.scenarios import Variant, _body, _crossed, _Light, _pair

#: Keeps y0 rising where the body's radius does not grow with its mass.
_TILT = 0.05
_WIDEST = 8.2
_NODES = np.linspace(-_WIDEST, _WIDEST, 4001)


class Coordinates:
    """The change between draws x of the normal prior and coordinates y, both (m, d), of one variant and star."""

    def __init__(self, variant: Variant, question: Question, host: HostStar):
        self._variant, self._question, self._host = variant, question, host
        #: ln of the radius ratio (tilted) on the host, at _NODES; straight between them. On another star it is only
        #: nearly the radius ratio, which makes the sheet less flat and no result less right.
        x = np.zeros((_NODES.size, variant.dimensions))
        x[:, 0] = _NODES
        star = _crossed(replace(variant, on_it=False, unresolved="none"), x, question, host)
        _, radius, _ = _body(variant, _NODES, star, question, host)
        self._table: FloatArray = np.asarray(np.log(radius / star.radius) + _TILT * _NODES)

    def forward(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(y, ln density of the prior in y); -inf where the draw has no place there (no eclipse is drawn)."""
        star = _crossed(self._variant, x, self._question, self._host)
        y = x.copy()
        y[:, 0] = self._depth(x[:, 0], star)
        y[:, 1], log_slope = self._duration(x, star)
        return y, log_normal(x) - self._log_depth_slope(x[:, 0]) - log_slope

    def back(self, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(x, ln density of the prior in y); -inf, and any x, where no draw has such a depth or duration."""
        x = y.copy()
        x[:, :2] = 0.0
        x[:, 2:] = np.clip(x[:, 2:], -_WIDEST, _WIDEST)
        star = _crossed(self._variant, x, self._question, self._host)
        x[:, 0], reached = self._size_of_depth(y[:, 0], star)
        pair = _pair(self._variant, x, star, self._question, self._host)
        share2 = -np.expm1(2.0 * (y[:, 1] - pair.log_longest(self._period)))
        u = np.sqrt(np.maximum(share2, 0.0)) / pair.bent
        good = reached & (share2 > 0.0) & (u < 1.0) & (np.abs(y[:, 2:]) < _WIDEST).all(axis=1)
        x[:, 1] = special.ndtri(np.clip(u, 1e-12, 1.0 - 1e-12))
        _, log_slope = self._duration(x, star)
        logs = log_normal(x) - self._log_depth_slope(x[:, 0]) - log_slope
        return x, np.where(good, logs, -np.inf)

    @property
    def _period(self) -> float:
        return self._question.curve.period_days * self._variant.turns

    def _size_of_depth(self, y0: FloatArray, star: _Light) -> tuple[FloatArray, BoolArray]:
        """(x0, whether there is one) of a depth."""
        inner = y0 - self._offset(star)
        return np.interp(inner, self._table, _NODES), (inner > self._table[0]) & (inner < self._table[-1])

    def _offset(self, star: _Light) -> FloatArray:
        """What y0 is more than the table says: ln of the root of the star's share of the light, and of a planet's
        host that is another one than the table's."""
        share = 0.5 * np.log(star.light / (star.light + star.other))
        if self._variant.body == "planet":
            share = share - np.log(star.radius / self._host.radius_sun)
        return np.asarray(share)

    def _depth(self, x0: FloatArray, star: _Light) -> FloatArray:
        return np.asarray(np.interp(x0, _NODES, self._table) + self._offset(star))

    def _log_depth_slope(self, x0: FloatArray) -> FloatArray:
        piece = np.clip(np.searchsorted(_NODES, x0) - 1, 0, _NODES.size - 2)
        rises = np.diff(self._table) / np.diff(_NODES)
        return np.asarray(np.log(np.maximum(rises[piece], 1e-12)))

    def _duration(self, x: FloatArray, star: _Light) -> tuple[FloatArray, FloatArray]:
        """(y1, ln of its slope by x1); an eclipse that misses has y1 = -20 and an infinite slope: no density."""
        pair = _pair(self._variant, x, star, self._question, self._host)
        bent = pair.bent
        v = special.ndtr(x[:, 1]) * bent
        with np.errstate(divide="ignore", invalid="ignore"):
            y1 = pair.log_longest(self._period) + 0.5 * np.log1p(-v * v)
            log_slope = np.log(v) - np.log1p(-v * v) + np.log(bent)
        log_slope = log_slope - 0.5 * np.square(x[:, 1]) - 0.5 * math.log(2.0 * math.pi)
        inside = v < 1.0
        return np.where(inside, y1, -20.0), np.where(inside, log_slope, np.inf)
