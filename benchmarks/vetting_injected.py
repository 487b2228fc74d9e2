"""Injected planets and binaries, inverted and scrambled noise in real quiet light: completeness and reliability.

Completeness: share of the injected planets with the signal to noise that the search asks for (7.1; 10 for two dips)
that fail no test. Reliability: of the signals that fail no test, the share that are planets, where every kind is
weighted by how many of it there are for each planet among Kepler's objects of interest (`rates`; noise: half
inverted, half scrambled). Three stages are told: against noise alone, as reliability is meant for Kepler's and
LEO-Vetter's catalogues (Thompson et al. 2018; Kunimoto et al. 2025); with binaries of the star itself (the bar); and
with binaries of other stars in the picture, which light alone cannot tell where it is diluted: the pixels can.
Every figure is told in two countings: signals that fail no test (those with something to look at are counted as passed,
and the bars are for these), and signals that pass every test clean (nothing fails and nothing asks for a look). A
signal of which nothing could be tested is not judged, and counts as not passed. The noise is vetted from S/N 6.2 on,
below what the search calls convincing; the share of it from 7.1 on is told beside.

Every injected signal goes the way of a found one: the light is multiplied into the pixels' sum, detrended, measured at
the period and phase where it was put in (binaries at the half of it where both eclipses look alike, as a search finds
them), tried at multiples and fractions as the search does, detrended again with the dips masked and measured again.
Noise signals are those that our own search reports, convincing or not.
"""

from __future__ import annotations

import json
import math
import sys
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context

import numpy as np

from benchmarks.frame import ROOT, Figure, at_least
from benchmarks.vetting_catalogues import catalogue_rows
from benchmarks.vetting_populations import Body, draw_binary, draw_planet, light
from benchmarks.vetting_quiet import Quiet, inverted, quiet_stars, scrambled, with_light
from benchmarks.vetting_stars import Case, exposures
from data.requests import CleanChoice
from jobs.cleaning import clean, clean_again
from science.lightcurve import DetrendedCurve
from science.search.find import find_signals
from science.search.refit import measure
from science.search.remeasure import masks_of, remeasure
from science.search.results import NEEDED_SNR, DipMeasurement, needed_snr
from science.search.true_period import true_period
from science.stars import Star
from science.stitching import NothingUsable
from science.vetting.evidence import evidence
from science.vetting.light.table import vet_light
from science.wave_light import LARGEST_MASKED_SHARE

#: Part of every seed: changed when the tests have been changed after looking at draws, so that figures are of new ones.
SALT = "fifth draw"
#: A kind ends with what it has after this time: noise seldom makes a signal, about one in eight seconds of a free core.
MOST_SECONDS = 3.0 * 3600.0
#: Signals of each kind and half; `injected:60` asks for 60.
NUMBER = 300
COMPLETENESS, RELIABILITY = 91.0, 97.0
KINDS = ("planet", "deep", "shallow", "blended", "inverted", "scrambled")
BINARIES = ("deep", "shallow", "blended")
NOISE = ("inverted", "scrambled")
FOLDER = ROOT / "var" / "bench"


@dataclass(frozen=True, slots=True)
class Vetted:
    """What became of one signal."""

    kind: str
    name: str
    strong: bool
    failed: tuple[str, ...]
    warned: tuple[str, ...]
    snr: float = math.nan

    def passes(self, clean: bool) -> bool:
        """No test fails; `clean`: nor asks for a look."""
        return not self.failed and not (clean and self.warned)


def measure_injected(only: str) -> Iterator[Figure]:
    """Figures of the held-back half, or of the half that `only` names ("tuned"), with so many signals each.

    `only`: "[tuned|held|both][:NUMBER]".
    """
    which, _, number = only.partition(":")
    if which.isdigit():
        which, number = "", which
    many = int(number) if number else NUMBER
    for tuned_on in (True, False):
        if which in ("both", "tuned" if tuned_on else "held") or (not which and not tuned_on):
            yield from _figures(tuned_on, many)


def _figures(tuned_on: bool, many: int) -> Iterator[Figure]:
    tag = "tuned on" if tuned_on else "held back"
    every = {kind: [v for v in found if v.strong] for kind, found in _vetted(tuned_on, many).items()}
    for kind, strong in every.items():
        yield Figure(f"{kind} signals vetted ({tag})", float(len(strong)), "signals")
        yield Figure(f"{kind} signals that fail no test ({tag})", _percent(_passing(strong)), "%")
        yield Figure(f"{kind} signals that pass every test clean ({tag})", _percent(_passing(strong, True)), "%")
        tests = [name for v in strong for name in v.failed]
        counts = sorted({n: tests.count(n) for n in tests}.items(), key=lambda item: -item[1])
        _say(f"{kind} ({tag}): failed " + ", ".join(f"{n} {100 * c / len(strong):.1f} %" for n, c in counts))
    loud = [v for kind in NOISE for v in every[kind] if v.snr >= NEEDED_SNR]
    yield Figure(f"noise signals of S/N 7.1 and more ({tag})", float(len(loud)), "signals")
    yield Figure(f"noise signals of S/N 7.1 and more that fail no test ({tag})", _percent(_passing(loud)), "%")
    weight = rates()
    _say(f"signals per planet among the KOIs: {weight}")
    yield at_least(f"completeness ({tag})", _percent(_passing(every["planet"])), "%", COMPLETENESS)
    yield from _reliability({k: _passing(v) for k, v in every.items()}, weight, tag, RELIABILITY)
    yield Figure(f"planets that pass clean ({tag})", _percent(_passing(every["planet"], True)), "%")
    clean = {k: _passing(v, True) for k, v in every.items()}
    yield from _reliability(clean, weight, f"{tag}, a look counted as not passed", None)


def _reliability(
    shares: Mapping[str, float], weight: Mapping[str, float], tag: str, bar: float | None
) -> Iterator[Figure]:
    """Share of planets among the passing signals, for the passing `shares` of every kind."""
    good = shares["planet"]
    noise = float(np.nanmean([shares[kind] for kind in NOISE]))
    own = float(np.mean([shares["deep"], shares["shallow"]]))

    def figure(name: str, false: float, least: float | None = None) -> Figure:
        value = _percent(good / (good + false)) if good + false > 0 else math.nan
        return at_least(name, value, "%", least) if least is not None else Figure(name, value, "%")

    false = weight["noise"] * noise
    yield figure(f"reliability against noise ({tag})", false)
    false += weight["binary"] * own
    yield figure(f"reliability against noise and the star's own binaries ({tag})", false, bar)
    yield figure(f"the same with as many of each kind as planets ({tag})", noise + own)
    false += weight["blend"] * shares["blended"]
    yield figure(f"weighted, with blended binaries, left to the pixels ({tag})", false)


def _passing(found: Sequence[Vetted], clean: bool = False) -> float:
    return float(np.mean([v.passes(clean) for v in found])) if found else math.nan


def _percent(share: float) -> float:
    return round(100 * share, 1)


def _vetted(tuned_on: bool, many: int) -> dict[str, list[Vetted]]:
    """All kinds, two processes at a time, the slow ones first."""
    order = ("scrambled", "inverted", "planet", "deep", "shallow", "blended")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        jobs = {kind: pool.submit(_vet_kind, kind, tuned_on, many) for kind in order}
        return {kind: job.result() for kind, job in jobs.items()}


def _vet_kind(kind: str, tuned_on: bool, many: int) -> list[Vetted]:
    wanted = math.ceil(many / 3) if kind in BINARIES else many
    started, vetted = time.monotonic(), []
    for case in islice(cases(kind, tuned_on), wanted):
        vetted.append(_vet(kind, case))
        if time.monotonic() - started > MOST_SECONDS:
            break
    _keep(kind, tuned_on, vetted)
    return vetted


def rates() -> dict[str, float]:
    """False signals per planet (confirmed or candidate) among Kepler's objects of interest, by the flags of the
    catalogue: blend (centroid offset or contaminated by another object's light), else binary (stellar eclipse), else
    noise (not transit-like)."""
    counts = {"planet": 0, "blend": 0, "binary": 0, "noise": 0}
    for row in catalogue_rows("koi_cumulative_exoarchive_20240816.csv.gz"):
        if row["koi_disposition"] != "FALSE POSITIVE":
            counts["planet"] += 1
        elif row["koi_fpflag_co"] == "1" or row["koi_fpflag_ec"] == "1":
            counts["blend"] += 1
        elif row["koi_fpflag_ss"] == "1":
            counts["binary"] += 1
        elif row["koi_fpflag_nt"] == "1":
            counts["noise"] += 1
    return {kind: round(counts[kind] / counts["planet"], 3) for kind in ("binary", "blend", "noise")}


def sample_cases(per_kind: int = 4) -> Iterator[Case]:
    """Some signals of every kind of the held-back half, for the comparison with LEO-Vetter."""
    for kind in KINDS:
        yield from islice(cases(kind, tuned_on=False), per_kind)


def cases(kind: str, tuned_on: bool) -> Iterator[Case]:
    """Endless stream of signals of a kind, star by star, the same in every run. Weak ones are left out."""
    stars = [q for q in quiet_stars() if q.tuned_on == tuned_on]
    for turn in range(200):
        for quiet in stars:
            seed = zlib.crc32(f"{kind} {turn} {quiet.name} {SALT}".encode())
            random = np.random.default_rng(seed)
            if kind == "inverted" and turn == 0:
                yield from _noise_cases(kind, quiet, inverted(quiet), turn)
            elif kind == "inverted":
                upside_down = replace(quiet, cleaned=inverted(quiet))
                copy = scrambled(upside_down, random, float(random.uniform(1.0, 4.0)))
                yield from _noise_cases(kind, quiet, copy, turn)
            elif kind == "scrambled":
                copy = scrambled(quiet, random, float(random.uniform(1.0, 4.0)))
                yield from _noise_cases(kind, quiet, copy, turn)
            else:
                case = _injected_case(kind, quiet, random, turn)
                if case is not None:
                    yield case


def _injected_case(kind: str, quiet: Quiet, random: np.random.Generator, turn: int) -> Case | None:
    try:
        if kind == "planet":
            body = draw_planet(random, quiet.star, quiet.noise_of, quiet.span_days, quiet.observed_share)
        else:
            body = draw_binary(random, quiet.star, kind, quiet.span_days)
    except ValueError:
        return None
    start = float(quiet.curves[0].time_bjd[0])
    epoch = start + body.phase * body.period_days
    factor = [light(body, c.time_bjd, epoch, c.exposure_days, quiet.star) for c in quiet.curves]
    try:
        curve = clean(with_light(quiet, factor), quiet.star, _same_window(quiet), quiet.settings, ())
        dip = _as_found(curve, body, epoch, quiet.star)
    except (ValueError, NothingUsable):
        return None
    if not (dip.depth > 0 and dip.snr >= needed_snr(dip.n_transits)):
        return None
    return _case(f"{kind} {turn} in {quiet.name}", curve, dip, quiet, body)


def _same_window(quiet: Quiet) -> CleanChoice:
    """The window that the star's own light asked for: choosing it anew for every signal would take most of the time."""
    return CleanChoice(window_days=quiet.cleaned.window_days)


def _as_found(curve: DetrendedCurve, body: Body, epoch: float, star: Star) -> DipMeasurement:
    """The measurement that a search would hand on: at half the period where both eclipses look alike there."""
    stitched = curve.curve
    rows = curve.use & np.isfinite(curve.flux) & (stitched.flux_err > 0)
    data = (stitched.time_bjd[rows], curve.flux[rows], stitched.flux_err[rows])
    exposure = exposures(curve)[rows]
    best = measure(*data, body.period_days, epoch, body.duration_days, star, exposure)
    if body.companion_share <= 0:
        return best
    try:
        half = measure(*data, 0.5 * body.period_days, epoch, body.duration_days, star, exposure)
        if half.snr_white > best.snr_white:
            best = half
    except ValueError:
        pass
    return true_period(*data, exposure, best, star)


def _case(name: str, curve: DetrendedCurve, dip: DipMeasurement, quiet: Quiet, body: Body | None) -> Case | None:
    """Detrended again with the dips masked, measured again, as the pipeline does after the search."""
    ephemeris = (dip.period_days, dip.epoch_bjd, dip.duration_days)
    if dip.duration_days < LARGEST_MASKED_SHARE * dip.period_days:
        try:
            again = clean_again(curve, quiet.star, _same_window(quiet), quiet.settings, masks_of([ephemeris]))
            better = remeasure(again, quiet.star, [(*ephemeris, dip.snr)])[0]
        except (ValueError, NothingUsable):
            better = None
        if better is not None:
            curve, dip = again, better
    numbers = {} if body is None else {"impact": body.impact_parameter, "ratio": body.radius_ratio}
    try:
        return Case(name, evidence(curve, dip, quiet.star), (), numbers)
    except ValueError:
        return None


def _noise_cases(kind: str, quiet: Quiet, curve: DetrendedCurve, turn: int) -> Iterator[Case]:
    """What our search reports in noise: signals above relaxed thresholds and the best rejected one."""
    settings = replace(
        quiet.settings, sde_threshold=5.0, snr_threshold=5.0, max_signals=2, oversampling=2, duration_step=1.3
    )
    try:
        result = find_signals(curve, quiet.star, settings, n_threads=1)
    except ValueError:
        return
    found = (*result.signals, *((result.best_rejected,) if result.best_rejected else ()))
    for number, signal in enumerate(found):
        if signal.measurement.depth > 0 and signal.measurement.snr >= _needed_of_noise(signal.measurement):
            case = _case(f"{kind} {turn}.{number} in {quiet.name}", curve, signal.measurement, quiet, None)
            if case is not None:
                yield case


#: Noise seldom reaches 7.1 in so few curves; signals of three or more dips from here on are vetted as if found.
LEAST_NOISE_SNR = 6.2


def _needed_of_noise(dip: DipMeasurement) -> float:
    return needed_snr(dip.n_transits, LEAST_NOISE_SNR)


def _vet(kind: str, case: Case) -> Vetted:
    findings = vet_light(case.evidence)
    failed = tuple(f.name for f in findings if f.outcome == "fail")
    if all(f.outcome == "not_run" for f in findings):
        failed = ("nothing could be tested",)
    warned = tuple(f.name for f in findings if f.outcome == "warn")
    dip = case.evidence.dip
    strong = dip.snr >= (_needed_of_noise(dip) if kind in NOISE else needed_snr(dip.n_transits))
    if (kind == "planet") == bool(failed):
        shown = [f"{f.name} {f.value}/{f.threshold}" for f in findings if f.outcome in ("fail", "warn")]
        _say(
            f"{'LOST' if kind == 'planet' else 'PASSED'} {case.name}: P {dip.period_days:.3f} d, "
            f"T {dip.duration_days * 24:.1f} h, "
            f"{dip.depth * 1e6:.0f} ppm, S/N {dip.snr:.1f}, {dip.n_transits} dips; {dict(case.numbers)} {shown}"
        )
    return Vetted(kind, case.name, bool(strong), failed, warned, float(dip.snr))


def _keep(kind: str, tuned_on: bool, vetted: Iterable[Vetted]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    rows = [
        {"name": v.name, "snr": round(v.snr, 2), "strong": v.strong, "failed": v.failed, "warned": v.warned}
        for v in vetted
    ]
    path = FOLDER / f"vetting_{kind}_{'tuned' if tuned_on else 'held'}.json"
    path.write_text(json.dumps(rows) + "\n", encoding="utf-8")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
