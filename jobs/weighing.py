"""How likely each explanation of a signal is: what the stages before know becomes one question, the answer a report."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from pydantic import TypeAdapter

from data.report import SignalReport
from data.requests import Preset, RunRequest
from data.validation_report import (
    EvidenceLine,
    NeighbourChance,
    ScenarioProbabilities,
    ScenarioProbability,
    TimingReport,
    ValidationReport,
)
from jobs.context import RunContext
from jobs.fitting import dilution_of, guessed_shape
from jobs.surroundings import Around
from jobs.weighing_words import would_change
from science.fitting.timing_windows import Companion, Light, light_of, without_companions
from science.fitting.transit_times import Timing, time_transits
from science.fitting.ttv import TimingTest, timing_test
from science.lightcurve import DetrendedCurve
from science.neighbours import FieldStar
from science.stars import Star, Value
from science.stellar_estimates import estimate_star
from science.validation.engine import Effort, validate
from science.validation.fold import Folded, fold_signal
from science.validation.galaxy import field_stars, galactic_of, with_counts
from science.validation.other_causes import other_causes
from science.validation.question import ContrastCurve, HostStar, Population, Question, ValidationRefused
from science.validation.results import Validation, VariantResult

_DOCUMENT = "validation"
_STORED = TypeAdapter(dict[int, ValidationReport])
#: Signals of a star that are weighed; more are never found by chance.
MOST_SIGNALS = 4
#: Neighbours that are asked; by how much light they have, what is left out has under a thousandth of the target's.
MOST_NEIGHBOURS = 50
_MOST_DRAWS: Final[Mapping[Preset, int]] = {"quick": 600_000, "standard": 1_200_000, "thorough": 2_400_000}
#: Times move a dip by so much of its length before that matters (found by planets with moved transits put into light).
TIMES_MATTER = 0.05
#: From here on a person should look at the times.
SCRUTINISE = 0.1
#: Nothing is known of pixels where a star has less chance than this.
_LEAST_CHANCE = 1e-6
#: A latitude with as many field stars as half of all stars in the sky have.
_USUAL_LATITUDE_DEG = 35.0


def weigh_signals(
    curve: DetrendedCurve,
    signals: Sequence[SignalReport],
    star: Star,
    around: Around,
    request: RunRequest,
    context: RunContext,
) -> tuple[SignalReport, ...]:
    """The signals with the chances of their explanations, or with the reason why these were not worked out.

    Raises Cancelled only.
    """
    kept = context.load_document(_DOCUMENT)
    if kept is None:
        answers = {}
        contrast = _contrast(request)
        for signal in signals[:MOST_SIGNALS]:
            context.progress(0.02, f"weighing what could make signal {signal.index}")
            others = [s for s in signals if s.index != signal.index]
            effort = Effort(seed=max(1, request.seed), most_draws=_MOST_DRAWS[request.search.preset])
            answers[signal.index] = weigh(curve, signal, others, star, around, effort, contrast)
        document = _STORED.dump_python(answers, mode="json")
        context.save_document(_DOCUMENT, {str(k): v for k, v in document.items()})
        kept = context.load_document(_DOCUMENT)
        assert kept is not None, "what was just stored can be read back"
    stored = _STORED.validate_python({int(k): v for k, v in kept.items()})
    return tuple(s.model_copy(update={"validation": stored.get(s.index)}) for s in signals)


def weigh(
    curve: DetrendedCurve,
    signal: SignalReport,
    others: Sequence[SignalReport],
    star: Star,
    around: Around,
    effort: Effort,
    contrast: ContrastCurve | None = None,
) -> ValidationReport:
    """One signal. What cannot be answered comes back as `not_run` with its reason."""
    if around.field is None:
        why = around.why_no_field or "The stars around are not known."
        return _refused(f"{why} Without them it cannot be said whether a neighbour makes the dips.")
    started = time.process_time()
    try:
        target = _target(star)
        light = _without(light_of(curve), others, star)
        timing, test = _timing(curve, signal, others, star)
        folded = _folded(light, signal, {})
        hosts, notes = _neighbours(signal, around)
        population, more = _population(star, around, target)
        target, hosts = _with_pixels(target, signal, hosts)
        question = Question(folded.curve, target, hosts, population, contrast)
        answer = validate(question, effort, other_causes(folded))
        aligned = None
        if test is not None and timing is not None and _matter(test):
            moved = {t.epoch: t.time_bjd for t in timing.times}
            again = _folded(light, signal, moved)
            aligned = validate(replace(question, curve=again.curve), effort, other_causes(again))
    except ValidationRefused as refusal:
        return _refused(str(refusal))
    said = aligned if aligned is not None else answer
    if aligned is not None:
        notes = (*notes, "The verdict is that with each dip moved to its own time, for planets and binaries alike.")
    return _report(said, answer, aligned, test, signal, hosts, (*notes, *more), started, _times_of(timing))


def _contrast(request: RunRequest) -> ContrastCurve | None:
    """The contrast curve of the request, made to rise: what is seen near the star is seen further out too."""
    if not request.vet.contrast:
        return None
    table = np.array(request.vet.contrast, dtype=np.float64)
    depth = np.maximum.accumulate(table[:, 1])
    keep = np.concatenate([[True], np.diff(depth) > 0])
    return ContrastCurve(table[keep, 0], depth[keep])


def _refused(reason: str) -> ValidationReport:
    return ValidationReport(outcome="not_run", reason=reason)


def _target(star: Star) -> HostStar:
    def known(value: Value | None) -> float:
        return math.nan if value is None else float(value.value)

    return HostStar(
        name=star.name or (f"TIC {star.tic_id}" if star.tic_id else "the star"),
        mass_sun=known(star.mass_sun),
        radius_sun=known(star.radius_sun),
        teff_k=known(star.teff_k),
        tmag=10.0 if star.tmag is None else star.tmag,
        parallax_mas=1000.0 / star.distance_pc if star.distance_pc else math.nan,
    )


def _without(light: Light, others: Sequence[SignalReport], star: Star) -> Light:
    shapes = [Companion(shape) for other in others if (shape := guessed_shape(other, star)) is not None]
    # what is near a transit of another planet is left out: its own depth is not known better than ours
    return without_companions(light, shapes)


def _timing(
    curve: DetrendedCurve, signal: SignalReport, others: Sequence[SignalReport], star: Star
) -> tuple[Timing | None, TimingTest | None]:
    shape = guessed_shape(signal, star)
    if shape is None:
        return None, None
    companions = [Companion(s) for other in others if (s := guessed_shape(other, star)) is not None]
    try:
        timing = time_transits(curve, shape, others=companions)
    except ValueError:
        return None, None
    return timing, timing_test(timing.times, signal.duration_hours / 24)


def _matter(test: TimingTest) -> bool:
    return test.varies and test.amplitude_per_duration > TIMES_MATTER


def _times_of(timing: Timing | None) -> int:
    return 0 if timing is None else len(timing.times)


def _folded(light: Light, signal: SignalReport, moved: Mapping[int, float]) -> Folded:
    second = None
    if signal.secondary_ppm is not None and signal.secondary_ppm_err:
        second = signal.secondary_ppm * 1e-6, signal.secondary_ppm_err * 1e-6
    return fold_signal(
        light,
        signal.period_days,
        signal.epoch_bjd,
        signal.duration_hours / 24,
        times_bjd=moved,
        secondary=second,
        foreign_light=dilution_of(signal)[0],
    )


def _neighbours(signal: SignalReport, around: Around) -> tuple[tuple[HostStar, ...], tuple[str, ...]]:
    """Stars that could make the dip by losing at most all their light, with their light over the target's."""
    assert around.field is not None
    known = {s.name: s for s in around.field.stars}
    mine = next((n.light_share for n in signal.neighbours if n.is_target), None)
    if not signal.neighbours or not mine:
        why = "How much light each star around sends into the aperture is not known"
        raise ValidationRefused(f"{why}, so it cannot be said whether one of them makes the dips.")
    able = [n for n in signal.neighbours if n.can_do_it and n.light_share]
    able.sort(key=lambda n: -(n.light_share or 0.0))
    hosts, guessed = [], 0
    for one in able[:MOST_NEIGHBOURS]:
        host = _host(known[one.name], (one.light_share or 0.0) / mine) if one.name in known else None
        if host is None:
            host = HostStar(one.name, 1.0, 1.0, 5772.0, one.tmag, light=(one.light_share or 0.0) / mine, assumed=True)
        guessed += host.assumed
        hosts.append(host)
    notes = []
    if guessed:
        who = "one star around is" if guessed == 1 else f"{guessed} of the stars around are"
        notes.append(f"The size of {who} not known and taken as the Sun’s.")
    if len(able) > MOST_NEIGHBOURS:
        notes.append(f"Of {len(able)} stars that could make the dips, the {MOST_NEIGHBOURS} brightest were counted.")
    if around.field is not None and not around.field.complete:
        notes.append("The list of the stars around was cut by a limit of the catalogue.")
    return tuple(hosts), tuple(notes)


def _host(field_star: FieldStar, light: float) -> HostStar:
    star = Star(
        name=field_star.name,
        ra_deg=field_star.ra_deg,
        dec_deg=field_star.dec_deg,
        teff_k=field_star.teff_k,
        radius_sun=field_star.radius_sun,
        mass_sun=field_star.mass_sun,
        tmag=field_star.tmag,
    )
    star = estimate_star(star, field_star)
    values = [v.value if v is not None else math.nan for v in (star.mass_sun, star.radius_sun, star.teff_k)]
    assumed = not all(math.isfinite(v) and v > 0 for v in values) or values[0] < 0.1
    mass, radius, teff = (1.0, 1.0, 5772.0) if assumed else values
    return HostStar(field_star.name, mass, radius, teff, field_star.tmag, light=light, assumed=assumed)


def _with_pixels(
    target: HostStar, signal: SignalReport, hosts: tuple[HostStar, ...]
) -> tuple[HostStar, tuple[HostStar, ...]]:
    """The stars with what the pixels say of each, over the mean of all of them: what is no star has that mean."""
    chances = {n.name: n.host_probability for n in signal.neighbours if n.host_probability is not None}
    mine = next((n.host_probability for n in signal.neighbours if n.is_target), None)
    if mine is None:
        return target, hosts
    every = [max(mine, _LEAST_CHANCE), *(max(chances.get(h.name, 0.0), _LEAST_CHANCE) for h in hosts)]
    logs = np.log(np.array(every)) - math.log(float(np.mean(every)))
    moved = [replace(h, log_likelihood=float(v)) for h, v in zip(hosts, logs[1:], strict=True)]
    return replace(target, log_likelihood=float(logs[0])), tuple(moved)


def _population(star: Star, around: Around, target: HostStar) -> tuple[Population, tuple[str, ...]]:
    """Stars behind, from a model of the Galaxy and as many as the catalogues count around."""
    if star.ra_deg is None or star.dec_deg is None:
        found = field_stars(_USUAL_LATITUDE_DEG, 90.0, tmag_from=target.tmag)
        return found, ("Where the star is on the sky is not known: a usual number of stars behind it is taken.",)
    place = galactic_of(star.ra_deg, star.dec_deg)
    found = field_stars(place.latitude_deg, place.longitude_deg, tmag_from=target.tmag)
    assert around.field is not None
    area = math.pi * (around.field.radius_arcsec / 3600.0) ** 2
    seen = np.array([s.tmag for s in around.field.others if math.isfinite(s.tmag)])
    return with_counts(found, seen, area), ()


def _report(
    said: Validation,
    plain: Validation,
    aligned: Validation | None,
    test: TimingTest | None,
    signal: SignalReport,
    hosts: tuple[HostStar, ...],
    notes: tuple[str, ...],
    started: float,
    timed: int,
) -> ValidationReport:
    places = {n.name: n for n in signal.neighbours}
    told = tuple(
        NeighbourChance(
            name=h.name,
            separation_arcsec=places[h.name].separation_arcsec if h.name in places else None,
            tmag=h.tmag if math.isfinite(h.tmag) else None,
            light_share=h.light,
            probability=said.neighbours[h.name].value,
            error=said.neighbours[h.name].error,
            assumed=h.assumed,
        )
        for h in hosts
    )
    timing = None
    if test is not None:
        timing = TimingReport(
            amplitude_minutes=test.amplitude_minutes,
            amplitude_over_duration=test.amplitude_per_duration,
            amplitude_over_period=test.amplitude_per_period,
            transits=timed,
            significant=test.varies,
            fpp_folded=plain.fpp.value,
            fpp_folded_err=plain.fpp.error,
            fpp_aligned=None if aligned is None else aligned.fpp.value,
            fpp_aligned_err=None if aligned is None else aligned.fpp.error,
            scrutinise=test.varies and test.amplitude_per_duration > SCRUTINISE,
        )
    chances = {k: ScenarioProbability(probability=v.value, error=v.error) for k, v in said.scenarios.items()}
    return ValidationReport(
        outcome="done",
        reason=said.reason,
        fpp=said.fpp.value,
        fpp_err=said.fpp.error,
        nfpp=said.nfpp.value,
        nfpp_err=said.nfpp.error,
        verdict=said.verdict,
        scenarios=ScenarioProbabilities(**chances),
        neighbours=tuple(sorted(told, key=lambda n: -n.probability)),
        evidence=tuple(_line(v) for v in said.variants),
        timing=timing,
        would_change=would_change(said),
        notes=notes,
        seed=said.seed,
        draws=said.draws + (plain.draws if aligned is not None else 0),
        cpu_seconds=round(time.process_time() - started, 2),
    )


def _line(v: VariantResult) -> EvidenceLine:
    return EvidenceLine(
        code=v.code,
        scenario=v.scenario,
        star=v.star,
        ln_z=v.ln_z if math.isfinite(v.ln_z) else None,
        ln_z_err=v.ln_z_err,
        effective_size=v.effective_size if math.isfinite(v.effective_size) else 0.0,
        draws=v.draws,
        probability=v.probability,
    )


def fact(signals: Sequence[SignalReport]) -> str:
    """How it went, for the line of the stage; empty where nothing was weighed."""
    told = [s.validation for s in signals if s.validation is not None]
    done = [v for v in told if v.outcome == "done"]
    if not told:
        return ""
    return f"; {done[0].verdict}" if done else "; chances not worked out"
