"""The same signals vetted by LEO-Vetter 1.2 in the peers' environment, and the outcomes compared test by test."""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.frame import ROOT, Figure, at_least, in_peers_environment
from benchmarks.vetting_catalogues import dwarf, dwarf_of_teff
from benchmarks.vetting_stars import Case
from science.stars import Star, Value
from science.vetting.light.verdict import PUBLISHED
from science.vetting.results import Finding

FOLDER = ROOT / "var" / "bench" / "leo_vetting"
SCRIPT = Path(__file__).parent / "peers" / "leo_vetting.py"
AGREEMENT = 95.0
SUN_DENSITY_GCC = 1.40978

#: What of LEO's metrics to print beside ours where the two differ.
SHOWN: Mapping[str, tuple[str, ...]] = {
    "signal_strength": ("MES",),
    "valid_transits": ("new_MES", "new_N_transit", "N_transit"),
    "shape_sign": ("SHP",),
    "unique_in_phase": ("sig_pri", "Fred", "FA1", "FA2", "sig_ter", "sig_pos"),
    "unique_locally": ("mean_chases", "N_transit"),
    "steady_depth": ("DMM",),
    "single_event": ("max_SES", "MES", "N_transit"),
    "transit_model": ("transit_aic", "line_aic", "transit_chisqr", "line_chisqr", "N_transit"),
    "sine": ("sine_sig", "sine_amp", "per"),
    "physical_orbit": ("transit_aRs", "aRs", "q", "trap_qtran", "sig_sec"),
    "symmetry": ("trap_qtran_left", "trap_qtran_right", "trap_qtran_err_left", "trap_qtran_err_right"),
    "consistent_events": ("CHI", "N_transit"),
    "near_gaps": ("N_gap_2.0", "N_transit"),
    "odd_even_depth": ("sig_dep", "trap_sig_dep", "transit_sig_dep"),
    "odd_even_time": ("trap_sig_epo", "transit_sig_epo"),
    "v_shape": ("transit_b", "transit_RpRs"),
    "secondary": ("sig_sec", "sig_ter", "sig_pos", "Fred", "FA1", "dep_sec", "dep", "albedo", "Rp", "transit_b"),
    "size": ("Rp",),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """LEO's word on one signal: 1 where a check fails it, and all its metrics."""

    checks: Mapping[str, int]
    metrics: Mapping[str, float]
    cpu_seconds: float


def ask_leo(cases: Iterable[Case]) -> dict[str, Answer | None]:
    """LEO's answers by case name; None where the package itself broke down. Answers are kept in var/bench."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    names = {}
    for case in cases:
        names[case.name] = _hand_over(case)
    if any(not (FOLDER / f"{stem}.json").exists() for stem in names.values()):
        in_peers_environment(SCRIPT, str(FOLDER))
    answers: dict[str, Answer | None] = {}
    for name, stem in names.items():
        found = json.loads((FOLDER / f"{stem}.json").read_text())
        if "error" in found:
            _say(f"LEO broke down on {name}: {found['error']}")
            answers[name] = None
        else:
            answers[name] = Answer(found["checks"], found["metrics"], found["cpu_seconds"])
    return answers


def _hand_over(case: Case) -> str:
    """Write the arrays of a case; the name is the hash of what is in them."""
    e = case.evidence
    dip = e.dip
    arrays = {
        "time": e.time_bjd,
        "raw": e.raw,
        "flux": e.flux,
        "flux_err": e.flux_err,
        "ephemeris": np.array([dip.period_days, dip.epoch_bjd, dip.duration_days]),
        "star": np.array(star_numbers(e.star)),
    }
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays.values())).hexdigest()[:16]
    path = FOLDER / f"{digest}.npz"
    if not path.exists() and not path.with_suffix(".json").exists():
        np.savez(path, **arrays)
    return digest


def star_numbers(star: Star) -> tuple[float, ...]:
    """(rad, e_rad, mass, e_mass, Teff, e_Teff, rho, logg) in solar units; the dwarf of this temperature for gaps."""
    gap = dwarf_of_teff(star.teff_k.value) if star.teff_k is not None else dwarf(1.0)
    radius, mass = star.radius_sun or gap.radius_sun, star.mass_sun or gap.mass_sun
    teff, logg = star.teff_k or gap.teff_k, star.logg_cgs or gap.logg_cgs
    assert radius is not None
    assert mass is not None
    assert teff is not None
    assert logg is not None
    density = star.density_gcc.value / SUN_DENSITY_GCC if star.density_gcc else mass.value / radius.value**3
    return (*_pair(radius), *_pair(mass), *_pair(teff), density, logg.value)


def _pair(value: Value) -> tuple[float, float]:
    return value.value, value.error if value.error is not None else 0.1 * value.value


def agreement(cases: Iterable[Case], findings: Mapping[str, tuple[Finding, ...]]) -> Iterator[Figure]:
    """Share of test x star with the same outcome (failed or not), overall and by test; differences on stderr.

    "By the published rules" compares like with like: LEO's outcome with what our own numbers give under the published
    thresholds. "As finally told" compares with the outcome shown to the user, in which this project judges otherwise
    for stated reasons (and adds the scan over b and k to the test for V shapes).
    """
    answers = ask_leo(cases)
    same: dict[str, list[bool]] = {}
    faithful: list[bool] = []
    verdicts: list[bool] = []
    for name, answer in answers.items():
        if answer is None:
            continue
        for finding in findings[name]:
            leo = answer.checks.get(finding.name)
            if leo is None:
                continue
            ours = int(finding.outcome == "fail")
            same.setdefault(finding.name, []).append(ours == leo)
            faithful.append(int(finding.numbers.get(PUBLISHED, ours)) == leo)
            if ours != leo:
                _say(_difference(name, finding, leo, answer))
        ours_fails = any(f.outcome == "fail" for f in findings[name])
        verdicts.append(ours_fails == any(answer.checks.values()))
    everything = [v for values in same.values() for v in values]
    if not everything:
        return
    yield Figure("LEO-Vetter: signals compared", float(sum(a is not None for a in answers.values())), "signals")
    name = "LEO-Vetter: same outcome by the published rules, test x star"
    yield at_least(name, round(100 * float(np.mean(faithful)), 1), "%", AGREEMENT)
    name = "LEO-Vetter: same outcome as finally told, test x star"
    yield at_least(name, round(100 * float(np.mean(everything)), 1), "%", AGREEMENT)
    for name, values in same.items():
        yield Figure(f"LEO-Vetter: same outcome as finally told, {name}", round(100 * float(np.mean(values)), 1), "%")
    yield Figure("LEO-Vetter: same verdict (any failed test)", 100 * float(np.mean(verdicts)), "%")
    seconds = [a.cpu_seconds for a in answers.values() if a is not None]
    yield Figure("LEO-Vetter: CPU time a signal, median", round(float(np.median(seconds)), 2), "s")


def _difference(name: str, finding: Finding, leo: int, answer: Answer) -> str:
    shown = " ".join(f"{k}={answer.metrics.get(k, float('nan')):.4g}" for k in SHOWN.get(finding.name, ()))
    ours = " ".join(f"{k}={v:.4g}" for k, v in finding.numbers.items())
    return (
        f"DIFFERS {finding.name} | {name} | ours {finding.outcome} "
        f"({finding.value} against {finding.threshold}; {ours}) | LEO {'fail' if leo else 'not fail'} ({shown}) "
        f"| {_why(finding, leo, answer)}"
    )


#: Why this project does not fail what the published rule fails, by test.
_ON_PURPOSE: Mapping[str, str] = {
    "valid_transits": "one or two dips, or dips lost in gaps, ask for more light and are no fault",
    "single_event": "with one or two dips one of them carries the weight by right",
    "consistent_events": "the depths scatter no more than chance allows; the signal is only weak",
    "transit_model": "the gain over a line is what a dip of this strength can give in this many points",
    "near_gaps": "one or two dips can lie beside gaps by chance, and clear ones show the dip by themselves",
    "odd_even_depth": "the difference is below 5 % of the depth or within the scatter of single dips",
    "odd_even_time": "the shift is below 3 % of the dip's length",
    "secondary": "a planet of this size could shine as much, or the light is too restless to be sure",
    "size": "the size of a grazing body is not known",
    "physical_orbit": "the star is not known well enough",
    "sine": "the wave is below a tenth of the depth",
    "symmetry": "the difference of the sides is below 15 % of the length",
    "v_shape": "a planet's size fits the shape as well",
}


def _why(finding: Finding, leo: int, answer: Answer) -> str:
    """The reason for a difference in a few words."""
    ours = finding.numbers.get(PUBLISHED)
    if finding.outcome == "not_run":
        return f"not run here: {finding.reason}"
    if ours == leo == 1:
        return f"on purpose: {_ON_PURPOSE.get(finding.name, finding.reason)}"
    if ours == leo == 0:
        return "on purpose: the scan over impact parameter and size is sure where the best fit alone is not"
    shown = [answer.metrics.get(k, float("nan")) for k in SHOWN.get(finding.name, ())[:2]]
    if finding.name == "transit_model" and shown and math.isnan(shown[0]):
        return "LEO's fit broke down"
    return "the numbers differ: another minimum of the fit, or lone wild values that are left out here"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
