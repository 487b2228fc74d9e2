"""What the one-page summary says, as plain lines: a report in, texts out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from data.archives.sectors import sectors_in_words
from data.report import Quantity, Report, SignalReport
from data.vetting_report import NeighbourReport, Outcome, VettingTest
from jobs.chance_words import weighed, with_error_words
from jobs.check_numbers import limit_words, long_unit, value_words
from jobs.class_words import class_sentence
from science import rounding
from science.rounding import THIN, asymmetric, chance, number, percent, significant
from science.search.results import told_chance

WORDS: dict[Outcome, str] = {"pass": "Pass", "warn": "Look", "fail": "Fail", "not_run": "Not run"}
SIGNS: dict[Outcome, str] = {"pass": "✓", "warn": "△", "fail": "✗", "not_run": "○"}
ORDER: tuple[Outcome, ...] = ("fail", "warn", "not_run", "pass")

UNCHECKED = "These dips have not been checked: the run ended before its checks, or had none."
NO_PROBABILITY = "No false-positive probability has been worked out."
_MOST_INPUTS = 6
_CHECKSUM_DIGITS = 12


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One line of the table of checks; `what` is a unit too long for the numbers, `reason` is told below the line, ""
    where the numbers are enough."""

    outcome: Outcome
    title: str
    what: str = ""
    value: str = ""
    limit: str = ""
    reason: str = ""


def headline(report: Report, signal: SignalReport) -> tuple[str, str]:
    """The sentence on top and the tone it has: of the checks where there are any, else of the search."""
    verdict = signal.vetting_verdict
    if verdict is None:
        return report.verdict.headline, report.verdict.tone
    tones = {"passed": "pass", "look": "warn", "failed": "fail", "not_judged": "none"}
    return verdict.headline, tones[verdict.outcome]


def sentences(report: Report, signal: SignalReport) -> str:
    """Why, in a few sentences."""
    verdict = signal.vetting_verdict
    if verdict is None:
        return " ".join(report.verdict.sentences)
    told = [*verdict.sentences, *known_already(signal)]
    first = not report.signals or signal.index == report.signals[0].index  # the run's verdict speaks of that one
    if first and report.verdict.headline and report.verdict.headline != verdict.headline:
        told.append(f"The search says: {report.verdict.headline[0].lower()}{report.verdict.headline[1:]}.")
    told.append(class_sentence(signal))
    return " ".join(sentence for sentence in told if sentence)


def known_already(signal: SignalReport) -> tuple[str, ...]:
    """What the catalogues list at this period: "It is WASP-4 b, a confirmed planet with a year of 1.3382 days." """
    test = signal.vetting.get("known_object")
    listed = test is not None and test.outcome == "pass" and test.numbers.get("catalogue_period_days") is not None
    return (test.reason,) if test is not None and listed else ()


def counts(signal: SignalReport) -> str:
    """How the checks ended: "1 fail, 14 pass, 2 not run"."""
    ended = [t.outcome for t in signal.vetting.values()]
    words: tuple[tuple[Outcome, str], ...] = (
        ("fail", "failed"),
        ("warn", "to look at"),
        ("pass", "passed"),
        ("not_run", "not run"),
    )
    return ", ".join(f"{ended.count(kind)} {what}" for kind, what in words if kind in ended)


def subtitle(report: Report, signal: SignalReport) -> str:
    """Which star, signal, run and day."""
    which = "The strongest repeat, not convincing"
    if any(s.index == signal.index for s in report.signals):
        which = f"Signal {signal.index}" + (f" of {len(report.signals)}" if len(report.signals) > 1 else "")
    parts = [report.target if report.target != report.title else "", which]
    parts.append(f"run {report.run_id}" if report.run_id else "")
    parts.append(day(report.provenance.created))
    return "  ·  ".join(p for p in parts if p)


def day(created: str) -> str:
    """A stored time as "22 Nov 2026"; as it stands where it is none."""
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return created
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{moment.day} {months[moment.month - 1]} {moment.year}"


def check_lines(signal: SignalReport) -> list[CheckLine]:
    """Failures first, then looks, then what was not run (one line for all with the same reason), then passes."""
    tests = signal.vetting.values()
    lines = [_check_line(t) for kind in ("fail", "warn") for t in tests if t.outcome == kind]
    missing: dict[str, list[str]] = {}
    for test in tests:
        if test.outcome == "not_run":
            missing.setdefault(test.reason, []).append(test.title)
    lines += [CheckLine("not_run", "; ".join(titles), reason=reason) for reason, titles in missing.items()]
    return lines + [_check_line(t) for t in tests if t.outcome == "pass"]


def _check_line(test: VettingTest) -> CheckLine:
    value = value_words(test)
    reason = "" if test.outcome == "pass" else test.reason
    if test.outcome == "fail" and not test.decisive:
        reason += " This check alone does not decide."
    return CheckLine(
        test.outcome,
        test.title,
        long_unit(test.unit) if value else "",
        value,
        limit_words(test),
        reason,
    )


def _with_unit(text: str, unit: str) -> str:
    if unit in ("″", "arcsec"):
        return f"{text}″"
    return f"{text}{THIN}{unit}" if unit else text


def measured(value: float | None, error: float | None, unit: str = "", digits: int = 4) -> str:
    """Value, error and unit as one text; `digits` where no error says how many mean something."""
    if value is None or not math.isfinite(value):
        return "not known"
    shown, plus = significant(value, digits), ""
    if error is not None and math.isfinite(error) and error > 0:
        shown, plus, _ = asymmetric(value, error, error)  # whole tens where the error has more than two digits
    return _with_unit(f"{shown} ± {plus}" if plus else shown, unit)


def fit_lines(signal: SignalReport) -> list[tuple[str, str]]:
    """Name and value of what was measured of the dips."""
    lines = [
        ("Year (period)", measured(signal.period_days, signal.period_days_err, "d", digits=7)),
        ("Mid-dip, BJD_TDB", measured(signal.epoch_bjd, signal.epoch_bjd_err, digits=12)),
        ("Length of a dip", measured(signal.duration_hours, signal.duration_hours_err, "h")),
        ("Depth", measured(signal.depth_ppm, signal.depth_ppm_err, "ppm")),
    ]
    shared = signal.contamination
    if shared is not None and shared.target_share is None and shared.crowding is None:
        shared = None  # nothing is known of other stars, so nothing was taken off
    if shared is not None and shared.depth_corrected_ppm is not None:
        text = measured(shared.depth_corrected_ppm, shared.depth_corrected_ppm_err, "ppm")
        lines.append(("Depth, this star alone", text))
    if signal.radius_ratio:  # none for what does not dip
        lines.append(("Size of body over star", significant(signal.radius_ratio, 3)))
    lines += _path(signal)
    size, size_err = signal.radius_earth, signal.radius_earth_err
    if shared is not None and shared.radius_earth is not None:
        size, size_err = shared.radius_earth, shared.radius_earth_err
    if size is not None:
        lines.append(("Size, if a planet", measured(size, size_err, "Earths")))
    strength = f"S/N {significant(signal.snr, 3)}"
    if signal.sde is not None:
        strength += f", SDE {significant(signal.sde, 3)}"
    lines += [("Strength", strength), ("Dips seen", number(signal.n_transits))]
    told, bounded = told_chance(signal.fap, signal.fap_hi, signal.fap_method)
    odds = chance(told)
    lines.append(("Odds of a fluke", f"{odds} or less" if bounded and not odds.startswith("under") else odds))
    return lines


def _path(signal: SignalReport) -> list[tuple[str, str]]:
    shape = signal.vetting.get("v_shape")
    known = {} if shape is None else shape.numbers
    b = known.get("impact_parameter")
    low, high = known.get("impact_parameter_16"), known.get("impact_parameter_84")
    if b is None:
        return []
    text = number(b, 2)
    if low is not None and high is not None:
        span = number(low, 2) if number(low, 2) == number(high, 2) else f"{number(low, 2)} to {number(high, 2)}"
        text = f"{text} ({span})" if low <= b <= high else span  # the best fit may lie outside what most draws say
    return [("Path across the star, b", text)]


def star_lines(report: Report) -> list[tuple[str, str]]:
    """Name and value, with its source, of what is known of the star."""
    s = report.stellar
    lines = []
    if s.ra_deg is not None and s.dec_deg is not None:
        lines.append(("RA, Dec", f"{number(s.ra_deg, 5)}°, {number(s.dec_deg, 5)}°"))
    if s.tmag is not None:
        lines.append(("Brightness", f"{number(s.tmag, 2)}{THIN}mag (TESS)"))
    if s.distance_pc is not None:
        lines.append(("Distance", f"{significant(s.distance_pc, 4)}{THIN}pc"))
    sized: tuple[tuple[str, Quantity | None, str], ...] = (
        ("Temperature", s.teff_k, "K"),
        ("Size", s.radius_sun, "Suns"),
        ("Mass", s.mass_sun, "Suns"),
        ("Density", s.density_gcc, "g/cm³"),
        ("log g", s.logg_cgs, ""),
    )
    for name, value, unit in sized:
        if value is not None:
            source = f" ({value.source})" if value.source else ""
            lines.append((name, measured(value.value, value.error, unit) + source))
    if report.field is not None and report.field.ruwe is not None:
        lines.append(("RUWE (Gaia)", significant(report.field.ruwe, 3)))
    return lines


def kind_words(report: Report) -> str:
    """What kind of variable the star is; "" where that was not looked at."""
    found = report.variability
    return f"Kind: {found.words}." if found is not None and found.words else ""


def suspects(signal: SignalReport) -> list[NeighbourReport]:
    """Neighbours able to make the dips, the likeliest first, then the nearest."""
    able = [n for n in signal.neighbours if n.can_do_it and not n.is_target]
    return sorted(able, key=lambda n: (-(n.host_probability or 0.0), n.separation_arcsec))


def field_sentence(report: Report, signal: SignalReport) -> str:
    """How many of the stars around could make the dips, or why nobody knows."""
    others = [n for n in signal.neighbours if not n.is_target]
    if not others:
        if report.field is not None and report.field.why_no_field:
            return report.field.why_no_field
        read = report.field is not None and bool(report.field.catalogues)
        return "No other star is known here." if read else "No star catalogue was read in this run."
    far = f"{significant(max(n.separation_arcsec for n in others), 2)}″"
    able = len(suspects(signal))
    who = "None" if not able else number(able)
    return f"{who} of {number(len(others))} {'star' if len(others) == 1 else 'stars'} within {far} could make the dips."


def star_name(star: NeighbourReport) -> str:
    """Letter and a name that is short enough for a table: the end of a Gaia number tells stars apart, not its
    beginning."""
    name = star.name
    if len(name) > 14:
        name = f"TIC {star.tic_id}" if star.tic_id is not None else f"{name.split()[0][:5]} …{name[-6:]}"
    return f"{star.letter} {name}".strip()


def dims(needed: float | None) -> str:
    """Which part of its own light a star would have to lose."""
    if needed is None:
        return "–"
    return "more than all" if needed > 1 else percent(needed)


def pixel_words(signal: SignalReport) -> tuple[str, ...]:
    """Where the dips come from, in two short lines."""
    found = signal.pixels
    if found is None or found.offset_arcsec is None:
        return ("The missing light could not be placed.",)
    off = f"{measured(found.offset_arcsec, found.offset_err_arcsec, '″')} from the star"
    sigma = "" if found.offset_sigma is None else f"{significant(found.offset_sigma, 2)}{THIN}σ, "
    used = sum(s.used for s in found.sectors)
    return off, f"{sigma}{used} of {len(found.sectors)} used" if found.sectors else sigma.rstrip(", ")


def why_no_pixels(report: Report, signal: SignalReport) -> str:
    """The reason there is no picture of the pixels."""
    if report.field is not None and report.field.why_no_pixels:
        return report.field.why_no_pixels
    reasons = _distinct(t.reason for t in signal.vetting.values() if t.group == "pixels" and t.outcome == "not_run")
    return reasons[0] if reasons else "No pixels were looked at in this run."


def not_done(report: Report, signal: SignalReport) -> str:
    """What this page does not say; "" where nothing is left out."""
    # the verdict's own sentence on chances says the same as ours
    others = [p for p in report.verdict.not_done if not p.startswith("How likely")]
    left_out = _distinct(others if weighed(signal) else [NO_PROBABILITY, *others])
    return f"Not done here. {' '.join(left_out)}" if left_out else ""


def provenance_lines(report: Report) -> list[str]:
    """Versions, seed, light and inputs: what it takes to get the same numbers again. And what else TESS has seen."""
    p = report.provenance
    versions = ", ".join(f"{name} {version}" for name, version in p.versions.items())
    shown = [f"{i.name} {i.sha256[:_CHECKSUM_DIGITS]}" for i in p.inputs[:_MOST_INPUTS]]
    rest = len(p.inputs) - len(shown)
    inputs = ", ".join(shown) + (f" and {rest} more" if rest else "")
    observed = report.field.sectors_observed if report.field is not None else ()
    data = ", ".join(dict.fromkeys(s.label for s in report.sectors))
    return [
        f"Made with {versions or 'unknown versions'}; seed {p.seed}; {p.created}.",
        f"Data: {data or 'none'}." + (f" {sectors_in_words(observed)}" if observed else ""),
        f"Inputs (SHA-256): {inputs or 'none'}.",
    ]


def alternative(report: Report, signal: SignalReport) -> str:
    """The page in one line, for the file's own description."""
    told, _ = headline(report, signal)
    period = rounding.significant(signal.period_days, 6)
    said = f"{told}. Dips every {period} days, {rounding.significant(signal.depth_ppm, 3)} ppm deep."
    found = signal.validation
    if found is not None and found.fpp is not None and weighed(signal):
        said += f" Chance not a planet: {with_error_words(found.fpp, found.fpp_err)}."
    return said


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(t for t in texts if t))
