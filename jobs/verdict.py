"""The answer in words: what was found, how sure we are, what was not tested."""

from __future__ import annotations

from data.report import RecoveryMap, SectorReport, SignalReport, StellarReport, Tone, Verdict, VerdictKind
from data.vetting_report import Fault
from jobs.chance_words import plain_reason, told_probability
from jobs.vetting_verdict import HEADLINES
from science import rounding
from science.search.results import LARGEST_FALSE_ALARM, needed_snr, told_chance

MIN_POINTS = 500
MIN_SPAN_DAYS = 2.0
RELIABLE_SHARE = 0.9
REACH_DAYS = (10.0, 5.0, 2.0)
JUPITER_IN_EARTHS = 11.2

#: What was not done is said under every verdict, instead of letting silence look like a pass.
PIXELS_NOT_TESTED = (
    "Whether the dips come from this star or a neighbour in the same pixels. That needs the pixels themselves."
)
CHANCES_SHORT = "How likely each explanation is in numbers, a planet or two eclipsing stars."
CHANCES_NOT_TESTED = f"{CHANCES_SHORT} No chance has been worked out."

#: Kind and tone of a verdict whose signals all failed for one reason.
_FAILED: dict[Fault, tuple[VerdictKind, Tone]] = {
    "neighbour": ("neighbour", "fail"),
    "eclipsing_binary": ("binary", "fail"),
    "too_large": ("binary", "fail"),
    "variability": ("star", "none"),
    "systematic": ("glitch", "none"),
    "noise": ("nothing", "none"),
}


def not_tested(signal: SignalReport) -> tuple[str, ...]:
    """What has not been tested of a signal, in sentences."""
    test = signal.vetting.get("on_target")
    seen = test is not None and test.outcome != "not_run"
    return _chances_not_tested(signal) if seen else (PIXELS_NOT_TESTED, *_chances_not_tested(signal))


def _chances_not_tested(signal: SignalReport) -> tuple[str, ...]:
    """Why no chance was worked out; nothing where it was."""
    found = signal.validation
    if found is None:
        return (CHANCES_NOT_TESTED,)
    return () if found.outcome == "done" else (f"{CHANCES_SHORT} {found.reason}",)


def chance_words(signal: SignalReport) -> tuple[str, ...]:
    """What the chances of the explanations say, in at most one sentence."""
    found = signal.validation
    if found is None or found.outcome != "done" or found.fpp is None or found.verdict is None:
        return ()
    chance, _ = told_probability(found.fpp, found.fpp_err)
    if found.verdict == "validated":
        words = f"Statistically validated on this platform: a false positive has a chance of {chance}"
        return (f"{words}. No mass has been measured here.",)
    if found.verdict == "likely nearby false positive":
        first = max(found.neighbours, key=lambda n: n.probability, default=None)
        where = f", most likely {first.name}" if first is not None else ""
        return (f"The dips are likely those of a star nearby{where}.",)
    if found.verdict == "likely false positive":
        return (f"A planet is not the likely explanation: a false positive has a chance of {chance}.",)
    if found.verdict == "likely planet":
        return (f"Likely a planet: a false positive has a chance of {chance}.",)
    return (f"The chances do not decide. {plain_reason(found.reason)}".strip(),)


def reach_sentence(recovery: RecoveryMap | None) -> str:
    """The smallest planet that this search would have found nearly always, in one sentence; "" where unknown.

    Told for years under ten days, or for shorter ones where gaps leave too few dips of those.
    """
    if recovery is None:
        return ""
    longest = max(recovery.period_days)
    for limit in (min(longest, REACH_DAYS[0]), *(days for days in REACH_DAYS[1:] if days < longest)):
        inside = [i for i, p in enumerate(recovery.period_days) if p <= limit]
        for radius, row in sorted(zip(recovery.radius_earth, recovery.share, strict=True)):
            if inside and all(row[i] >= RELIABLE_SHARE for i in inside):
                shown = rounding.significant(radius, 2)
                assumed = ", if the star is as big as the Sun" if recovery.assumed_radius else ""
                days = rounding.significant(limit, 2).removesuffix(".0")
                return f"Planets over {shown} Earths with a year under {days} days would have shown{assumed}."
    return "Even large planets could have been missed in light this noisy."


def _size_words(signal: SignalReport) -> str:
    radius = signal.radius_earth
    if radius is None:
        return "How large the body is cannot be said without the size of the star."
    shown = rounding.significant(radius, 2)
    if radius < 0.95 * JUPITER_IN_EARTHS:
        return f"If a planet makes them, it is {shown} times as wide as Earth."
    jupiters = rounding.significant(radius / JUPITER_IN_EARTHS, 2)
    return f"If a planet makes them, it is {shown} times as wide as Earth, {jupiters} times Jupiter."


def _dips_words(signal: SignalReport) -> str:
    if signal.depth_ppm <= 0:
        return "At the times given the light of the whole picture is not fainter."
    many = f"{signal.n_transits} dips" if signal.n_transits != 1 else "One dip"
    depth = rounding.percent(signal.depth_ppm / 1e6, 2)
    return f"{many} of {depth}, each {rounding.duration_words(signal.duration_hours)} long."


def _fluke_words(signal: SignalReport) -> str:
    chance, bounded = told_chance(signal.fap, signal.fap_hi, signal.fap_method)
    less = "less than " if bounded else ""
    if chance >= 0.001:
        often = f"in {less}{rounding.percent(min(chance, 1.0), 2)} of searches"
    else:
        often = f"{less}once in {rounding.significant(1 / chance, 2)} searches"
    return f"Noise alone would do as well {often}."


def period_words(period_days: float) -> str:
    """A period with the digits a reader can use in a sentence."""
    return rounding.significant(period_days, 3)


def conclude(
    signals: tuple[SignalReport, ...],
    best_rejected: SignalReport | None,
    sectors: tuple[SectorReport, ...],
    stellar: StellarReport,
    recovery: RecoveryMap | None,
) -> Verdict:
    """The verdict over all signals. A found dip is never called a planet in the headline: what the chances say of it is
    told with their number below."""
    reach = reach_sentence(recovery)
    points = sum(s.points_used for s in sectors)
    days = sum(s.stop_bjd - s.start_bjd for s in sectors)
    if points < MIN_POINTS or days < MIN_SPAN_DAYS:
        return Verdict(
            kind="not_judged",
            tone="none",
            headline="Could not judge",
            sentences=(
                f"Only {rounding.number(points)} usable points over {rounding.significant(days, 2)} days are left "
                f"after cleaning. We need about {rounding.number(MIN_POINTS)} over {MIN_SPAN_DAYS:.0f} days or more.",
            ),
        )
    if signals:
        return _found(signals, reach)
    return _nothing(best_rejected, reach)


def _binary(signal: SignalReport) -> Verdict:
    why = signal.vetting_verdict.sentences[:2] if _failed(signal) and signal.vetting_verdict else ()
    return Verdict(
        kind="binary",
        tone="fail",
        headline="Two stars, not a planet",
        # the report has all reasons; here the first three are enough
        sentences=(
            f"Dips every {period_words(signal.period_days)} days. {_dips_words(signal)}",
            *list(dict.fromkeys([*signal.reasons, *why]))[:3],
        ),
        not_done=_chances_not_tested(signal),
    )


def _failed(signal: SignalReport) -> bool:
    return signal.vetting_verdict is not None and signal.vetting_verdict.outcome == "failed"


def _all_failed(signals: tuple[SignalReport, ...], reach: str) -> Verdict:
    """No signal passed its tests: the first one's reason is the headline."""
    first = signals[0]
    assert first.vetting_verdict is not None, "only tested signals fail"
    fault: Fault = first.vetting_verdict.fault or "noise"
    kind, tone = _FAILED[fault]
    dips = f"Dips every {period_words(first.period_days)} days. {_dips_words(first)}"
    return Verdict(
        kind=kind,
        tone=tone,
        headline="Nothing convincing found" if fault == "noise" else HEADLINES[fault],
        sentences=(dips, *first.vetting_verdict.sentences, *(_failed_words(s) for s in signals[1:])),
        not_done=not_tested(first),
        sensitivity=reach,
    )


def _failed_words(signal: SignalReport) -> str:
    verdict = signal.vetting_verdict
    assert verdict is not None, "only tested signals fail"
    what = HEADLINES[verdict.fault or "noise"]
    return f"Signal {signal.index}, every {period_words(signal.period_days)} days: {what[0].lower()}{what[1:]}."


def _found(every: tuple[SignalReport, ...], reach: str) -> Verdict:
    signals = tuple(s for s in every if not _failed(s))
    if not signals:
        return _all_failed(every, reach)
    first = signals[0]
    headline = f"A dip comes back every {period_words(first.period_days)} days"
    if first.n_transits == 2:
        headline = f"Two dips alike, {period_words(first.period_days)} days apart"
    planets = [s for s in signals if s.kind == "dip"]
    if len(planets) > 1:
        headline = (
            f"{_count_words(len(planets))} dips come back, the strongest every {period_words(first.period_days)} days"
        )
    sentences = [_dips_words(first) + " " + _size_words(first), *chance_words(first), _fluke_words(first)]
    for other in planets[1:]:
        size = f", {rounding.significant(other.radius_earth, 2)} Earths" if other.radius_earth else ""
        days = period_words(other.period_days)
        what = f"is two dips {days} days apart" if other.n_transits == 2 else f"repeats every {days} days"
        sentences.append(f"Signal {other.index} {what}{size}.")
    sentences += [_failed_words(s) for s in every if _failed(s)]
    return Verdict(
        kind="signal",
        tone="info",
        headline=headline,
        sentences=tuple(sentences),
        not_done=not_tested(first),
        sensitivity=reach,
    )


def _nothing(best: SignalReport | None, reach: str) -> Verdict:
    if best is None:
        return Verdict(
            kind="nothing",
            tone="none",
            headline="Nothing convincing found",
            sentences=("No dip repeats.",),
            sensitivity=reach,
        )
    if best.kind == "binary":
        return _binary(best)
    if best.kind in ("rotation", "pulsation"):
        what = "turns" if best.kind == "rotation" else "beats"
        return Verdict(
            kind="star",
            tone="none",
            headline="The star itself, not a planet",
            sentences=(
                f"Its light changes every {period_words(best.period_days)} days because the star {what}, "
                "not because something crosses it.",
                *best.reasons,
            ),
            sensitivity=reach,
        )
    return Verdict(
        kind="nothing",
        tone="none",
        headline="Nothing convincing found",
        sentences=(
            _best_words(best),
            *best.reasons,
        ),
        sensitivity=reach,
    )


def _best_words(best: SignalReport) -> str:
    """The strongest of what did not convince; the reasons that follow say why, and with which numbers."""
    days, snr = period_words(best.period_days), rounding.significant(best.snr, 2)
    if best.n_transits == 2:
        words = f"Two dips lie {days} days apart at a signal to noise of {snr}: not enough to be sure that they repeat."
    elif best.snr >= needed_snr(best.n_transits):
        words = f"The best dip repeats every {days} days at a signal to noise of {snr}."
    else:
        words = f"The best dip repeats every {days} days."
    return words if best.fap > LARGEST_FALSE_ALARM else f"{words} {_fluke_words(best)}"


def _count_words(n: int) -> str:
    return {2: "Two", 3: "Three", 4: "Four", 5: "Five", 6: "Six", 7: "Seven", 8: "Eight"}.get(n, str(n))
