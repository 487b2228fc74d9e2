"""From candidates to signals: odds of a fluke, the verdict, and the sentences that explain it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from science.lightcurve import DetrendedCurve
from science.search.candidates import Candidate, SearchedCurve
from science.search.false_alarm import GumbelLaw, alarm_from, white_noise_alarm
from science.search.harmonics import gap_aliases, relation
from science.search.results import (
    LARGEST_FALSE_ALARM,
    WHITE_NOISE_TABLE,
    FalseAlarm,
    PeriodGrid,
    Periodogram,
    SearchResult,
    SearchSettings,
    Signal,
    needed_snr,
    told_chance,
)


def conclude(
    data: SearchedCurve,
    curve: DetrendedCurve,
    accepted: list[Candidate],
    rejected: list[Candidate],
    lone: list[Candidate],
    law: GumbelLaw | None,
    periodograms: tuple[Periodogram, ...],
    grid: PeriodGrid,
    settings: SearchSettings,
) -> SearchResult:
    """The result of a search: accepted candidates whose false-alarm probability is low enough, in the order found, the
    strongest that is not convincing, and notes on the noise. `law` None means the white-noise table."""
    signals: list[Signal] = []
    refused: list[Signal] = []
    for candidate in accepted:
        alarm = white_noise_alarm(candidate.sde) if law is None else alarm_from(law, candidate.sde)
        convincing = alarm.probability <= LARGEST_FALSE_ALARM
        signal = _signal(data, curve, candidate, alarm, convincing, settings, len(signals) + 1)
        if convincing:
            signals.append(_related(signal, signals))
        else:
            refused.append(signal)
    for candidate in rejected:
        alarm = white_noise_alarm(candidate.sde) if law is None else alarm_from(law, candidate.sde)
        if candidate.screening.lone_event_bjd is not None:  # one event has no period that chance could imitate
            alarm = replace(alarm, probability=1.0, hi=1.0)
        refused.append(_signal(data, curve, candidate, alarm, False, settings, len(signals) + 1))
    best_rejected = refused[0] if refused else None  # found first: the strongest
    return SearchResult(
        signals=tuple(signals),
        best_rejected=None if best_rejected is None else replace(best_rejected, index=len(signals) + 1),
        periodograms=periodograms,
        grid=grid,
        settings=settings,
        notes=tuple(_notes(law, lone, settings)),
    )


def _notes(law: GumbelLaw | None, lone: list[Candidate], settings: SearchSettings) -> list[str]:
    set_aside = [
        f"A single event near BJD {candidate.screening.lone_event_bjd:.3f} was set aside: it does not repeat."
        for candidate in lone
    ]
    if law is None and settings.fap_trials >= 8:
        return [
            "The star's own rhythm explains what was found, so its noise was not shuffled; the false-alarm chances are "
            "those of white noise.",
            *set_aside,
        ]
    if law is None:
        return [
            "False-alarm chances come from the published white-noise table; this star's own noise was not tested.",
            *set_aside,
        ]
    return [
        f"In {law.n_trials} shuffled copies of this curve noise reached SDE {law.threshold(0.5):.1f} half of the time; "
        f"one in a hundred would reach {law.threshold(0.01):.1f}. The inverted curve reached {law.inverted_sde:.1f}.",
        *set_aside,
    ]


def _related(signal: Signal, before: list[Signal]) -> Signal:
    for other in before:
        match = relation(signal.measurement.period_days, other.measurement.period_days, 0.005)
        if match is not None and not signal.relation:
            return replace(signal, relation=match.describe(f"the period of signal {other.index}"))
    return signal


def _signal(
    data: SearchedCurve,
    curve: DetrendedCurve,
    candidate: Candidate,
    alarm: FalseAlarm,
    convincing: bool,
    settings: SearchSettings,
    index: int,
) -> Signal:
    found, judgement = candidate.measurement, candidate.screening
    reasons: list[str] = []
    if candidate.sde < settings.sde_threshold:
        reasons.append(f"The peak's SDE is {candidate.sde:.1f}; {settings.sde_threshold:.1f} is asked for.")
    asked = needed_snr(found.n_transits, settings.snr_threshold)
    if found.snr < asked:
        of_two = " of only two dips" if found.n_transits == 2 else ""
        reasons.append(f"The dip's signal to noise is {found.snr:.1f}; {asked:.1f} is asked for{of_two}.")
    if alarm.probability > LARGEST_FALSE_ALARM:
        noise = "White noise" if alarm.method == WHITE_NOISE_TABLE else "Noise like this star's"
        reasons.append(f"{noise} gives such a peak {_chance(alarm)}; one in a hundred is asked for.")
    reasons.extend(judgement.doubts)
    if convincing:
        reasons.append(
            f"Among all periods tried this one stands out by an SDE of {candidate.sde:.1f} "
            f"({settings.sde_threshold:.1f} is asked for); noise alone gives such a peak {_chance(alarm)}."
        )
    reasons.extend(judgement.remarks)
    cadence = float(np.median(np.diff(data.time)))
    aliases = list(gap_aliases(found.period_days, found.transit_times_bjd, found.duration_days, data.time, cadence))
    if judgement.doubled_period:
        aliases.insert(0, 2.0 * found.period_days)
    if aliases and convincing:
        listed = [f"{alias:.4f}" for alias in aliases[:5]]
        more = " or another of its fractions" if len(aliases) > 5 else ""
        reasons.append(f"Gaps in the data leave open whether the period is {' or '.join(listed)} d instead{more}.")
    # A peak that does not stand out is nothing, whatever its fold resembles: no star is called a binary for its noise.
    kind = judgement.kind if candidate.is_strong(settings) else "none"
    return Signal(
        index=index,
        measurement=found,
        sde=candidate.sde,
        false_alarm=alarm,
        kind=kind,
        convincing=convincing,
        reasons=tuple(reasons),
        relation=judgement.relation,
        aliases_days=tuple(aliases),
    )


def _chance(alarm: FalseAlarm) -> str:
    probability, bounded = told_chance(alarm.probability, alarm.hi, alarm.method)
    if probability >= 0.01:
        return f"in {'less than ' if bounded else ''}{probability * 100:.0f} of 100 cases"
    words = "less than" if bounded else "about"
    return f"in {words} 1 of {round(1.0 / probability, -1 if probability > 1e-3 else -2):,.0f} cases"
