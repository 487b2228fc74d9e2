"""Simulated variable stars on the time stamps, and partly on the noise, of real ones.

Used for the classes that have no labelled real stars in the pack (RR Lyrae stars and Cepheids), few of them (gamma
Doradus, detached binaries, constant), and to show every class with the noise and cadence of every mission, so that the
classifier cannot take a mission for a class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from science.lightcurve import FloatArray
from science.variables.classes import CLASSES
from serving.variability_curves import LabelledLight

_SUBSAMPLES = 3


def simulated_light(bases: Sequence[LabelledLight], per_class: int, seed: int) -> Iterator[LabelledLight]:
    """`per_class` stretches of every class. `bases` give time stamps and segments; those labelled constant give their
    noise as well, for half of the stretches made on them. Each belongs to the star of its base."""
    chance = np.random.default_rng(seed)
    for label in CLASSES:
        for _ in range(per_class):
            # Flares are only looked for at cadences up to 11 minutes.
            able = [base for base in bases if label != "flares" or np.median(np.diff(base.time)) < 0.003]
            base = able[int(chance.integers(len(able)))]
            thins = [1, 1, 5] if label == "flares" else [1, 1, 5, 15]
            thin = int(chance.choice(thins)) if np.median(np.diff(base.time)) < 0.003 else 1
            rows = np.arange(0, base.time.size, thin)
            time, segment = base.time[rows], base.segment[rows]
            exposure = float(np.median(np.diff(time)))
            noise, sigma = _noise(base, rows, chance)
            light = np.zeros(time.size)
            shape = _MODELS[label]
            flaring = label == "rotation" and chance.random() < 0.35
            amplitude_floor = 4.0 * sigma * np.sqrt(max(exposure, 30.0 / 1440.0) ** -1 * exposure)
            inner = (np.arange(_SUBSAMPLES) - (_SUBSAMPLES - 1) / 2) / _SUBSAMPLES * exposure
            state = chance.bit_generator.state
            for offset in inner:
                # The same random star for each part of the exposure.
                chance.bit_generator.state = state
                light += shape(time + offset, amplitude_floor, chance) / _SUBSAMPLES
            if flaring and np.ptp(light) > 2.0 * amplitude_floor:
                light = light + _flaring(time, amplitude_floor, chance)
            flux = (1.0 + light) * (1.0 + noise)
            # What the star does outranks what the camera does: ramps beside flares or spots do not change the class.
            if label == "systematics":
                flux = flux + _instrument(time, segment, amplitude_floor, 0.1, chance)
            elif label in ("flares", "rotation") and chance.random() < 0.4:
                flux = flux + _instrument(time, segment, 0.0, 0.3 * float(np.ptp(light)), chance)
            for number in np.unique(segment):
                part = segment == number
                level = float(np.median(flux[part]))
                flux[part] /= level if level > 0 else 1.0
            yield LabelledLight(
                base.star, label, "simulated", time, flux, np.full(time.size, max(sigma, 1e-6)), segment
            )


def _noise(base: LabelledLight, rows: np.ndarray, chance: np.random.Generator) -> tuple[FloatArray, float]:
    """Relative noise at the rows, and its white part per row."""
    if base.label == "constant" and chance.random() < 0.7:
        flux = base.flux[rows] / np.median(base.flux) - 1.0
        return np.clip(flux, -0.2, 0.2), float(1.05 * np.median(np.abs(np.diff(flux))))
    time = base.time[rows]
    exposure = float(np.median(np.diff(time)))
    hourly = 10 ** chance.uniform(-4.6, -2.4)
    sigma = hourly * np.sqrt(1.0 / 24.0 / exposure)
    noise = chance.normal(0.0, sigma, time.size)
    if chance.random() < 0.7:
        noise = noise + hourly * chance.uniform(0.1, 1.0) * _red(time, 10 ** chance.uniform(-0.5, 0.7), chance)
    return noise, float(sigma)


def _red(time: FloatArray, scale_days: float, chance: np.random.Generator) -> FloatArray:
    """A smooth random curve of scatter about 1: random steps every third of `scale_days`, joined by lines."""
    knots = np.arange(time[0] - scale_days, time[-1] + scale_days, scale_days / 3.0)
    values = np.convolve(chance.normal(size=knots.size + 4), np.ones(5) / np.sqrt(5.0), mode="valid")
    return np.interp(time, knots, values)


def _amplitude(floor: float, low: float, high: float, chance: np.random.Generator) -> float:
    """Log-uniform between the larger of two limits and the third."""
    start = max(floor, low)
    return float(10 ** chance.uniform(np.log10(start), np.log10(max(high, 1.5 * start))))


def rotating(time: FloatArray, floor: float, chance: np.random.Generator) -> FloatArray:
    """Two to four spots that live some turns, seen as the positive part of a cosine each."""
    period = 10 ** chance.uniform(-0.9, 1.08)
    size = _amplitude(0.4 * floor, 1e-4, 0.06, chance)
    light = np.zeros(time.size)
    for _ in range(int(chance.integers(1, 4))):
        longitude, slip = chance.uniform(0, 2 * np.pi), 1.0 + chance.normal(0.0, 0.01)
        tilt = chance.uniform(0.0, 1.0)
        middle, life = chance.uniform(time[0], time[-1]), chance.uniform(8.0, 200.0)
        strength = chance.uniform(0.3, 1.0) * np.exp(-0.5 * ((time - middle) / life) ** 2)
        view = np.cos(2 * np.pi * (time - time[0]) / (period * slip) + longitude)
        light -= size * strength * np.maximum(view + tilt, 0.0) / (1.0 + tilt)
    return light


def _modes(
    time: FloatArray, frequencies: FloatArray, size: float, steep: float, chance: np.random.Generator
) -> FloatArray:
    light = np.zeros(time.size)
    for order, frequency in enumerate(frequencies):
        strength = size * (order + 1.0) ** -steep
        light += strength * np.cos(2 * np.pi * frequency * (time - time[0]) + chance.uniform(0, 2 * np.pi))
    return light


def _dsct(time: FloatArray, floor: float, chance: np.random.Generator) -> FloatArray:
    """Modes at 5-60 per day; one in five pulsates in one large asymmetric mode."""
    size = _amplitude(0.15 * floor, 3e-5, 0.03, chance)
    if chance.random() < 0.2:
        frequency = chance.uniform(5.0, 18.0)
        tilt = chance.uniform(0.1, 0.4)
        angle = 2 * np.pi * frequency * (time - time[0])
        return (
            max(size, 0.02) * 3.0 * (np.cos(angle) + tilt * np.cos(2 * angle - 1.2) + tilt**2 * np.cos(3 * angle - 2.4))
        )
    count = int(chance.integers(1, 16))
    centre = chance.uniform(7.0, 45.0)
    frequencies = np.clip(chance.normal(centre, chance.uniform(0.5, 8.0), count), 5.0, 60.0)
    light = _modes(time, frequencies, size, chance.uniform(0.2, 1.0), chance)
    if chance.random() < 0.3:
        light += _modes(time, chance.uniform(0.3, 3.0, 4), size * chance.uniform(0.05, 0.5), 0.5, chance)
    return light


def _gdor(time: FloatArray, floor: float, chance: np.random.Generator) -> FloatArray:
    """Many close modes at 0.3-3 per day, in one or two groups."""
    size = _amplitude(0.2 * floor, 5e-5, 0.02, chance)
    light = np.zeros(time.size)
    centre = chance.uniform(0.5, 2.2)
    for group in range(int(chance.integers(1, 3))):
        count = int(chance.integers(3, 14))
        frequencies = np.clip(chance.normal(centre * (group + 1), chance.uniform(0.08, 0.4), count), 0.2, 4.5)
        light += _modes(time, frequencies, size * (0.6**group), chance.uniform(0.1, 0.6), chance)
    return light


def _rrlyr(time: FloatArray, floor: float, chance: np.random.Generator) -> FloatArray:
    """Fourier series with the ratios and phases of RRab, RRc stars and Cepheids (cosine phases; Simon & Lee 1981,
    Simon & Teays 1982, ApJ 261, 586), in magnitudes, turned into flux."""
    kind = chance.random()
    if kind < 0.45:
        period, r21, r31 = chance.uniform(0.42, 0.85), chance.uniform(0.35, 0.55), chance.uniform(0.22, 0.38)
        phi21, phi31 = chance.normal(3.95, 0.2), chance.normal(8.1, 0.35)
        magnitude = chance.uniform(0.15, 0.5)
    elif kind < 0.65:
        period, r21, r31 = chance.uniform(0.25, 0.42), chance.uniform(0.08, 0.25), chance.uniform(0.02, 0.12)
        phi21, phi31 = chance.normal(4.9, 0.3), chance.normal(9.5, 0.6)
        magnitude = chance.uniform(0.08, 0.25)
    else:
        period, r21, r31 = 10 ** chance.uniform(0.2, 1.05), chance.uniform(0.2, 0.5), chance.uniform(0.08, 0.25)
        phi21, phi31 = chance.normal(4.4, 0.4), chance.normal(8.6, 0.6)
        magnitude = chance.uniform(0.08, 0.4)
    if chance.random() < 0.25:
        magnitude *= chance.uniform(0.05, 0.5)  # light of neighbours in the aperture
    angle = 2 * np.pi * (time - time[0]) / period + chance.uniform(0, 2 * np.pi)
    series = np.cos(angle) + r21 * np.cos(2 * angle + phi21) + r31 * np.cos(3 * angle + phi31)
    return 10 ** (-0.4 * max(magnitude, floor) * series) - 1.0


def _contact(time: FloatArray, floor: float, chance: np.random.Generator) -> FloatArray:
    """Two rounded minima per cycle without a flat part, or two equal waves (an ellipsoidal pair)."""
    period = 10 ** chance.uniform(-0.65, 0.3)
    depth = _amplitude(2 * floor, 2e-3, 0.5, chance)
    phase = (time - time[0]) / period + chance.uniform(0, 1)
    unequal = chance.uniform(0.0, 0.35)
    sharp = chance.uniform(0.5, 1.3) if chance.random() < 0.7 else 1.0
    wave = (0.5 + 0.5 * np.cos(4 * np.pi * phase)) ** sharp
    hollow = depth * wave * (1.0 - unequal * (0.5 - 0.5 * np.cos(2 * np.pi * phase)))
    spot = chance.normal(0.0, 0.02) * depth * np.sin(2 * np.pi * phase)
    return -hollow + spot


def _detached(time: FloatArray, floor: float, chance: np.random.Generator) -> FloatArray:
    """Two eclipses with sloping sides, unequal depths, perhaps eccentric, with tides and spots beside them."""
    period = 10 ** chance.uniform(-0.3, 1.15)
    width = min(chance.uniform(0.04, 0.18), 0.4 / period + 0.02)
    depth = _amplitude(4 * floor, 3e-3, 0.6, chance)
    phase = ((time - time[0]) / period + chance.uniform(0, 1)) % 1.0
    second = 0.5 + (0.0 if chance.random() < 0.6 else chance.uniform(-0.15, 0.15))
    slope = chance.uniform(0.3, 1.0)
    other = depth * chance.uniform(0.02, 1.0)
    light = np.zeros(time.size)
    for place, deep in ((0.0, depth), (second, other)):
        distance = np.abs((phase - place + 0.5) % 1.0 - 0.5) / (0.5 * width)
        light -= deep * np.clip((1.0 - distance) / slope, 0.0, 1.0)
    light -= depth * chance.uniform(0.0, 0.12) * (0.5 + 0.5 * np.cos(4 * np.pi * phase))
    if chance.random() < 0.3:
        light += depth * chance.uniform(0.0, 0.1) * np.cos(2 * np.pi * (time - time[0]) / chance.uniform(1.0, 10.0))
    return light


def _flaring(time: FloatArray, floor: float, chance: np.random.Generator) -> FloatArray:
    """Flares with a rise of half a unit and two exponential decays (Davenport et al. 2014, ApJ 797, 122)."""
    light = np.zeros(time.size)
    step = float(np.median(np.diff(time)))
    for _ in range(int(chance.integers(2, 25))):
        peak, half = chance.choice(time), max(10 ** chance.uniform(-2.6, -1.5), 1.2 * step)
        size = 3.0 * floor * np.sqrt(0.0208 / min(step, 0.0208)) * 10 ** chance.exponential(0.35)
        x = (time - peak) / half
        rise = (x > -1) & (x < 0)
        fall = x >= 0
        light[rise] += size * (1.0 + x[rise])
        light[fall] += size * (0.69 * np.exp(-1.6 * x[fall]) + 0.30 * np.exp(-0.28 * x[fall]))
    return light


def _nothing(time: FloatArray, floor: float, chance: np.random.Generator) -> FloatArray:
    return np.zeros(time.size)


def _instrument(
    time: FloatArray, segment: np.ndarray, floor: float, high: float, chance: np.random.Generator
) -> FloatArray:
    """Ramps at the ends of segments, slopes, jumps, the sawtooth of a rolling telescope."""
    light = np.zeros(time.size)
    size = _amplitude(2 * floor, min(5e-4, 0.5 * high), high, chance)
    kinds = chance.random(4) < (0.6, 0.5, 0.4, 0.3)
    if not kinds.any():
        kinds[int(chance.integers(4))] = True
    for number in np.unique(segment):
        part = segment == number
        t = time[part] - time[part][0]
        length = max(float(t[-1]), 0.1)
        if kinds[0]:
            for distance in (t, length - t):
                light[part] += size * chance.normal(0.0, 1.0) * np.exp(-distance / chance.uniform(0.2, 2.5))
        if kinds[1]:
            light[part] += size * chance.normal(0.0, 1.0) * ((t / length) ** chance.uniform(0.7, 2.0) - 0.5)
        if kinds[2]:
            for _ in range(int(chance.integers(1, 4))):
                light[part] += size * chance.normal(0.0, 0.7) * (t > chance.uniform(0.0, length))
    if kinds[3]:
        period = chance.choice([0.2452, 0.4904, chance.uniform(2.0, 4.0)])
        saw = ((time - time[0]) / period) % 1.0 - 0.5
        drift = 1.0 + chance.normal(0.0, 0.5) * (time - time[0]) / (time[-1] - time[0])
        light += 0.5 * size * saw * drift
    return light


_MODELS = {
    "rotation": rotating,
    "dsct_bcep": _dsct,
    "gdor_spb": _gdor,
    "rrlyr_cepheid": _rrlyr,
    "eb_contact": _contact,
    "eb_detached": _detached,
    "flares": _flaring,
    "systematics": _nothing,
    "constant": _nothing,
}
