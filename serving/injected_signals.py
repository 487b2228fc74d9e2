"""Signals of classes that nobody labelled often enough, made in real light of quiet stars: `source` "injected".

Background binaries are eclipses of two discs diluted until a drawn signal to noise is left, no signal is an ephemeris
drawn at random or the deepest of many such. Planets and undiluted binaries are injected too, so that no network can
tell an injected row by its light, and so that two kinds are known that no labelled set holds: periods of months in
years of light, and close binaries, whose light never stops changing, at their full period. The star's numbers are those
of a random star of the labelled sets. Ultracool dwarfs (TESS, 2 minutes) and K2 stars whose name has an even checksum
are used; the others stay for judging.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from data.formats import UnreadableFile
from science.detrending import detrend
from science.noise import point_to_point_scatter
from science.stars import Star, Value
from science.stitching import NothingUsable
from serving import view_grids
from serving.augmentation import NO_SIGNAL, VIEWS, inverted
from serving.classes import CLASSES
from serving.scalars import SCALARS, SCALES, standardised
from serving.signals import Signals, joined, rows_of
from serving.variability_curves import read_curve
from serving.views import UnusableSignal, Views, views_of

Floats = npt.NDArray[np.float64]

#: Rows of the usual training, and of the one that answers for unusual signals (`serving.unusual`).
COUNTS: Final = {"planet": 250, "eb": 200, "beb": 350, "no_signal": 450}
UNUSUAL_COUNTS: Final = {"planet": 700, "eb": 250, "close_eb": 800, "beb": 350, "no_signal": 700}
#: What a row of each kind is labelled.
_LABELS: Final = {"close_eb": "eb"}
WEIGHT: Final = 0.5
#: Close binaries have no real row beside them, but thousands of variable stars that look alike against them.
CLOSE_WEIGHT: Final = 2.0
UPSIDE_DOWN: Final = 250
_BIN_DAYS: Final = 10 / 1440
_LARGEST_WAVE, _LARGEST_NOISE, _LARGEST_TAILS = 0.02, 4e-3, 1.6
_TRIES: Final = 40
#: A planet must be measured with at least so much signal to noise: no search names weaker ones.
_LEAST_SNR: Final = 5.0
#: Share of the rows in years of light, made of one star's own again and again; how long that is, and the longest
#: periods in it and in light as it is (days).
_LONG: Final = 0.35
_LONG_DAYS: Final = (120.0, 1460.0)
_LONGEST_PERIOD, _LONGEST_PERIOD_ONE_SECTOR = 420.0, 14.0


@dataclass(frozen=True, slots=True)
class QuietLight:
    """Flattened light of one star in which nothing transits: days and relative flux, (n,)."""

    star: int
    time: Floats
    flux: Floats


def is_held_back(name: str) -> bool:
    """True for stars into which nothing is injected for training, as `benchmarks.vetting_quiet` divides them."""
    return zlib.crc32(name.encode()) % 2 == 1


def quiet_light(folder: Path, *, held_back: bool = False) -> Iterator[QuietLight]:
    """Quiet light of the pack's folder of light curves, averaged to ten minutes, one star and sector after another."""
    files = [(p, f"TIC {p.name.split('_')[0][3:]}", 1) for p in sorted((folder / "tess_2min_ucd").glob("tic*.npz"))]
    files += [(p, f"EPIC {p.name[4:13]}", -1) for p in sorted((folder / "k2_c4_dave").glob("epic*.npz"))]
    for path, name, sign in files:
        if is_held_back(name) != held_back:
            continue
        try:
            curve = detrend(read_curve(path))
        except (UnreadableFile, NothingUsable, ValueError):
            continue
        time, flux = averaged(curve.curve.time_bjd[curve.use], curve.flux[curve.use])
        spread = 1.4826 * float(np.median(np.abs(flux - np.median(flux)))) if flux.size > 300 else np.inf
        still = spread < _LARGEST_NOISE and np.std(curve.trend[curve.use]) < _LARGEST_WAVE
        # flares are no dips; what hangs below, though, is no quiet light
        if still and np.std(np.minimum(flux, np.median(flux))) < _LARGEST_TAILS * spread:
            yield QuietLight(sign * int(name.split()[1]), time, flux)


def averaged(time: Floats, flux: Floats, step: float = _BIN_DAYS) -> tuple[Floats, Floats]:
    """Means of consecutive stretches of `step` days; light that is coarser stays as it is."""
    if time.size < 2 or np.median(np.diff(time)) > 0.7 * step:
        return time, flux
    number = np.floor((time - time[0]) / step).astype(np.int64)
    count = np.bincount(number)
    good = count >= 2
    t = np.bincount(number, weights=time)[good] / count[good]
    return t, np.bincount(number, weights=flux)[good] / count[good]


def injected_signals(
    light: list[QuietLight], stars: Signals, *, counts: Mapping[str, int] = COUNTS, seed: int = 0
) -> Signals:
    """So many rows of each class in `light`. `stars` lends the numbers of the stars, of its planets and binaries.

    Raises ValueError without light.
    """
    if not light:
        raise ValueError("There is no quiet light to inject into.")
    rng = np.random.default_rng(seed)
    pool = _star_pool(stars)
    rows = []
    for kind, count in counts.items():
        for _ in range(count):
            rows += _one(light, pool, kind, rng)
    return _table(rows)


def with_injected(signals: Signals, folder: Path, *, counts: Mapping[str, int] = COUNTS, seed: int = 0) -> Signals:
    """`signals` with the injected rows below; unchanged where `folder` has no quiet light."""
    light = list(quiet_light(folder))
    if not light:
        return signals
    injected = injected_signals(light, signals, counts=counts, seed=seed)
    return joined([signals, injected, inverted_signals(signals, UPSIDE_DOWN, seed=seed)])


def inverted_signals(signals: Signals, count: int, *, seed: int = 0) -> Signals:
    """So many of the signals upside down: bumps in place of dips, which are no signal. They have neither a depth nor
    what follows from it."""
    rng = np.random.default_rng([seed, 1])
    some = rows_of(signals, np.sort(rng.choice(len(signals), min(count, len(signals)), replace=False)))
    views = inverted({name: getattr(some, name) for name in VIEWS} | {"scalars": some.scalars})
    centre, width, _ = SCALES["log_duty"]
    duty = 10 ** (centre + width * some.scalars[:, SCALARS.index("log_duty")].astype(float))
    duty = view_grids.duty_in_view(np.ones(duty.shape), duty)
    shape = standardised(
        {
            "other_dip": view_grids.other_dip(views["global_view"], duty)[0],
            "log_scatter": np.log10(np.maximum(view_grids.scatter(views["global_view"], duty), 1e-3)),
        }
    )
    numbers = views["scalars"]
    for name in ("other_dip", "log_scatter"):
        numbers[:, SCALARS.index(name)] = shape[:, SCALARS.index(name)]
    for name in ("log_depth", "log_snr", "log_companion_radius"):
        numbers[:, SCALARS.index(name)] = np.nan
    no = np.zeros(len(some), dtype=bool)
    return replace(
        some, **{name: views[name] for name in VIEWS}, scalars=numbers, label=np.full(len(some), NO_SIGNAL, np.int8),
        source=np.full(len(some), "injected"), weight=np.full(len(some), WEIGHT, np.float32),
        snr=np.full(len(some), np.nan),
        toi_matched=no, tfop_false_positive=no, yu_split=np.full(len(some), ""), all_pc=no, certain=~no,
        rule=np.full(len(some), "injected: upside down"),
    )  # fmt: skip


_Row = tuple[int, str, float, Views]


def _one(light: list[QuietLight], pool: Floats, kind: str, rng: np.random.Generator) -> list[_Row]:
    for _ in range(_TRIES):
        host = light[rng.integers(len(light))]
        longest = _LONGEST_PERIOD_ONE_SECTOR
        if rng.random() < _LONG:
            host, longest = lengthened(host, rng), _LONGEST_PERIOD
        radius, teff, tmag = pool[rng.integers(len(pool))]
        star = Star(radius_sun=Value(radius, None, "drawn"), teff_k=Value(teff, None, "drawn"), tmag=tmag)
        span = float(np.ptp(host.time))
        period = float(np.exp(rng.uniform(np.log(0.5), np.log(min(longest, span / 2.2)))))
        central = 12.98 / 24 * np.cbrt(period / 365.25 * radius**3 / min(radius, 1.2))
        duration = float(np.clip(central * rng.uniform(0.5, 1.3), 0.03, 0.2 * period))
        epoch = float(host.time[0] + rng.uniform() * period)
        try:
            if kind == "no_signal":
                if rng.random() < 0.6:
                    period, epoch, duration = deepest_box(host, rng, longest)
                return [(host.star, kind, period, views_of(host.time, host.flux, period, epoch, duration, star=star))]
            if kind == "close_eb":
                flux, fold, epoch, duration = _with_waves(host, rng)
                return [(host.star, kind, fold, views_of(host.time, flux, fold, epoch, duration, star=star))]
            flux, fold, duration = _with_dips(host, kind, period, epoch, duration, rng)
            views = views_of(host.time, flux, fold, epoch, duration, star=star)
            if kind == "planet" and not _snr(views) > _LEAST_SNR:
                continue  # red noise has eaten it
            return [(host.star, kind, fold, views)]
        except UnusableSignal:
            continue
    return []


def _snr(views: Views) -> float:
    centre, width, _ = SCALES["log_snr"]
    return float(10 ** (centre + width * views.scalars[SCALARS.index("log_snr")]))


def lengthened(host: QuietLight, rng: np.random.Generator) -> QuietLight:
    """Months to years of light: the star's own, each copy shifted in time so that its noise never falls on the same
    phases, with pauses between."""
    span = float(np.ptp(host.time)) + float(np.median(np.diff(host.time)))
    copies = max(1, round(float(np.exp(rng.uniform(*np.log(_LONG_DAYS)))) / span))
    times, fluxes, start = [], [], 0.0
    for _ in range(copies):
        shift = int(rng.integers(host.flux.size))
        times.append(host.time + start)
        fluxes.append(np.roll(host.flux, shift))
        start += span + (rng.uniform(0.2, 3.0) if rng.random() < 0.9 else rng.uniform(10.0, 60.0))
    return QuietLight(host.star, np.concatenate(times), np.concatenate(fluxes))


def _with_waves(host: QuietLight, rng: np.random.Generator) -> tuple[Floats, float, float, float]:
    """The light with that of two stars that touch or deform each other, and the period, epoch and duration that a
    catalogue of binaries gives: the orbit, the deeper minimum, and up to four tenths of the orbit.

    Three cosines of the orbit (tides, reflection, the O'Connell effect), and two equal or unequal eclipses with round
    bottoms where the stars are seen from the side; amplitudes as in Morris (1985, ApJ 295, 143).
    """
    period = float(np.exp(rng.uniform(np.log(0.22), np.log(2.5))))
    epoch = float(host.time[0] + rng.uniform() * period)
    turn = 2 * np.pi * (host.time - epoch) / period
    size = float(np.exp(rng.uniform(np.log(0.003), np.log(0.35))))
    light = -0.5 * size * np.cos(2 * turn)
    light -= size * rng.uniform(-0.05, 0.25) * np.cos(turn) * 0.5
    light += size * rng.normal(0.0, 0.04) * np.sin(turn)
    phase = turn / (2 * np.pi)
    width = rng.uniform(0.12, 0.4)
    if rng.random() < 0.75:
        deep = size * rng.uniform(0.1, 2.5)
        second = deep * (rng.uniform(0.75, 1.0) if rng.random() < 0.5 else rng.uniform(0.1, 1.0))
        round_ = rng.uniform(1.2, 3.0)
        for place, depth in ((0.0, deep), (0.5, second)):
            away = np.abs(phase - place - np.round(phase - place)) / (0.5 * width)
            light -= depth * np.clip(1 - away**round_, 0, None)
    if 1 + light.min() <= 0.05:
        raise UnusableSignal("More light would be lost than there is.")
    noise = point_to_point_scatter(host.flux)
    if np.ptp(light) * np.sqrt(host.time.size) < 60 * noise:
        raise UnusableSignal("The wave drowns in the noise.")
    return host.flux * (1 + light), period, epoch, float(width * period)


def _with_dips(
    host: QuietLight, kind: str, period: float, epoch: float, duration: float, rng: np.random.Generator
) -> tuple[Floats, float, float]:
    """The light with the dips of a planet or binary, and the period and duration that a search would name."""
    turn = (host.time - epoch) / period
    phase = turn - np.round(turn)
    points = max(3, int(np.count_nonzero(np.abs(phase) * period < duration / 2)))
    noise = point_to_point_scatter(host.flux)
    least = float(np.exp(rng.uniform(np.log(7.0), np.log(150.0)))) * noise / np.sqrt(points)
    if kind == "planet":
        depth = least
        if depth > 0.03:
            raise UnusableSignal("A planet that deep would be a star.")
        ratio, impact = np.sqrt(depth), rng.uniform(0, 0.85)
        lost = limb_darkened(phase * period / duration, ratio, impact)
        return host.flux * (1 - depth * lost / lost.max()) if lost.max() > 0 else host.flux, period, duration
    ratio = rng.uniform(0.25, 1.0)
    impact = rng.uniform(0, 0.9 * (1 + ratio))
    bright = rng.choice([rng.uniform(0, 0.15), rng.uniform(0.15, 1.0)])  # of the smaller star's surface
    second = 0.5 if rng.random() < 0.7 else rng.uniform(0.3, 0.7)
    total = 1 + bright * ratio**2
    first = limb_darkened(phase * period / duration, ratio, impact) / total
    away = phase - second - np.round(phase - second)
    other = bright * limb_darkened(away * period / duration, ratio, impact) / total
    lost = first + other
    deepest = float(lost.max())
    if deepest < 1e-4:
        raise UnusableSignal("Those two stars hardly touch.")
    if kind == "beb":
        depth = min(least, 0.04, 0.5 * deepest)
        lost = lost * depth / deepest
    half = bright > 0.8 and second == 0.5 and rng.random() < 0.6  # a search sees equal eclipses at half the period
    return host.flux * (1 - lost), period / 2 if half else period, duration


def limb_darkened(offset: npt.ArrayLike, ratio: float, impact: float) -> Floats:
    """Share of a star's light that a disc of `ratio` radii hides, (n,); `offset` in durations (first to fourth
    contact) from the middle. The area that two discs share, weighed by the star's quadratic law (0.35, 0.25) at the
    middle of what is hidden: good to some per cent of the depth, which is what a view needs."""
    reach = np.sqrt((1 + ratio) ** 2 - impact**2)
    z = np.hypot(2 * reach * np.asarray(offset, dtype=float), impact)
    area = np.zeros(z.shape)
    inside = z <= 1 - ratio
    area[inside] = np.pi * ratio**2
    partly = ~inside & (z < 1 + ratio)
    d = z[partly]
    a = np.arccos(np.clip((d**2 + ratio**2 - 1) / (2 * d * ratio), -1, 1))
    b = np.arccos(np.clip((d**2 + 1 - ratio**2) / (2 * d), -1, 1))
    root = np.clip((1 + ratio - d) * (d + ratio - 1) * (d - ratio + 1) * (d + ratio + 1), 0, None)
    area[partly] = ratio**2 * a + b - 0.5 * np.sqrt(root)
    # distance of the middle of the hidden part
    place = np.where(z < 1 - ratio, z, 0.5 * (np.maximum(z - ratio, 0) + 1))
    mu = np.sqrt(np.clip(1 - place**2, 0, 1))
    intensity = (1 - 0.35 * (1 - mu) - 0.25 * (1 - mu) ** 2) / (1 - 0.35 / 3 - 0.25 / 6)
    return np.asarray(area / np.pi * intensity)


def deepest_box(
    host: QuietLight, rng: np.random.Generator, longest: float = _LONGEST_PERIOD_ONE_SECTOR
) -> tuple[float, float, float]:
    """Period, epoch and duration (days) of the most significant box of 60 random periods and durations: what a search
    that finds nothing would name."""
    best = (0.0, 0.0, 0.0, -np.inf)
    span = float(np.ptp(host.time))
    level = float(np.median(host.flux))
    for _ in range(60):
        period = float(np.exp(rng.uniform(np.log(0.5), np.log(min(longest, span / 2.2)))))
        duration = float(np.clip(rng.uniform(0.04, 0.2) * (1 + period / 100), 0.03, 0.2 * period))
        bins = max(4, int(period / duration * 2))
        place = np.floor(((host.time - host.time[0]) / period % 1) * bins).astype(int) % bins
        count = np.bincount(place, minlength=bins)
        total = np.bincount(place, weights=np.clip(host.flux - level, -np.inf, 0.02), minlength=bins)
        count, total = count + np.roll(count, -1), total + np.roll(total, -1)
        power = -total / np.sqrt(np.maximum(count, 8))
        k = int(power.argmax())
        if power[k] > best[3]:
            best = (period, float(host.time[0] + (k + 1) / bins * period), duration, float(power[k]))
    return best[:3]


def _star_pool(stars: Signals) -> Floats:
    """Radius, temperature and brightness of stars with a planet or an eclipse, (n, 3); else the Sun's."""
    names = ("log_star_radius", "star_teff", "tmag")
    columns = [SCALES[n][0] + SCALES[n][1] * stars.scalars[:, SCALARS.index(n)].astype(float) for n in names]
    table = np.stack([10 ** columns[0], columns[1], columns[2]], axis=1)
    some = np.isin(stars.label, (CLASSES.index("planet"), CLASSES.index("eb"))) & np.isfinite(table).all(axis=1)
    some &= table[:, 0] < 4
    return table[some] if some.any() else np.array([[1.0, 5772.0, 10.5]])


def _table(rows: list[_Row]) -> Signals:
    n = len(rows)
    made = [row[3] for row in rows]
    scalars = np.array([v.scalars for v in made], dtype=np.float32).reshape(n, len(SCALARS))
    snr = SCALES["log_snr"]
    stars = np.array([row[0] for row in rows], dtype=np.int64)
    no = np.zeros(n, dtype=bool)
    label = np.array([CLASSES.index(_LABELS.get(row[1], row[1])) for row in rows], dtype=np.int8)
    return Signals(
        star=stars,
        period_days=np.array([row[2] for row in rows]),
        snr=10 ** (snr[0] + snr[1] * scalars[:, SCALARS.index("log_snr")].astype(float)),
        global_view=np.array([v.global_view for v in made], dtype=np.float32),
        local_view=np.array([v.local_view for v in made], dtype=np.float32),
        secondary_view=np.array([v.secondary_view for v in made], dtype=np.float32),
        scalars=scalars,
        label=label,
        source=np.full(n, "injected"),
        weight=np.array([CLOSE_WEIGHT if row[1] == "close_eb" else WEIGHT for row in rows], dtype=np.float32),
        toi_matched=no,
        tfop_false_positive=no.copy(),
        yu_split=np.full(n, ""),
        group=np.unique(stars, return_inverse=True)[1].astype(np.int64),
        all_pc=label == 0,
        certain=~no,
        rule=np.char.add("injected: ", np.array([row[1] for row in rows])),
    )
