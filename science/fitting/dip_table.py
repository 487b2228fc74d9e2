"""One planet's dip as polynomials in time, and their integrals: the light lost between any two moments.

Light lost is a smooth function of time except at the contacts, where it begins like |t - contact|^(3/2). On pieces
that end at the contacts, with the square root of the distance to the contact as the variable, polynomials of low
degree hold it to 0.3 ppm (k <= 0.3). Their integrals are exact, so that the average over an exposure of any length
costs two evaluations and has no error of sampling (what Kipping 2010, MNRAS 408, 1758, reaches with sub-samples).

A side (before and after the nearest approach) has four pieces:
  0: from the middle, plain; 1: to second/third contact; 2: from there; 3: to first/fourth contact.
A grazing transit has no second contact: its pieces 0, 2 and 3 split the way at fixed shares, piece 1 is empty.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from science.fitting.kernels import hidden_light, neighbouring_anomaly, star_light
from science.lightcurve import FloatArray

PIECES = 4
LARGEST_TERMS = 14
#: Share of the flat part told by the plain piece; of a grazing transit, the ends of pieces 0 and 2.
_PLAIN_SHARE = 0.72
_GRAZING_SHARES = (0.12, 0.5)

_TERMS = (8, 10, 12, 14)
_NODE = np.zeros((len(_TERMS), LARGEST_TERMS))
_FIT = np.zeros((len(_TERMS), LARGEST_TERMS, LARGEST_TERMS))
for _row, _n in enumerate(_TERMS):
    _u = -np.cos(np.pi * np.arange(_n) / (_n - 1))
    _NODE[_row, :_n] = 0.5 * (1.0 + _u)
    _FIT[_row, :_n, :_n] = np.linalg.inv(np.vander(_u, _n, increasing=True))

#: ways to choose 2 m out of n, over 2 m + 1: the average of a power over a width
_AVERAGE = np.array(
    [
        [math.comb(n, j) / (n - j + 1) if n >= j and (n - j) % 2 == 0 else 0.0 for n in range(LARGEST_TERMS)]
        for j in range(LARGEST_TERMS)
    ]
)

#: A table is one flat array: terms, orbital period, mid-time after the conjunction, then the two sides.
HEAD = 3
#: A side: ends of the pieces, one over their widths, all the light lost, then coefficients of the light lost (four
#: pieces), of its integral (four pieces), and of the light lost in piece 0 averaged over an exposure.
ENDS, INVERSE, ALL_LOST = 0, PIECES, 2 * PIECES
_PLAIN = 2 * PIECES + 1
_SUMMED_LENGTH = LARGEST_TERMS + 2
_SUMMED = _PLAIN + PIECES * LARGEST_TERMS
AVERAGED = _SUMMED + PIECES * _SUMMED_LENGTH
SIDE = AVERAGED + LARGEST_TERMS
TABLE = HEAD + 2 * SIDE


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _terms_row(k: float) -> int:
    if k < 0.07:
        return 0
    if k < 0.18:
        return 1
    return 2 if k <= 0.3 else 3


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sky(anomaly: float, orbit: FloatArray) -> tuple[float, float]:
    """Half the slope and half the curvature of the squared separation by the eccentric anomaly."""
    axis, e, cos_w, sin_w, cos_i2 = orbit[1], orbit[2], orbit[3], orbit[4], orbit[5]
    c, s, minor = math.cos(anomaly), math.sin(anomaly), math.sqrt(1.0 - e * e)
    x = axis * ((c - e) * cos_w - minor * s * sin_w)
    y = axis * ((c - e) * sin_w + minor * s * cos_w)
    dx, dy = axis * (-s * cos_w - minor * c * sin_w), axis * (-s * sin_w + minor * c * cos_w)
    ddx, ddy = axis * (-c * cos_w + minor * s * sin_w), axis * (-c * sin_w - minor * s * cos_w)
    return x * dx + y * dy * cos_i2, dx * dx + x * ddx + (dy * dy + y * ddy) * cos_i2


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _separation2(anomaly: float, orbit: FloatArray) -> float:
    """Squared distance of the two centres on the sky, in stellar radii."""
    axis, e, cos_w, sin_w, cos_i2 = orbit[1], orbit[2], orbit[3], orbit[4], orbit[5]
    c, s, minor = math.cos(anomaly), math.sin(anomaly), math.sqrt(1.0 - e * e)
    x = (c - e) * cos_w - minor * s * sin_w
    y = (c - e) * sin_w + minor * s * cos_w
    return float(axis * axis * (x * x + y * y * cos_i2))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _since_conjunction(anomaly: float, orbit: FloatArray) -> float:
    period, e, mean0 = orbit[0], orbit[2], orbit[6]
    return float((anomaly - e * math.sin(anomaly) - mean0) * period / (2.0 * math.pi))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _nearest(anomaly: float, orbit: FloatArray) -> float:
    """Eccentric anomaly of the nearest approach on the sky, by Newton's steps from the conjunction."""
    for _ in range(20):
        slope, curve = _sky(anomaly, orbit)
        if not curve > 0.0:
            return math.nan
        anomaly -= slope / curve
        if abs(slope) < 1e-13 * curve:
            break
    return anomaly


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _contact(middle: float, sign: float, target2: float, orbit: FloatArray) -> float:
    """Eccentric anomaly where the squared separation is `target2`, before (-1) or after (+1) the middle, or NaN."""
    _, curve = _sky(middle, orbit)
    rise = target2 - _separation2(middle, orbit)
    step = min(1.0, math.sqrt(max(0.0, rise) / curve))
    low, high, guess = 0.0, 0.5 * math.pi, step
    for _ in range(60):
        anomaly = middle + sign * guess
        miss = _separation2(anomaly, orbit) - target2
        if miss > 0.0:
            high = guess
        else:
            low = guess
        slope, _ = _sky(anomaly, orbit)
        following = guess - miss / (2.0 * sign * slope) if slope != 0.0 else 0.5 * (low + high)
        if not low <= following <= high:
            following = 0.5 * (low + high)
        step = following - guess
        guess = following
        if abs(step) < 1e-13:
            break
    if abs(_separation2(middle + sign * guess, orbit) - target2) > 1e-6 * target2 + 1e-12:
        return math.nan
    return middle + sign * guess


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "arcp", "nsz"})  # type: ignore[untyped-decorator]
def _coefficients(value: FloatArray, row: int, table: FloatArray, plain: int) -> None:
    terms = _TERMS[row]
    for j in range(terms):
        coefficient = 0.0
        for m in range(terms):
            coefficient += _FIT[row, j, m] * value[m]
        table[plain + j] = coefficient


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _integrate(table: FloatArray, side: int, piece: int, width: float, terms: int, lost: float) -> float:
    """Coefficients of the integral over time of a piece; `lost` until its start. Returns what is lost until its end.

    The polynomial is in u = 2 y - 1; dt = width / 2 du in the plain piece, (1 + u) width / 2 du with y squared.
    """
    plain, summed = side + _PLAIN + piece * LARGEST_TERMS, side + _SUMMED + piece * _SUMMED_LENGTH
    backwards = piece in (1, 3)  # y runs from the end to the start
    share = -0.5 * width if backwards else 0.5 * width
    below = 0.0
    table[summed + terms + 1] = 0.0
    at_zero, at_one, sign = 0.0, 0.0, -1.0
    for j in range(1, terms + 2):
        here = table[plain + j - 1] if j <= terms else 0.0
        coefficient = share * (here + below) / j
        below = here if piece != 0 else 0.0
        table[summed + j] = coefficient
        at_zero += sign * coefficient  # u = -1
        at_one += coefficient
        sign = -sign
    if backwards:
        table[summed] = lost - at_one
        return lost - at_one + at_zero
    table[summed] = lost - at_zero
    return lost - at_zero + at_one


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fill_side(
    table: FloatArray, side: int, sign: float, centre: float, orbit: FloatArray, k: float, u1: float, u2: float
) -> None:
    """Polynomials of one side whose ends of pieces stand in the table."""
    row = _terms_row(k)
    terms = _TERMS[row]
    norm = 1.0 / star_light(u1, u2)
    period, axis, e, mean0 = orbit[0], orbit[1], orbit[2], orbit[6]
    rate = 2.0 * math.pi / period
    impact2 = axis * axis * orbit[5]
    value = np.empty(LARGEST_TERMS)
    lost, start, anomaly = 0.0, 0.0, orbit[7]
    for piece in range(PIECES):
        end = table[side + ENDS + piece]
        width = end - start
        if not width > 0.0:
            table[side + INVERSE + piece] = 0.0
            continue
        table[side + INVERSE + piece] = 1.0 / width
        for j in range(terms):
            y = _NODE[row, j]
            if piece == 0:
                x = start + width * y
            elif piece == 2:
                x = start + width * y * y
            else:
                x = end - width * y * y
            if e == 0.0:
                sine = math.sin(rate * x)
                z2 = impact2 + (axis * axis - impact2) * sine * sine
            else:
                anomaly = neighbouring_anomaly(mean0 + rate * (centre + sign * x), e, anomaly)
                z2 = _separation2(anomaly, orbit)
            value[j] = hidden_light(math.sqrt(z2), k, u1, u2) * norm
        _coefficients(value, row, table, side + _PLAIN + piece * LARGEST_TERMS)
        lost = _integrate(table, side, piece, width, terms, lost)
        start = end
    table[side + ALL_LOST] = lost


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _piece_ends(table: FloatArray, side: int, inner: float, outer: float) -> None:
    if inner > 0.0:
        table[side], table[side + 1], table[side + 2] = _PLAIN_SHARE * inner, inner, 0.5 * (inner + outer)
    else:
        table[side] = table[side + 1] = _GRAZING_SHARES[0] * outer
        table[side + 2] = _GRAZING_SHARES[1] * outer
    table[side + 3] = outer


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _anomaly_at_conjunction(e: float, omega: float) -> float:
    true = 0.5 * (0.5 * math.pi - omega)
    return 2.0 * math.atan2(math.sqrt(1.0 - e) * math.sin(true), math.sqrt(1.0 + e) * math.cos(true))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def build_dip(planet: FloatArray, u1: float, u2: float, table: FloatArray) -> int:
    """Fill `table` (TABLE,) for one planet; 1 = ready, 0 = no transit, -1 = no such orbit.

    "No such orbit": a value that is not finite, a period or axis that is not positive, a negative radius, an
    eccentricity outside 0 <= e < 1, an orbit that meets the star (a (1 - e) <= 1 + k), an impact parameter beyond the
    orbit, or a limb darkening that leaves no light.
    """
    period, epoch, k, axis, impact, e, omega = planet
    if not math.isfinite(period + epoch + k + axis + impact + e + omega + u1 + u2):
        return -1
    if period <= 0.0 or k < 0.0 or e < 0.0 or e >= 1.0 or axis * (1.0 - e) <= 1.0 + k or star_light(u1, u2) <= 0.0:
        return -1
    impact = abs(impact)
    cos_i = impact * (1.0 + e * math.sin(omega)) / (axis * (1.0 - e * e))
    if cos_i >= 1.0:
        return -1
    if k == 0.0:
        return 0
    table[0], table[1], table[2] = _TERMS[_terms_row(k)], period, 0.0
    orbit = np.array([period, axis, e, math.cos(omega), math.sin(omega), cos_i * cos_i, 0.0, 0.0])
    outer2, inner2 = (1.0 + k) * (1.0 + k), (1.0 - k) * (1.0 - k)
    if e == 0.0:
        if impact >= 1.0 + k:
            return 0
        span2 = axis * axis - impact * impact
        to_days = period / (2.0 * math.pi)
        outer = to_days * math.asin(math.sqrt((outer2 - impact * impact) / span2))
        inner = to_days * math.asin(math.sqrt(max(0.0, inner2 - impact * impact) / span2))
        _piece_ends(table, HEAD, inner, outer)
        _fill_side(table, HEAD, 1.0, 0.0, orbit, k, u1, u2)
        table[HEAD + SIDE : HEAD + 2 * SIDE] = table[HEAD : HEAD + SIDE]
        return 1
    conjunction = _anomaly_at_conjunction(e, omega)
    orbit[6] = conjunction - e * math.sin(conjunction)
    middle = _nearest(conjunction, orbit)
    if not math.isfinite(middle):
        return -1
    nearest2 = _separation2(middle, orbit)
    if nearest2 >= outer2:
        return 0
    centre = _since_conjunction(middle, orbit)
    orbit[7] = middle
    table[2] = centre
    for number in range(2):
        sign = 2.0 * number - 1.0
        outer = abs(_since_conjunction(_contact(middle, sign, outer2, orbit), orbit) - centre)
        inner = 0.0
        if nearest2 < inner2:
            inner = abs(_since_conjunction(_contact(middle, sign, inner2, orbit), orbit) - centre)
        if not (math.isfinite(outer) and math.isfinite(inner)):
            return -1
        _piece_ends(table, HEAD + number * SIDE, inner, outer)
        _fill_side(table, HEAD + number * SIDE, sign, centre, orbit, k, u1, u2)
    return 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def average_piece0(table: FloatArray, width_days: float) -> None:
    """Coefficients of piece 0 of both sides averaged over exposures of `width_days`; exact, as powers average."""
    terms = int(table[0])
    for side in (HEAD, HEAD + SIDE):
        half2 = (width_days * table[side + INVERSE]) ** 2  # half a width in u, squared
        for j in range(terms):
            total, power = 0.0, 1.0
            for n in range(j, terms, 2):
                total += table[side + _PLAIN + n] * _AVERAGE[j, n] * power
                power *= half2
            table[side + AVERAGED + j] = total


@njit(cache=True, nogil=True, fastmath={"contract", "nsz"})  # type: ignore[untyped-decorator]
def polynomial(table: FloatArray, first: int, terms: int, u: float) -> float:
    """Sum of table[first + j] u^j over an even number of terms; even and odd powers apart, which halves the wait."""
    square = u * u
    even, odd = table[first + terms - 2], table[first + terms - 1]
    for j in range(first + terms - 4, first - 1, -2):
        even = even * square + table[j]
        odd = odd * square + table[j + 1]
    return float(even + odd * u)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _locate(table: FloatArray, side: int, x: float) -> tuple[int, float]:
    """Piece and its variable u in -1 ... 1 at `x` days (0 <= x <= last contact) from the middle."""
    if x < table[side]:
        return 0, 2.0 * x * table[side + INVERSE] - 1.0
    if x < table[side + 1]:
        return 1, 2.0 * math.sqrt((table[side + 1] - x) * table[side + INVERSE + 1]) - 1.0
    if x < table[side + 2]:
        return 2, 2.0 * math.sqrt((x - table[side + 1]) * table[side + INVERSE + 2]) - 1.0
    return 3, 2.0 * math.sqrt((table[side + 3] - x) * table[side + INVERSE + 3]) - 1.0


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def dip_at(table: FloatArray, side: int, x: float, terms: int) -> float:
    """Light lost at the moment `x` days from the middle, 0 <= x <= last contact (relative flux)."""
    piece, u = _locate(table, side, x)
    return float(polynomial(table, side + _PLAIN + piece * LARGEST_TERMS, terms, u))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def lost_until(table: FloatArray, side: int, x: float, terms: int) -> float:
    """Integral of the light lost from the middle to `x` days from it (relative flux times days), 0 <= x."""
    if x >= table[side + 3]:
        return float(table[side + ALL_LOST])
    piece, u = _locate(table, side, x)
    return float(polynomial(table, side + _SUMMED + piece * _SUMMED_LENGTH, terms + 2, u))
