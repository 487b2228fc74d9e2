"""Published posteriors of the pack beside fits of the same light: what is compared, and the light it is compared on."""

from __future__ import annotations

import gzip
import re
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.real_stars import LIGHT_CURVES, REALDATA
from data.formats import read_many
from data.requests import CleanChoice, SearchChoice
from jobs.cleaning import clean
from jobs.presets import search_settings
from science.fitting.fit import fit_transits
from science.fitting.results import Fit, FitSettings, Guess
from science.lightcurve import DetrendedCurve
from science.search.remeasure import masks_of, measure_all
from science.stars import Star, Value, complete, merge

PEERS = REALDATA / "peers"
Dip = tuple[float, float, float]  # period, epoch, duration, days

#: Huang et al. 2018, ApJL 868, L39.
PI_MEN = complete(
    Star(
        name="pi Men",
        teff_k=Value(6037.0, 45.0, "Huang et al. 2018"),
        logg_cgs=Value(4.42, 0.03, "Huang et al. 2018"),
        radius_sun=Value(1.10, 0.023, "Huang et al. 2018"),
        mass_sun=Value(1.094, 0.039, "Huang et al. 2018"),
    )
)
#: The authors left limb darkening free between the physical bounds.
FREE_LIMB = 1e3


@dataclass(frozen=True, slots=True)
class Published:
    """One published fit: its tables (sampled, derived), the planet's letter there, our light and our settings.

    `shared` maps our names to the labels of the tables.
    """

    name: str
    files: tuple[str, ...]
    dip: Dip
    star: Star
    settings: FitSettings
    tables: tuple[str, ...]
    shared: tuple[tuple[str, str], ...]
    others: tuple[Dip, ...] = ()
    cleaned: CleanChoice = field(default_factory=CleanChoice)


def _shared(letter: str, ephemeris: bool = True) -> tuple[tuple[str, str], ...]:
    derived = (
        ("radius_ratio", f"{letter}_rr"),
        ("impact_parameter", rf"$b_\mathrm{{tra;{letter}}}$"),
        ("duration_hours", rf"$T_\mathrm{{tot;{letter}}}$ (h)"),
        ("scaled_axis", rf"$a_\mathrm{{{letter}}}/R_\star$"),
    )
    return (*derived, ("period_days", f"{letter}_period"), ("epoch_bjd", f"{letter}_epoch")) if ephemeris else derived


PUBLISHED = (
    Published(
        "pi Men c, one sector",
        ("tess_2min/tess2018206045859-s0001-0000000261136679*",),
        (6.2679, 2458325.504, 2.96 / 24),
        PI_MEN,
        FitSettings(use_stellar_density=True, limb_darkening_width=FREE_LIMB),
        (
            "allesfitter_Pi_Mensae/allesfit_0__results__mcmc_table",
            "allesfitter_Pi_Mensae/allesfit_0__results__mcmc_derived_table",
        ),
        _shared("c"),
    ),
    Published(
        "pi Men c, six sectors",
        ("multisector/pimen_tess_2min_s1_4_8_11_12_13.npz",),
        (6.26785, 2458325.504, 2.96 / 24),
        PI_MEN,
        FitSettings(use_stellar_density=True, limb_darkening_width=FREE_LIMB),
        (
            "allesfitter_Pi_Mensae/allesfit_year_1__results__ns_table",
            "allesfitter_Pi_Mensae/allesfit_year_1__results__ns_derived_table",
        ),
        _shared("c"),
    ),
    Published(
        "KOI-1003 B, one quarter",
        ("../peers/allesfitter_KOI-1003/allesfit__Kepler.csv.gz",),
        (8.36, 2455005.268, 7.85 / 24),
        Star(
            name="KOI-1003", band="Kepler", teff_k=Value(5126.0, 111.0, "assumed"), logg_cgs=Value(3.7, 0.2, "assumed")
        ),
        FitSettings(limb_darkening_width=FREE_LIMB, gaussian_process=True, budget_seconds=300.0),
        (
            "allesfitter_KOI-1003/allesfit__results__mcmc_table",
            "allesfitter_KOI-1003/allesfit__results__mcmc_derived_table",
        ),
        _shared("B"),
        cleaned=CleanChoice(detrend=False),
    ),
    Published(
        # two of the ten dips behind the published fit; its period is the distance of these two, for they come late
        "TOI-216 b, one sector of twelve",
        ("tess_2min/hlsp_tess-data-alerts_tess_phot_00055652896-s01*",),
        (17.11047, 2458325.32024, 2.16 / 24),
        Star(
            name="TOI-216", band="TESS", teff_k=Value(5026.0, 125.0, "TIC"), radius_sun=Value(0.747, 0.03, "peer's fit")
        ),
        FitSettings(limb_darkening_width=FREE_LIMB),
        (
            "allesfitter_TOI-216/allesfit__results__ns_table",
            "allesfitter_TOI-216/allesfit__results__ns_derived_table",
        ),
        _shared("b", ephemeris=False),
        others=((34.5395, 2458331.28513, 5.49 / 24),),
    ),
)


def light_of(
    files: tuple[str, ...], dips: tuple[Dip, ...], star: Star, choice: CleanChoice
) -> tuple[DetrendedCurve, Star]:
    """The files' light cleaned with the transits masked in the trend, and the star completed from the files."""
    found = sorted(path for pattern in files for path in LIGHT_CURVES.glob(pattern))
    data = read_many(found)
    known = complete(merge(star, data.star))
    settings = search_settings(SearchChoice(), seed=1)
    settings = replace(settings, period_max_days=max(2.0 * dips[0][0], 3.0))
    return clean(tuple(data.curves), known, choice, settings, masks_of(dips)), known


def guess_of(curve: DetrendedCurve, star: Star, dip: Dip) -> Guess:
    """Where the fit starts: the dip measured again."""
    [found] = measure_all(curve, star, [dip])
    if found is None:
        return Guess(*dip, 0.05)
    return Guess(found.period_days, found.epoch_bjd, found.duration_days, found.radius_ratio)


def fit_of(case: Published) -> Fit:
    """Our fit of the same light."""
    curve, star = light_of(case.files, (case.dip, *case.others), case.star, case.cleaned)
    guess = guess_of(curve, star, case.dip)
    others = tuple(Guess(*dip, 0.05) for dip in case.others)
    return fit_transits(curve, star, (guess,), case.settings, others=others, clock=time.perf_counter)


def table(names: tuple[str, ...]) -> dict[str, tuple[float, float, float]]:
    """Median, lower and upper error by label of the published tables."""
    rows: dict[str, tuple[float, float, float]] = {}
    for name in names:
        text = gzip.decompress(Path(PEERS / f"{name}.csv.gz").read_bytes()).decode()
        for line in text.splitlines():
            cells = re.split(r",(?![^{]*})", line)
            try:
                rows[cells[0]] = (float(cells[1]), float(cells[2]), float(cells[3]))
            except (IndexError, ValueError):
                continue  # headings and fixed parameters
    return rows
