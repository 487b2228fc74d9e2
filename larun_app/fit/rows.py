"""The planet in numbers: a row for each parameter, with its 68 and its 95 % interval. Plain Python."""

from __future__ import annotations

import dataclasses

from data.fit_report import FitReport, FittedParameter
from jobs.fit_names import name_of, order_of
from science.rounding import MINUS, THIN, asymmetric, limit, significant


@dataclasses.dataclass
class Told:
    """A value with its stacked errors, or words alone ("under 0.32"). `spoken` is read aloud instead."""

    value: str = ""
    plus: str = ""
    minus: str = ""
    unit: str = ""
    spoken: str = ""


@dataclasses.dataclass
class ParameterRow:
    """One parameter: name, plain meaning, and what is known of it at two levels. `shape` names its small histogram."""

    key: str = ""
    name: str = ""
    plain: str = ""
    at68: Told = dataclasses.field(default_factory=Told)
    at95: Told = dataclasses.field(default_factory=Told)
    shape: bool = False
    side: str = ""  # "upper" or "lower" where only a limit is told


@dataclasses.dataclass(frozen=True, slots=True)
class _Shown:
    key: str
    name: str
    plain: str
    unit: str = ""
    scale: float = 1.0
    unit_said: str = ""  # read aloud, where the sign would not be


#: What everybody wants to know, in the order of the page.
MAIN = (
    _Shown("period_days", "Year on the planet", "Time from one dip to the next", "days"),
    _Shown("epoch_bjd", "Time of a dip", "Middle of one dip"),
    _Shown("radius_earth", "Size", "How wide the planet is", "Earths"),
    _Shown("radius_ratio", "Planet to star", "Width of the planet as a share of the star’s", "%", 100.0, "percent"),
    _Shown("depth_ppm", "Dip", "Light missing at mid-transit", "%", 1e-4, "percent"),
    _Shown("impact_parameter", "Path across the star", "0 is through the middle, 1 grazes the edge"),
    _Shown("duration_hours", "Length of a dip", "First touch to last touch", "hours"),
    _Shown("semi_major_axis_au", "Distance from the star", "Earth is at 1", "AU"),
    _Shown("equilibrium_temperature_k", "Warmth", "If it reflected nothing", "K", 1.0, "kelvin"),
    _Shown("insolation_earth", "Sunlight", "Earth gets 1", "Earths"),
    _Shown("eccentricity", "Roundness of the orbit", "0 is a circle, towards 1 it is ever longer"),
    _Shown("density_transit_gcc", "Density of the star", "From the dip alone; the Sun has 1.41", "g/cm³", 1.0,
           "grams per cubic centimetre"),
)  # fmt: skip
#: Told under "More numbers", with the names of the field.
_NOT_SHOWN = frozenset({"q1", "q2"})
_PLAIN = {
    "full_duration_hours": "The planet is wholly in front of the star",
    "scaled_axis": "a/R★",
    "inclination_deg": "90° is exactly edge-on",
    "u1": "The star’s edge is dimmer than its middle",
    "u2": "The same, its curved part",
    "omega_deg": "Which way the orbit is stretched",
    "dilution": "Light of other stars in the pixels",
}
_SHORT_UNITS = {"d": "days", "h": "hours", "deg": "°", "au": "AU", "ppm": "ppm"}
#: Histograms that the stored corner picture has (`jobs.fit_corner.SHOWN`).
_SHAPES = frozenset(
    {"period_days", "epoch_bjd", "radius_ratio", "impact_parameter", "duration_hours", "density_transit_gcc", "u1",
     "u2", "eccentricity", "omega_deg", "dilution"}
)  # fmt: skip


def main_rows(fit: FitReport, day_name: str, day_zero: int) -> list[ParameterRow]:
    """The rows of the table; dates count as the charts do (`day_name`, from BJD `day_zero`)."""
    rows = []
    for shown in MAIN:
        found = fit.parameters.get(shown.key)
        if found is None:
            continue
        zero, unit = (float(day_zero), day_name) if shown.key == "epoch_bjd" else (0.0, shown.unit)
        rows.append(_row(shown.key, shown.name, shown.plain, found, unit, shown.unit_said or unit, shown.scale, zero))
    return rows


def more_rows(fit: FitReport) -> list[ParameterRow]:
    """What a paper lists besides, with the names of the field."""
    main = {shown.key for shown in MAIN}
    rows = []
    for key in sorted(fit.parameters, key=order_of):
        names = name_of(key)
        if names is None or key in main or key in _NOT_SHOWN:
            continue
        found = fit.parameters[key]
        bare = found.unit.partition(" (")[0]
        unit = _SHORT_UNITS.get(bare, bare)
        rows.append(_row(key, names.words, _PLAIN.get(key, ""), found, unit, unit))
    return rows


def star_note(fit: FitReport) -> str:
    """What is said once where a number rests on a star whose error is unknown; "" elsewhere."""
    bare = [shown.name for shown in MAIN if (p := fit.parameters.get(shown.key)) is not None and "(" in p.unit]
    return f"{', '.join(bare)}: the star’s own error is unknown, so none is told here." if bare else ""


def _row(
    key: str, name: str, plain: str, p: FittedParameter, unit: str, said: str, scale: float = 1.0, zero: float = 0.0
) -> ParameterRow:
    return ParameterRow(
        key=key,
        name=name,
        plain=plain,
        at68=told(p, unit, said, scale=scale, zero=zero),
        at95=told(p, unit, said, scale=scale, zero=zero, wide=True),
        shape=key in _SHAPES,
        side="" if (p.upper95 is None) == (p.lower95 is None) else "upper" if p.upper95 is not None else "lower",
    )


def told(
    p: FittedParameter, unit: str = "", said: str = "", *, scale: float = 1.0, zero: float = 0.0, wide: bool = False
) -> Told:
    """A parameter at 68 % or, `wide`, at 95 %; a limit at 95 % where the posterior touches one, at both levels."""
    if p.upper95 is not None and p.lower95 is not None:
        low, high = (_end((v - zero) * scale, side) for v, side in ((p.lo95, "lower"), (p.hi95, "upper")))
        words = f"anything from {low} to {high}"
        return Told(value=words, unit=unit, spoken=f"not decided by the data: {words} {said}".strip())
    if p.upper95 is not None or p.lower95 is not None:
        side, bound = ("under", p.upper95) if p.upper95 is not None else ("over", p.lower95)
        assert bound is not None
        words = f"{side} {_end((bound - zero) * scale, 'upper' if side == 'under' else 'lower')}"
        if unit == "°":
            words, unit, said = f"{words}°", "", ""
        level = f"{unit} at 95{THIN}%".strip()
        return Told(value=words, unit=level, spoken=f"{words} {said}, with 95 percent certainty".replace(" ,", ","))
    if "(" in p.unit:  # the star's error is unknown: its own would be a small part of the true one
        value = significant((p.median - zero) * scale, 3)
        return Told(value=value, unit=unit, spoken=f"{value} {said}, error unknown")
    low, high = (p.lo95, p.hi95) if wide else (p.lo68, p.hi68)
    value, minus, plus = asymmetric((p.median - zero) * scale, (p.median - low) * scale, (high - p.median) * scale)
    spoken = f"{value} plus {plus} minus {minus} {said}".strip() if plus and minus else f"{value} {said}".strip()
    return Told(value, plus, minus, unit, spoken)


def _end(value: float, side: str) -> str:
    return limit(value, "upper" if side == "upper" else "lower").partition(" ")[2]


def in_a_sentence(t: Told) -> str:
    """ "2.29 +0.17 −0.13 Earths", "under 0.32"."""
    error = f" ± {t.plus}" if t.plus and t.plus == t.minus else f" +{t.plus} {MINUS}{t.minus}" if t.plus else ""
    return f"{t.value}{error}{THIN + t.unit if t.unit else ''}"
