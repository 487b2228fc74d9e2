"""A report in the words and rows of its pages. Plain Python: a report in, small dataclasses out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from data.report import Report, SignalReport
from jobs.chance_words import still_untested
from larun_app.classifier.wording import ClassifierView, classifier_view
from larun_app.fit.line import FitLine, fit_line
from larun_app.ui.numbers import cadence_words, count, took
from larun_app.validation.chance_line import ChanceLine, chance_line
from larun_app.validation.counts import counts_of, verdict_tone
from larun_app.validation.density_check import with_density
from science.rounding import THIN, chance, duration_words, number, percent, significant, with_error
from science.search.results import needed_snr, told_chance

LIGHT_YEARS_PER_PARSEC = 3.26156
TONES = ("mark", "alt")


@dataclasses.dataclass
class Figure:
    """A key figure: the value, its error stacked or behind it, the unit. `spoken` is read aloud instead."""

    name: str = ""
    value: str = ""
    plus: str = ""
    minus: str = ""
    unit: str = ""
    spoken: str = ""


@dataclasses.dataclass
class SignalView:
    """One signal as the page tells it."""

    index: int = 0
    label: str = ""
    tone: str = "mark"
    reasons: list[str] = dataclasses.field(default_factory=list)
    figures: list[Figure] = dataclasses.field(default_factory=list)
    checks: str = ""  # how its checks ended, "" where it has none
    checks_tone: str = "none"
    chances: ChanceLine = dataclasses.field(default_factory=ChanceLine)
    fit: FitLine = dataclasses.field(default_factory=FitLine)
    classifier: ClassifierView = dataclasses.field(default_factory=ClassifierView)


@dataclasses.dataclass
class Fact:
    """A name and what it is."""

    name: str = ""
    value: str = ""
    note: str = ""


@dataclasses.dataclass
class SectorRow:
    """One sector, quarter or file."""

    label: str = ""
    days: str = ""
    cadence: str = ""
    points: str = ""
    noise: str = ""
    pipeline: str = ""
    source: str = ""


@dataclasses.dataclass
class InputRow:
    """One input file and its checksum."""

    name: str = ""
    origin: str = ""
    sha256: str = ""


@dataclasses.dataclass
class ResultView:
    """Everything the result's pages say."""

    title: str = ""
    target: str = ""
    facts: list[str] = dataclasses.field(default_factory=list)
    simulated: bool = False
    tone: str = "none"
    kind: str = ""
    headline: str = ""
    sentences: str = ""
    not_done: list[str] = dataclasses.field(default_factory=list)
    sensitivity: str = ""
    signals: list[SignalView] = dataclasses.field(default_factory=list)
    rejected: bool = False
    judged: bool = True
    sectors: list[SectorRow] = dataclasses.field(default_factory=list)
    day_note: str = ""
    inputs: list[InputRow] = dataclasses.field(default_factory=list)
    settings: list[Fact] = dataclasses.field(default_factory=list)
    star: list[Fact] = dataclasses.field(default_factory=list)
    versions: list[Fact] = dataclasses.field(default_factory=list)
    timings: list[Fact] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)
    created: str = ""


def result_view(report: Report) -> ResultView:
    """The report as its pages show it."""
    shown = report.signals or ((report.best_rejected,) if report.best_rejected else ())
    rejected = not report.signals and report.best_rejected is not None
    verdict = report.verdict
    return ResultView(
        title=report.title or report.target,
        target=report.target,
        facts=header_facts(report),
        simulated=report.simulated,
        tone=verdict.tone,
        kind=verdict.kind,
        headline=verdict.headline,
        sentences=" ".join(verdict.sentences),
        not_done=still_untested(verdict.not_done, shown),
        sensitivity=verdict.sensitivity if verdict.sensitivity not in verdict.sentences else "",
        signals=[signal_view(s, rejected, said=verdict.sentences) for s in shown],
        rejected=rejected,
        judged=verdict.kind != "not_judged",
        sectors=sector_rows(report),
        day_note="Days are {}, BJD − {}.".format(*day_scale(report)),
        inputs=[InputRow(i.name, i.origin, i.sha256) for i in report.provenance.inputs],
        settings=settings_facts(report.provenance.settings, report.provenance.seed),
        star=star_facts(report),
        versions=[Fact(name, version) for name, version in report.provenance.versions.items()],
        timings=[Fact(stage.capitalize(), took(seconds)) for stage, seconds in report.provenance.timings.items()],
        warnings=list(report.warnings),
        created=report.provenance.created,
    )


def calendar_year(bjd: float) -> int:
    """Year of a date in BJD (Julian epoch 2000.0 = JD 2451545.0)."""
    return int(2000.0 + (bjd - 2451545.0) / 365.25)


def header_facts(report: Report) -> list[str]:
    """The line under the title: the star, how far, how long it was watched."""
    facts = [report.stellar.words] if report.stellar.words else []
    if report.stellar.distance_pc is not None:
        years = report.stellar.distance_pc * LIGHT_YEARS_PER_PARSEC
        facts.append(f"{significant(years, 3)} light-years")
    if report.sectors:
        noun = {"TESS": "sector", "Kepler": "quarter", "K2": "campaign"}.get(report.sectors[0].mission, "file")
        if any(s.mission != report.sectors[0].mission for s in report.sectors):
            noun = "file"
        first = calendar_year(min(s.start_bjd for s in report.sectors))
        last = calendar_year(max(s.stop_bjd for s in report.sectors))
        span = f", {first}" if first == last else f", {first} to {last}"
        facts.append(count(len(report.sectors), noun) + (span if first > 1990 else ""))
    return facts


def signal_view(signal: SignalReport, rejected: bool = False, said: Sequence[str] = ()) -> SignalView:
    """A signal's tab and key figures; reasons that the verdict has `said` are not repeated."""
    period = significant(signal.period_days, 3)
    signal = with_density(signal)
    return SignalView(
        index=0 if rejected else signal.index,
        label=f"Strongest repeat, {period}{THIN}d" if rejected else f"Signal {signal.index}, {period}{THIN}d",
        tone=TONES[(signal.index - 1) % 2],
        reasons=[reason for reason in signal.reasons if not any(reason in sentence for sentence in said)],
        figures=key_figures(signal, rejected),
        checks=counts_of(signal).words,
        checks_tone=verdict_tone(signal),
        chances=chance_line(signal),
        fit=fit_line(signal, rejected),
        classifier=classifier_view(signal),
    )


def key_figures(signal: SignalReport, rejected: bool = False) -> list[Figure]:
    """Period, size, dip, strength, odds of a fluke; no size for what is no planet."""
    planet_like = not rejected and signal.kind == "dip"
    figures = [_period(signal, "Year on the planet" if planet_like else "Repeats every")]
    if planet_like and signal.radius_earth is not None:
        figures.append(_size(signal.radius_earth, signal.radius_earth_err))
    figures.append(_depth(signal))
    snr, needs = significant(signal.snr, 3), f"needs {needed_snr(signal.n_transits):g}"
    figures.append(Figure("Signal to noise", snr, unit=needs, spoken=f"{snr}, {needs}"))
    figures.append(odds(signal))
    return figures


def _period(signal: SignalReport, name: str) -> Figure:
    error = signal.period_days_err
    value, shown = with_error(signal.period_days, error)
    if error is None or not shown:
        return Figure(name, f"{signal.period_days:.4f}", unit="days", spoken=f"{signal.period_days:.4f} days")
    words = small_time(error)
    return Figure(name, value, unit=f"days ± {words}", spoken=f"{value} days, plus or minus {words}")


def small_time(days: float) -> str:
    """An error in time, in the unit that suits it: "3 s", "1.4 min", "2.1 h"."""
    seconds = days * 86400
    if seconds < 90:
        return f"{significant(seconds, 1 if seconds < 10 else 2)}{THIN}s"
    if seconds < 5400:
        return f"{significant(seconds / 60, 2)}{THIN}min"
    if seconds < 172800:
        return f"{significant(seconds / 3600, 2)}{THIN}h"
    return f"{significant(days, 2)}{THIN}d"


def _size(radius_earth: float, error: float | None) -> Figure:
    value, shown = with_error(radius_earth, error)
    spoken = f"{value} plus {shown} minus {shown} Earths" if shown else f"{value} Earths"
    return Figure("Size", value, shown, shown, "Earths", spoken)


def _depth(signal: SignalReport) -> Figure:
    percent_value = signal.depth_ppm / 1e4
    error = None if signal.depth_ppm_err is None else signal.depth_ppm_err / 1e4
    value, shown = with_error(percent_value, error)
    unit = f"± {shown}" if shown else ""
    return Figure(
        "Dip", f"{value}{THIN}%", unit=unit, spoken=f"{value} percent{', plus or minus ' + shown if shown else ''}"
    )


def odds(signal: SignalReport) -> Figure:
    """How often noise alone does as well: as a number, or as a bound where the method cannot see lower."""
    told, bounded = told_chance(signal.fap, signal.fap_hi, signal.fap_method)
    value, bound = chance(told), "or less" if bounded else ""
    return Figure("Odds of a fluke", value, unit=bound, spoken=f"{value} {bound}".strip())


def day_scale(report: Report) -> tuple[str, int]:
    """Name and zero point of the days that the report's missions count in."""
    kepler = any(s.mission in ("Kepler", "K2") for s in report.sectors)
    return ("BKJD", 2454833) if kepler else ("BTJD", 2457000)


def sector_rows(report: Report) -> list[SectorRow]:
    """The table of what went in."""
    zero = day_scale(report)[1]
    return [
        SectorRow(
            label=s.label,
            days=f"{number(s.start_bjd - zero, 1)} to {number(s.stop_bjd - zero, 1)}",
            cadence=cadence_words(s.cadence_seconds),
            points=f"{number(s.points_used)} of {number(s.points)}",
            noise="" if s.noise_ppm is None else f"{significant(s.noise_ppm, 3)}{THIN}ppm",
            pipeline=s.pipeline or "unknown",
            source=s.source,
        )
        for s in report.sectors
    ]


_STAR_NAMES = (
    ("teff_k", "Temperature", "K"),
    ("radius_sun", "Radius", "Suns"),
    ("mass_sun", "Mass", "Suns"),
    ("density_gcc", "Density", "g/cm³"),
    ("logg_cgs", "Surface gravity, log g", ""),
)


def star_facts(report: Report) -> list[Fact]:
    """What is known of the star, with its source."""
    facts = [] if report.stellar.tic_id is None else [Fact("TIC number", str(report.stellar.tic_id))]
    for name, words, unit in _STAR_NAMES:
        quantity = getattr(report.stellar, name)
        if quantity is not None:
            value, error = with_error(quantity.value, quantity.error)
            text = f"{value} ± {error}" if error else value
            facts.append(Fact(words, f"{text} {unit}".strip(), quantity.source))
    if report.variability_period_days is not None:
        amplitude = report.variability_amplitude_ppm
        size = f", {percent(amplitude / 1e6, 2)} up and down" if amplitude is not None else ""
        facts.append(Fact("Own rhythm, taken out", f"{significant(report.variability_period_days, 3)} days{size}"))
    return facts


_SETTING_WORDS = {
    "quality": "Quality mask",
    "normalise": "Levels of the sectors",
    "gap_fill": "Gaps filled",
    "detrend": "Slow drifts removed",
    "window_days": "Window for drifts, days",
    "detrend_window_days": "Window used for drifts, days",
    "detrend_method": "How drifts were removed",
    "preset": "How hard it looked",
    "engine": "Search engine",
    "period_min_days": "Shortest period, days",
    "period_max_days": "Longest period, days",
    "max_signals": "Signals searched for, at most",
    "min_transits": "Dips needed, at least",
    "oversampling": "Period steps per width",
    "sde_threshold": "Strength needed",
    "snr_threshold": "Signal to noise needed",
    "fap_trials": "Shuffled copies searched",
}


def settings_facts(settings: Mapping[str, object], seed: int) -> list[Fact]:
    """What decided the numbers, in words; choices left to the program are shown as it made them."""
    request = _mapping(settings.get("request"))
    found: dict[str, object] = {
        **_mapping(request.get("clean")),
        **_mapping(request.get("search")),
        **{k: v for k, v in _mapping(settings.get("search")).items() if v is not None},
        **{k: v for k, v in settings.items() if not isinstance(v, Mapping)},
    }
    facts = [Fact(words, _setting(found[key])) for key, words in _SETTING_WORDS.items() if _told(found.get(key))]
    hidden = _mapping(request.get("clean")).get("hidden")
    if isinstance(hidden, list | tuple) and hidden:
        facts.append(Fact("Hidden by hand", count(len(hidden), "stretch", "stretches")))
    known = _mapping(request.get("search")).get("known")
    if isinstance(known, list | tuple) and known:
        facts.append(Fact("Known transits masked", str(len(known))))
    facts.append(Fact("Seed", str(seed)))
    return facts


def _told(value: object) -> bool:
    return value is not None and value != ""


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def dip_words(signal: SignalReport) -> str:
    """One line on a signal for lists: "8.02 d, 13 dips of 3.2 hours"."""
    return (
        f"{significant(signal.period_days, 3)}{THIN}d, {count(signal.n_transits, 'dip')} "
        f"of {duration_words(signal.duration_hours)}"
    )
