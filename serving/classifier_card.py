"""The model card: what the classifier was trained on, what it reached, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from serving.scalars import SCALES

_SOURCES: Final = {
    "yu2019": "Yu et al. 2019 (AJ 158, 25), full-frame light of sectors 1 to 5; github.com/yuliang419/Astronet-Triage",
    "nigraha": "Rao et al. 2021 (Nigraha, MNRAS 502, 2845), SPOC 2-minute light; github.com/ExoplanetML/Nigraha",
    "xmatch": "the same authors' unlabelled set, sectors 6 and 14 to 48, labelled here by star and period",
    "injected": "dips, random ephemerides and upside-down signals in real light of quiet stars, made here",
}
_LIMITS: Final = """\
## Limits

- Labels set the ceiling. Two people who look at the same signal agree on its class in about three of four cases.
- The shape of a dip does not tell a planet from a star of a planet's size, nor from a blend that happens to look like
  one: see `planet_vs_false_positive_auc_shape`. That is what centroids, contamination and follow-up are for.
- Background binaries and "no signal" are rare in the real sets. Most of the former, and all of the latter, are
  injected, into the light of some thirty quiet stars; figures of them are given apart and say little about the sky.
- No true odd/even pair exists in these sets, so none is an input. The odd/even test belongs to vetting.
- The share of planets differs from set to set (2 to 20 %), and a network can tell which is which; figures are
  therefore given by set too, and without what it is told beside the light.
- Trained on TESS. Kepler and K2 light is classified with the same views, but nothing was calibrated on it: weak planets
  in many quarters are easily called artifacts (`larun bench classifier --only end-to-end`).
- Periods beyond a month, and binaries whose light never stops changing, are known from injections only.
- Probabilities hold for signals like those of the sets: dips that a search found and people looked at.

## Not to be used for

- announcing, validating or rejecting a planet: a probability from here is no false-positive probability;
- rates of planets: the sets are no sample of the sky;
- signals that no search found, single transits, or light of other missions without a test of one's own.
"""


def card(written: Mapping[str, Any]) -> str:
    """Markdown from the training log (`serving.finishing`)."""
    figures: Mapping[str, float] = written["figures"]
    settings = written["settings"]
    lines = [
        "# Model card: the classifier of transit signals",
        "",
        "Six classes: planet, eclipsing binary, background eclipsing binary, variable star, artifact, no signal.",
        f"An ensemble of {_networks(settings['teachers'])} and boosted trees for the server (a geometric mean in which",
        f"the trees weigh {written['share_of_the_trees']:g}), and a small int8 network, distilled from it, for a",
        "microcontroller. All are made by `make train` from one seed.",
        "",
    ]
    if written["smoke"]:
        lines += ["**A training of seconds, to test the code. It is good for nothing else.**", ""]
    lines += ["## Data", "", *_table_of_rows(written["rows"]), ""]
    lines += [f"- `{name}`: {_SOURCES[name]}" for name in written["rows"] if name in _SOURCES]
    lines += [
        "",
        "The light is of NASA's TESS mission (public domain). A label belongs to a signal: a planet is a row whose",
        "period is that of a TOI, a false positive of TFOP is none, and what contradicts itself is left out",
        "(`serving/signal_labels.py`). Rows of one star, or of one ephemeris in neighbouring stars, are never divided",
        "between training and test. The authors' test split of Yu et al. is in no training.",
        "",
        "## Inputs",
        "",
        "Global view (201 bins), local view (61), the window around the most likely other dip (61), and:",
        "",
        *(f"- `{name}`: {meaning}" for name, (_, _, meaning) in SCALES.items()),
        "",
        "Anything but the first two views may be missing.",
        "",
        f"## Figures ({settings['folds']}-fold cross-validation by star and ephemeris; real signals unless injected)",
        "",
        "| figure | value |",
        "|---|---|",
        *(f"| `{name}` | {value:.4f} |" for name, value in figures.items()),
        "",
        "`larun bench classifier` prints them again, with bars, per set and per class. The students of the",
        "cross-validation learned from networks that never saw their fold; the one that is kept learned from the",
        "out-of-fold answers of all.",
        "",
        _LIMITS,
    ]
    return "\n".join(lines)


def _table_of_rows(rows: Mapping[str, Mapping[str, int]]) -> list[str]:
    names = list(next(iter(rows.values())))
    head = "| source | " + " | ".join(n.replace("_", " ") for n in names) + " |"
    body = [f"| `{source}` | " + " | ".join(str(row[n]) for n in names) + " |" for source, row in rows.items()]
    return [head, "|" + "---|" * (len(names) + 1), *body]


def _networks(count: int) -> str:
    return "one network" if count == 1 else f"{count} networks"
