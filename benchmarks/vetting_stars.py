"""The real stars of the vetting benchmark: their files and catalogued dips, cleaned and measured for the tests."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from benchmarks.vetting_catalogues import (
    LIGHT_CURVES,
    Dip,
    catalogue_rows,
    dwarf,
    dwarf_of_teff,
    k2_dips,
    koi_dips,
    number_or_none,
    toi_dips,
)
from data.formats import read_many
from data.requests import CleanChoice, SearchChoice
from jobs.cleaning import clean
from jobs.presets import longest_period_days, search_settings
from science.folding import phase_days
from science.lightcurve import DetrendedCurve, LightCurve
from science.search.find import find_signals
from science.search.harmonics import relation
from science.search.refit import measure
from science.search.remeasure import masks_of
from science.search.results import NEEDED_SNR, DipMeasurement, SearchSettings
from science.stars import Star, complete, merge
from science.vetting.evidence import Ephemeris, Evidence, evidence
from science.wave_light import LARGEST_MASKED_SHARE

#: Of the long Kepler curves of binaries this many days are used, from their beginning.
BINARY_DAYS = 370.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Target:
    """A star, its files, its dips and its parameters; `faults` are the right reasons for a false positive."""

    name: str
    files: str
    dips: tuple[Dip, ...]
    star: Star
    faults: tuple[str, ...] = ()
    longest_days: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One signal to be vetted; `faults` are right for it if it is false. Where no dip is left after detrending, or a
    search reports an unrelated period, noise and systematics are right reasons too."""

    name: str
    evidence: Evidence
    faults: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)


def planets() -> tuple[Target, ...]:
    """All stars of the pack with known transiting planets and their light over whole orbits."""
    tess = (
        ("pi Men", "multisector/pimen*.npz", ("144.01",)),
        ("pi Men S1", "tess_2min/*261136679*", ("144.01",)),
        ("TOI-1798", "multisector/toi1798*.npz", ("1798.01", "1798.02")),
        ("TOI-540", "multisector/toi540*.npz", ("540.01",)),
        ("WASP-4", "tess_2min/*402026209*", ("232.01",)),
        ("WASP-121", "tess_2min/*22529346*", ("495.01",)),
        ("GJ 357", "tess_2min/*413248763*", ("562.01",)),
        ("TOI-2015", "multisector/tic368287008*", ("2015.01",)),
        ("TOI-247", "tess_2min/*160148385*", ("247.01",)),
        ("TOI-216", "tess_2min/*55652896*", ("216.01", "216.02")),
        ("TOI-813", "tess_2min/*TIC55525572*", ("813.01",)),
        ("HD 219134", "tess_2min_lightkurve_export/TIC_283722336*", ("1469.01", "1469.02")),
        ("TOI-1130", "tess_ffi/hlsp_qlp*", ("1130.01", "1130.02")),
        ("TOI-519", "tess_ffi/hlsp_tglc*", ("519.01",)),
    )
    found = [Target(name, files, *toi_dips(numbers)) for name, files, numbers in tess]
    found += [
        Target("Kepler-11", "kepler/kplr006541920*", *koi_dips("6541920")),
        Target("Kepler-90", "kepler/kplr011442793*", *koi_dips("11442793")),
        Target("WASP-47", "k2/ktwo206103150*", *k2_dips("WASP-47", {"b": 3.6, "d": 4.2, "e": 1.9})),
        Target("K2-3", "k2/hlsp_k2sff*201367065*", *k2_dips("K2-3", {"b": 2.6, "c": 3.4, "d": 4.0})),
    ]
    return tuple(found)


def false_positives() -> tuple[Target, ...]:
    """Known false positives and binaries, each with the faults that would be right.

    A contact binary's light is a wave: "variability" is as right for it as "eclipsing_binary". TOI-222 is a binary of
    34 d with one eclipse in this sector; the pair of dips reported by the pipeline is that eclipse and a glitch.
    """
    host = toi_dips(("222.01",))[1]
    both = ("noise", "systematic", "eclipsing_binary")
    dvt = Dip("at 13.0 d", 13.001946, 1.83 / 24, 2457000 + 1363.54221)
    found = [
        Target("TOI-222 (DV series)", "tess_2min/*dvt*", (dvt,), host, both),
        Target("TOI-222", "tess_2min/*144440290-0121*", (dvt,), host, both),
        Target(
            "KIC 1432214",
            "kepler/kplr001432214*",
            (Dip("K00998.01", 161.78833, 5.31 / 24, 2454833 + 214.039),),
            koi_dips("1432214")[1],
            ("eclipsing_binary", "too_large", "systematic"),
        ),
        *_kepler_binaries(),
    ]
    row = next(r for r in catalogue_rows("k2_eb_catalogue.csv.gz") if r["EPIC"] == "211841249")
    found.append(_binary("EPIC 211841249", "k2/ktwo211841249*", row))
    return tuple(found)


def _kepler_binaries() -> list[Target]:
    with open(LIGHT_CURVES / "kepler_eb" / "index.csv", encoding="utf-8") as file:
        index = list(csv.DictReader(file))
    rows = {(r["KIC"], r["period"]): r for r in catalogue_rows("kepler_eb_catalogue.csv.gz")}
    by_star = {r["KIC"]: r for r in rows.values()}
    found = []
    for entry in index:
        files = f"kepler_eb/{entry['file']}"
        if entry["identified_by_us"] == "True":
            found.append(_binary(entry["star"], files, by_star[entry["star"].removeprefix("KIC")]))
        else:  # the star behind the number is unknown: only what the search finds can be vetted
            found.append(Target(entry["star"], files, (), dwarf(1.0), ("eclipsing_binary", "variability", "too_large")))
    return [replace(t, longest_days=BINARY_DAYS) for t in found]


def _binary(name: str, files: str, row: Mapping[str, str]) -> Target:
    epoch = float(row["bjd0"])
    epoch += 2400000.0 if epoch < 2400000.0 else 0.0
    period, width = float(row["period"]), float(row["pwidth"])
    width = width if 0 < width < 0.3 else 0.2
    return Target(
        name,
        files,
        (Dip(f"morphology {row['morph']}", period, width * period, epoch),),
        dwarf_of_teff(number_or_none(row["Teff"])),
        ("eclipsing_binary", "variability", "too_large"),
    )


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A star's light with the trend taken out, and the choices that did it."""

    curve: DetrendedCurve
    star: Star
    settings: SearchSettings


def cleaned(target: Target, masks: Iterable[Ephemeris] = ()) -> Cleaned:
    """Read and detrend a star as a standard run does, its own parameters filled from the files."""
    files = sorted(LIGHT_CURVES.glob(target.files))
    if not files:
        raise FileNotFoundError(f"{target.name}: no file {target.files}")
    data = read_many(files)
    curves = data.curves if target.longest_days is None else _first_days(data.curves, target.longest_days)
    star = complete(merge(target.star, data.star))
    settings = replace(
        search_settings(SearchChoice(preset="standard"), seed=1),
        fap_trials=0,
        period_max_days=longest_period_days(curves),
    )
    return Cleaned(clean(curves, star, CleanChoice(), settings, masks_of(tuple(masks))), star, settings)


def _first_days(curves: tuple[LightCurve, ...], days: float) -> tuple[LightCurve, ...]:
    start = min(c.time_bjd[0] for c in curves)
    return tuple(c for c in curves if c.time_bjd[-1] < start + days) or curves[:1]


def catalogue_cases(target: Target) -> list[Case]:
    """The evidence for each catalogued dip, measured on light whose trend was fitted beside all of them.

    The dips of the star's other planets are left out where they were measured, as after a search, else where the
    catalogue has them. Dips without a transit in the data are left out.
    """
    known: list[Ephemeris] = []
    rough = cleaned(target) if any(d.epoch_bjd is None for d in target.dips) else None
    for dip in target.dips:
        epoch = dip.epoch_bjd
        if epoch is None:
            assert rough is not None
            epoch = deepest_epoch(rough.curve, dip.period_days, dip.duration_days, known)
        known.append((dip.period_days, epoch, dip.duration_days))
    light = cleaned(target, [k for k in known if k[2] < LARGEST_MASKED_SHARE * k[0]])
    measured: list[DipMeasurement | None] = []
    for i, dip in enumerate(target.dips):
        found = _measure(light, known[i], (*known[:i], *known[i + 1 :]))
        measured.append(found)
        if found is not None and found.depth > 0 and found.snr > 5:
            known[i] = (found.period_days, found.epoch_bjd, max(found.duration_days, dip.duration_days))
    cases = []
    for i, dip in enumerate(target.dips):
        others = (*known[:i], *known[i + 1 :])
        found = _measure(light, known[i], others) or measured[i]
        if found is not None:
            name = f"{target.name}: {dip.name}"
            faults = target.faults
            if faults and not (found.depth > 0 and found.snr >= NEEDED_SNR):
                faults = (*faults, "noise", "systematic")  # detrending took the wave, and no dip is there
            cases.append(Case(name, evidence(light.curve, found, light.star, others), faults))
    return cases


def search_case(target: Target, period_max_days: float = 8.0) -> Case | None:
    """What our own search would report first for this star (convincing or not), with the evidence for it."""
    light = cleaned(target)
    longest = min(light.settings.period_max_days or period_max_days, period_max_days)
    settings = replace(light.settings, period_max_days=longest, period_min_days=0.25, max_signals=1)
    result = find_signals(light.curve, light.star, settings, n_threads=1)
    first = (*result.signals, *((result.best_rejected,) if result.best_rejected else ()))
    if not first:
        return None
    dip = first[0].measurement
    found = evidence(light.curve, dip, light.star, sde=first[0].sde)
    periods = [d.period_days for d in target.dips]
    faults = target.faults
    if periods and not any(relation(dip.period_days, p, 0.01, 4) for p in periods):
        faults = (*faults, "noise", "systematic")  # a rest of the star's waves at another beat
    return Case(f"{target.name}: as searched, {dip.period_days:.4f} d", found, faults)


def _measure(light: Cleaned, dip: Ephemeris, others: tuple[Ephemeris, ...]) -> DipMeasurement | None:
    curve, stitched = light.curve, light.curve.curve
    rows = curve.use & np.isfinite(curve.flux) & np.isfinite(stitched.flux_err) & (stitched.flux_err > 0)
    for period, epoch, duration in others:
        rows &= np.abs(phase_days(stitched.time_bjd, period, epoch)) > duration
    time, flux, err = stitched.time_bjd[rows], curve.flux[rows], stitched.flux_err[rows]
    try:
        return measure(time, flux, err, *dip, light.star, exposures(curve)[rows])
    except ValueError:  # no transit in the data
        return None


def exposures(curve: DetrendedCurve) -> Floats:
    """Exposure time of every row, days."""
    out = np.zeros(curve.flux.size)
    for part in curve.curve.segments:
        out[part.start : part.stop] = part.exposure_days
    return out


def deepest_epoch(curve: DetrendedCurve, period: float, duration: float, others: Iterable[Ephemeris]) -> float:
    """The mid-time of the deepest box at a period, by sliding it over the folded light without the other dips."""
    rows = curve.use & np.isfinite(curve.flux)
    for other in others:
        rows &= np.abs(phase_days(curve.curve.time_bjd, other[0], other[1])) > other[2]
    time, flux = curve.curve.time_bjd[rows], curve.flux[rows]
    phase = np.mod(time - time[0], period)
    trial = np.arange(0.0, period, 0.1 * duration)
    depth = np.zeros(trial.size)
    for i, at in enumerate(trial):
        inside = np.abs(np.mod(phase - at + 0.5 * period, period) - 0.5 * period) < 0.4 * duration
        if np.count_nonzero(inside) >= 3:
            depth[i] = (1.0 - flux[inside].mean()) * np.sqrt(np.count_nonzero(inside))
    return float(time[0] + trial[int(np.argmax(depth))])
