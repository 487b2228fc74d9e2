"""The four key figures of the report and the sentence under the sky."""

from __future__ import annotations

from data.report import SignalReport
from larun_app.results.wording import Figure
from larun_app.ui.numbers import count
from larun_app.validation.counts import counts_of
from larun_app.validation.neighbours import dim_words, others
from science.rounding import THIN, percent, significant, with_error


def key_figures(signal: SignalReport) -> list[Figure]:
    """Whose dips, whose light, how large, how many checks."""
    return [_source(signal), _light(signal), *_size(signal), _checks(signal)]


def offset_words(value: float, error: float | None) -> str:
    """An offset with its error: "0.4 ± 1.3″"."""
    text, shown = with_error(value, error)
    return f"{text} ± {shown}″" if shown else f"{significant(value, 2)}″"


def _source(signal: SignalReport) -> Figure:
    name = "Dips come from this star?"
    test = signal.vetting.get("on_target")
    answer = {"pass": "Yes", "warn": "Not certain", "fail": "No"}.get(test.outcome if test else "", "Not checked")
    pixels = signal.pixels
    unit = ""
    if answer != "Not checked" and pixels is not None and pixels.offset_arcsec is not None:
        unit = f"{offset_words(pixels.offset_arcsec, pixels.offset_err_arcsec)} off"
    return Figure(name, answer, unit=unit, spoken=f"{answer} {unit}".strip())


def _light(signal: SignalReport) -> Figure:
    name = "Light from neighbours"
    found = signal.contamination
    share = None
    if found is not None:
        share = found.target_share if found.target_share is not None else found.crowding
    if share is None:
        return Figure(name, "Not known", spoken="Not known")
    value = f"under 0.01{THIN}%" if 0 < 1 - share < 1e-4 else percent(max(0.0, 1 - share), 2)
    return Figure(name, value, spoken=value)


def _size(signal: SignalReport) -> list[Figure]:
    verdict = signal.vetting_verdict
    if verdict is not None and verdict.outcome == "failed" and verdict.fault != "too_large":
        return []  # of what is no planet of this star, the size of one says nothing
    found = signal.contamination
    corrected = found is not None and found.radius_earth is not None
    radius = found.radius_earth if found is not None and corrected else signal.radius_earth
    error = found.radius_earth_err if found is not None and corrected else signal.radius_earth_err
    if radius is None:
        return []
    value, shown = with_error(radius, error)
    spoken = f"{value} plus {shown} minus {shown} Earths" if shown else f"{value} Earths"
    return [Figure("Size, undiluted" if corrected else "Size", value, shown, shown, "Earths", spoken)]


def _checks(signal: SignalReport) -> Figure:
    counts = counts_of(signal)
    run = counts.total - counts.not_run
    unit = f"of {run} pass" + (f", {counts.not_run} not run" if counts.not_run else "")
    return Figure("Checks", str(counts.passed), unit=unit, spoken=f"{counts.words or 'none'}")


def sky_summary(signal: SignalReport) -> str:
    """What the sky view shows, whatever its picture: who shares the light, and who could make the dips."""
    listed = others(signal)
    if not listed:
        return "No neighbour is known within the field." if signal.neighbours else ""
    sharing = sum(bool(n.light_share and n.light_share > 1e-4) for n in listed)
    able = [n for n in listed if n.can_do_it]
    parts = []
    if any(n.light_share is not None for n in listed):
        outside = len(listed) - sharing
        verb = "gives" if outside == 1 else "give"
        parts.append(
            f"{outside} of {count(len(listed), 'neighbour')} {verb} under 0.01{THIN}% of the light we measure."
        )
    else:
        parts.append(f"{count(len(listed), 'neighbour')} in the picture.")
    if not able:
        parts.append("None of them could make the dips, even by vanishing.")
    elif len(able) == 1:
        who = f"star {able[0].letter}" if able[0].letter else able[0].name
        parts.append(
            f"Only {who} could make the dips, and then it would have to lose {dim_words(able[0].needed_depth)} "
            "each time."
        )
    else:
        letters = [n.letter for n in able if n.letter][:8]
        named = f": {', '.join(letters)}" if letters else ""
        parts.append(f"{len(able)} of them could make the dips{named}.")
    return " ".join(parts)
