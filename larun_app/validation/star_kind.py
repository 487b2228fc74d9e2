"""What kind of variable the star is: classes as bars, rotation, flares."""

from __future__ import annotations

import dataclasses

from data.report import Report
from data.vetting_report import VariabilityReport
from larun_app.results.wording import Fact
from larun_app.ui.kind_bars import KindBar
from larun_app.ui.numbers import count
from science.rounding import THIN, model_share, percent, significant, with_error

#: Class → words. A class that is not listed is shown by its own name.
CLASS_WORDS = {
    "constant": "Quiet",
    "rotation": "Spots turning with the star",
    "flares": "Flares",
    "dsct_bcep": "Fast pulsations, δ Scuti or β Cephei",
    "gdor_spb": "Slow pulsations, γ Doradus or SPB",
    "rrlyr_cepheid": "RR Lyrae star or Cepheid",
    "eb_contact": "Two stars that touch",
    "eb_detached": "Two stars eclipsing each other",
    "systematics": "The camera, not the star",
}
_SHOWN_FROM = 0.01
_MOST_BARS = 5
_RUWE_LIMIT = 1.4
#: Where a repeat of the light is the turning of the star, as far as the classes tell.
_TURNING = ("rotation", "flares")


@dataclasses.dataclass
class StarKind:
    """The card about the star itself. `missing` says why there is nothing to show."""

    words: str = ""
    sentence: str = ""
    bars: list[KindBar] = dataclasses.field(default_factory=list)
    facts: list[Fact] = dataclasses.field(default_factory=list)
    missing: str = ""


def class_words(name: str) -> str:
    """A class in words."""
    return CLASS_WORDS.get(name, name.replace("_", " ").capitalize())


def star_kind(report: Report) -> StarKind:
    """The card's contents."""
    found = report.variability
    facts = _catalogue_facts(report)
    if found is None or not found.probabilities:
        why = found.sentence if found is not None and found.sentence else "It was not looked at in this run."
        return StarKind(facts=facts, missing=why)
    facts = [*_light_facts(report), *facts]
    listed = sorted(found.probabilities.items(), key=lambda item: -item[1])
    shown = [(name, p) for name, p in listed if p >= _SHOWN_FROM][:_MOST_BARS]
    bars = [
        KindBar(class_words(name), model_share(p), f"{100 * min(1.0, p):.1f}%", best=name == found.label)
        for name, p in shown
    ]
    words = found.words[:1].upper() + found.words[1:]
    return StarKind(words=words, sentence=_beyond(found), bars=bars, facts=facts)


def _beyond(found: VariabilityReport) -> str:
    """The sentence without its beginning where heading and bars say the same: "This is most likely … (96 %)." """
    first, dot, rest = found.sentence.partition(f"({percent(found.probabilities.get(found.label, 0.0))}). ")
    return rest if dot and found.words in first else found.sentence


def _light_facts(report: Report) -> list[Fact]:
    found = report.variability
    assert found is not None
    facts = []
    if found.rotation_period_days is not None:
        value, error = with_error(found.rotation_period_days, found.rotation_period_days_err)
        name = "Turns once in" if found.label in _TURNING else "Repeats every"
        facts.append(Fact(name, f"{value} ± {error} days" if error else f"{value} days"))
    if found.amplitude_ppm is not None:
        facts.append(Fact("Changes by", percent(found.amplitude_ppm / 1e6, 2)))
    if found.flares:
        strongest = max(found.flares, key=lambda f: f.amplitude)
        size = percent(strongest.amplitude, 2)
        lasted = f"{significant(strongest.duration_minutes, 2)}{THIN}min"
        facts.append(Fact("Flares", f"{count(len(found.flares), 'flare')}", f"strongest +{size} for {lasted}"))
    else:
        facts.append(Fact("Flares", "none seen"))
    return facts


def _catalogue_facts(report: Report) -> list[Fact]:
    field = report.field
    if field is None or field.ruwe is None:
        return []
    hint = "over 1.4: perhaps two stars" if field.ruwe > _RUWE_LIMIT else "as expected of a single star"
    return [Fact("Gaia’s fit to one star, RUWE", significant(field.ruwe, 3), hint)]
