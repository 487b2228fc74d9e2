"""Vetting on real and injected signals: planets pass, binaries and noise fail, and LEO-Vetter says the same.

Parts (`only`): planets, false-positives, leo, injected, speed. Planets: every catalogued planet of the pack that the
light at hand shows with the signal to noise that the search asks for (7.1, 10 for two dips) must pass every test;
weaker ones are told, not counted. False positives and binaries, vetted at the catalogue's ephemeris and at the one our
own search reports first, must fail for a right reason. LEO-Vetter: same arrays, same ephemeris, same star; "same
outcome" is failed or not, test by test. Injected: see `benchmarks/vetting_injected.py`.

What fails, warns or differs is told star by star on stderr.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator

from benchmarks import vetting_injected
from benchmarks.frame import Figure, at_least, at_most
from benchmarks.vetting_catalogues import LIGHT_CURVES
from benchmarks.vetting_leo import agreement
from benchmarks.vetting_stars import (
    Case,
    Target,
    catalogue_cases,
    false_positives,
    planets,
    search_case,
)
from data.formats import UnreadableFile
from science.search.results import needed_snr
from science.stitching import NothingUsable
from science.vetting.light.table import vet_light
from science.vetting.results import Finding

LONGEST_SECONDS = 6.0


def measure(only: str | None = None) -> Iterable[Figure]:
    """All parts, or one part, or the stars whose name begins with `only`."""
    if not LIGHT_CURVES.is_dir():
        raise FileNotFoundError(f"The real light curves are not at {LIGHT_CURVES}; set LARUN_REALDATA.")
    parts = {
        "planets": _planets,
        "false-positives": _false_positives,
        "leo": _leo,
        "injected": vetting_injected.measure_injected,
        "speed": _speed,
    }
    head, _, rest = (only or "").partition(":")
    for name, part in parts.items():
        if head in ("", name):
            yield from part(rest)
    if head and head not in parts:
        yield from _planets(head)
        yield from _false_positives(head)


def _chosen(targets: tuple[Target, ...], only: str) -> Iterator[tuple[Target, list[Case]]]:
    for target in targets:
        if only and not target.name.lower().startswith(only.lower()):
            continue
        try:
            yield target, catalogue_cases(target)
        except (FileNotFoundError, UnreadableFile, NothingUsable) as error:
            say(f"{target.name}: left out, {error}")


def _planets(only: str) -> Iterator[Figure]:
    counted = failing = warned = weak = 0
    for _, cases in _chosen(planets(), only):
        for case in cases:
            dip = case.evidence.dip
            findings = vet_light(case.evidence)
            failed = [f for f in findings if f.outcome == "fail"]
            strong = dip.snr >= needed_snr(dip.n_transits)
            tell(case, findings, "" if strong else " (too weak to count)")
            if not strong:
                weak += 1
                continue
            counted += 1
            failing += bool(failed)
            warned += any(f.outcome == "warn" for f in findings)
    yield Figure("planets vetted", counted, "planets")
    yield Figure("planets too weak in the light at hand, not counted", weak, "planets")
    yield at_most("planets that fail a test", failing, "planets", 0)
    yield Figure("planets with a warning", warned, "planets")


def _false_positives(only: str) -> Iterator[Figure]:
    for label, found in (("catalogue ephemeris", _catalogued), ("as our search reports it", _searched)):
        vetted = passing = wrong = 0
        for case in found(only):
            findings = vet_light(case.evidence)
            failed = [f for f in findings if f.outcome == "fail"]
            tell(case, findings, "")
            vetted += 1
            passing += not failed
            wrong += bool(failed) and not any(f.fault in case.faults for f in failed)
        yield Figure(f"false positives and binaries vetted, {label}", vetted, "signals")
        yield at_most(f"false positives and binaries that pass every test, {label}", passing, "signals", 0)
        yield at_most(f"failed for a wrong reason only, {label}", wrong, "signals", 0)


def _catalogued(only: str) -> Iterator[Case]:
    for _, cases in _chosen(false_positives(), only):
        yield from cases


def _searched(only: str) -> Iterator[Case]:
    for target in false_positives():
        if "KIC 1432214" in target.name or (only and not target.name.lower().startswith(only.lower())):
            continue
        try:
            case = search_case(target, period_max_days=14.0 if "TOI" in target.name else 3.0)
        except (ValueError, FileNotFoundError, UnreadableFile) as error:
            say(f"{target.name}: not searched, {error}")
            continue
        if case is not None:
            yield case


def _leo(only: str) -> Iterator[Figure]:
    cases = [case for _, found in _chosen((*planets(), *false_positives()), only) for case in found]
    cases += [] if only else list(vetting_injected.sample_cases())
    findings = {case.name: vet_light(case.evidence) for case in cases}
    yield from agreement(cases, findings)


def _speed(only: str) -> Iterator[Figure]:
    target = next(t for t in planets() if t.name == "pi Men")
    case = catalogue_cases(target)[0]
    vet_light(case.evidence)  # compile
    start = time.process_time()
    vet_light(case.evidence)
    seconds = time.process_time() - start
    yield Figure("pi Men, 6 sectors: points", float(case.evidence.time_bjd.size), "points")
    yield at_most("pi Men, 6 sectors: CPU time of all light-curve tests", round(seconds, 2), "s", LONGEST_SECONDS)


def tell(case: Case, findings: tuple[Finding, ...], note: str) -> None:
    """One line a signal: what fails and what warns, with the numbers."""
    dip = case.evidence.dip
    failed = [_line(f) for f in findings if f.outcome == "fail"]
    warned = [_line(f) for f in findings if f.outcome == "warn"]
    missing = [f.name for f in findings if f.outcome == "not_run"]
    say(
        f"{case.name}{note}: S/N {dip.snr:.1f}, {dip.n_transits} dips; "
        f"fail [{'; '.join(failed)}] warn [{'; '.join(warned)}] not run [{', '.join(missing)}]"
    )


def _line(f: Finding) -> str:
    value = "" if f.value is None else f" {f.value:.3g}"
    limit = "" if f.threshold is None else f"/{f.threshold:.3g}"
    return f"{f.name}{value}{limit}{f' {f.fault}' if f.fault else ''}"


def say(text: str) -> None:
    """To stderr, at once."""
    print(text, file=sys.stderr, flush=True)


__all__ = ["at_least", "measure"]
