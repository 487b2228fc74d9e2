"""Labels by signal: what vetters called a row, set against what follow-up (TFOPWG, 2025) found at the same period.

The label of a vetter belongs to a signal, that of the TOI table to a star and a period. Where the two contradict each
other the row is left out rather than guessed at; `docs/classifier-data.md` gives the rules with their counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from serving.classes import CLASSES, JUNK
from serving.signal_files import Floats, Texts, columns, floats

PLANET, EB, BEB, VARIABLE, ARTIFACT = (CLASSES.index(c) for c in ("planet", "eb", "beb", "variable", "artifact"))
#: Not a label: the row is left out.
DROPPED: Final = -2

_BY_VETTERS: Final = {
    "PC": PLANET, "KP": PLANET, "CP": PLANET, "Planet": PLANET, "Candidate": PLANET, "EB": EB, "BEB": BEB,
    "V": VARIABLE, "Variable": VARIABLE, "IS": ARTIFACT, "Artifact": ARTIFACT, "J": JUNK,
    "FP": BEB, "FA": ARTIFACT, "FP-other": BEB, "O": DROPPED,
}  # fmt: skip
_BY_KIND: Final = {
    "EB/stellar": EB,
    "NEB/BEB/off-target": BEB,
    "offset-noted": BEB,
    "variability": VARIABLE,
    "instrumental": ARTIFACT,
}
_CONFIRMED, _CANDIDATE, _FALSE = ("CP", "KP"), ("PC", "APC"), ("FP", "FA")
_SAID_FALSE: Final = ("FP", "FA", "FP-other", "BEB")

#: Trust in a label, as a weight in training.
W_CROSS_MATCHED: Final = 0.5  # variables and systematics of the cross-matched set: by star alone
W_CANDIDATE: Final = 0.6  # candidates, not confirmed
W_KIND_UNKNOWN: Final = 0.5  # a false positive of which nobody wrote what it is: trained as off-target
W_OTHER_PERIOD: Final = 0.0  # called a planet, but the star's TOI has another period: judged, never trained on
W_ALIAS: Final = 0.3  # called a planet at a multiple of the TOI's period
W_NO_TOI: Final = 0.6  # called a planet by vetters, no TOI on the star


@dataclass(frozen=True, slots=True)
class SignalLabels:
    """All (n,). `label` is an index of CLASSES, JUNK or DROPPED; `certain` where the class itself (not only "no
    planet") is what somebody said; `rule` names the rule that decided, for the counts."""

    label: npt.NDArray[np.int8]
    weight: npt.NDArray[np.float32]
    toi_matched: npt.NDArray[np.bool_]
    tfop_false_positive: npt.NDArray[np.bool_]
    all_pc: npt.NDArray[np.bool_]
    certain: npt.NDArray[np.bool_]
    rule: Texts


def labels_by_signal(
    given: Texts,
    disposition: Texts,
    kind: Texts,
    match: Texts,
    cross_matched: bool,
    star_has_toi: npt.NDArray[np.bool_],
) -> SignalLabels:
    """One label a row, from the set's label, the TOI's 2025 disposition, the kind of false positive, and whether the
    TOI matches by period ("period"), by a multiple of it ("alias") or not at all ("").

    Raises ValueError for a label that the sets do not use.
    """
    strange = sorted(set(given.tolist()) - set(_BY_VETTERS))
    if strange:
        raise ValueError(f"labels that are not known: {', '.join(strange)}")
    rows = [
        _one(*row, cross_matched, bool(host))
        for row, host in zip(zip(given, disposition, kind, match, strict=True), star_has_toi, strict=True)
    ]
    label, weight, matched, false, called, certain, rule = zip(*rows, strict=True) if rows else ((),) * 7
    return SignalLabels(
        np.array(label, np.int8), np.array(weight, np.float32), np.array(matched, bool), np.array(false, bool),
        np.array(called, bool), np.array(certain, bool), np.array(rule, dtype=str),
    )  # fmt: skip


_Row = tuple[int, float, bool, bool, bool, bool, str]


def _one(given: str, now: str, kind: str, match: str, cross_matched: bool, star_has_toi: bool) -> _Row:
    label = _BY_VETTERS[given]
    same = match == "period"
    if label == DROPPED:
        return DROPPED, 0.0, False, False, False, False, "other: dropped"
    if given in _SAID_FALSE:
        if now in _CONFIRMED + _CANDIDATE and given != "BEB":
            return DROPPED, 0.0, False, False, False, False, "called false, TOI now stands: dropped"
        return _false_positive(label if given in ("BEB", "FA") else None, kind, "false positive of the TOI table")
    if label == PLANET:
        return _called_planet(given, now, kind, match, star_has_toi)
    weight = W_CROSS_MATCHED if cross_matched and label in (VARIABLE, ARTIFACT) else 1.0
    if now in _CONFIRMED and same:
        return PLANET, 1.0, True, False, True, True, "called no planet, TOI confirmed: planet"
    if now in _CONFIRMED + _CANDIDATE:
        return DROPPED, 0.0, False, False, False, False, "called no planet, TOI stands or matches an alias: dropped"
    if now in _FALSE and label == EB and kind in ("NEB/BEB/off-target", "offset-noted"):
        return BEB, 1.0, False, True, False, True, "called EB, TFOP finds it off target: BEB"
    if now in _FALSE:
        return label, weight, False, True, False, label != JUNK, "called no planet, TFOP agrees"
    return label, weight, False, False, False, label != JUNK, "as the set says"


def _called_planet(given: str, now: str, kind: str, match: str, star_has_toi: bool) -> _Row:
    if now in _FALSE:
        row = _false_positive(None, kind, "called planet, TFOP false positive")
        # an alias still is the same eclipse, but folded so that it may not look like one
        return row if match == "period" else (row[0], 0.5 * row[1], *row[2:])
    if match == "period":
        sure = now in _CONFIRMED
        return (
            PLANET,
            1.0 if sure else W_CANDIDATE,
            True,
            False,
            True,
            True,
            "planet, TOI " + ("confirmed" if sure else "candidate"),
        )
    if match == "alias":
        return PLANET, W_ALIAS, False, False, True, True, "planet, TOI at a multiple of the period"
    if star_has_toi:
        return PLANET, W_OTHER_PERIOD, False, False, True, False, "planet, TOI of the star has another period"
    if given in ("CP", "KP"):
        return PLANET, W_CANDIDATE, False, False, True, True, "planet of the 2020 TOI table, no TOI at the period now"
    return PLANET, W_NO_TOI, False, False, True, True, "planet by vetters, no TOI"


def _false_positive(said: int | None, kind: str, rule: str) -> _Row:
    label = said if said is not None else _BY_KIND.get(kind)
    if label is None:
        return BEB, W_KIND_UNKNOWN, False, True, False, False, f"{rule}, kind unknown: BEB, not certain"
    return label, 1.0, False, True, False, True, f"{rule}: {CLASSES[label]}"


def hosts(star: npt.NDArray[np.int64], toi_stars: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which rows lie on a star with a TOI, at whatever period."""
    return np.isin(star, toi_stars)


def rematched(
    path: Path, star: npt.NDArray[np.int64], period_days: Floats
) -> tuple[Texts, Texts, Texts, npt.NDArray[np.int64]]:
    """Disposition, kind and match of each row against an ExoFOP TOI table (CSV), and all stars of that table.

    A TOI matches by period within 1 %, by alias at 1/3, 1/2, 2 or 3 times it. The kind is read from the comment, so
    far as it says one. Raises OSError or KeyError where the file is not that table.
    """
    table = columns(path)
    tic, period = floats(table["TIC ID"]), floats(table["Period (days)"])
    by_star: dict[int, list[int]] = {}
    for k, number in enumerate(tic):
        if np.isfinite(number):
            by_star.setdefault(int(number), []).append(k)
    now, kind, match = (np.full(star.size, "", dtype="<U32") for _ in range(3))
    for row, (number, p) in enumerate(zip(star, period_days, strict=True)):
        for times, word in ((1.0, "period"), (0.5, "alias"), (2.0, "alias"), (1 / 3, "alias"), (3.0, "alias")):
            near = [k for k in by_star.get(int(number), ()) if abs(p * times / period[k] - 1) < 0.01]
            if near:
                k = near[0]
                now[row], match[row] = table["TFOPWG Disposition"][k].strip(), word
                kind[row] = kind_of(table["Comments"][k]) if now[row] in _FALSE else ""
                break
    return now, kind, match, np.array(sorted(by_star), dtype=np.int64)


def kind_of(comment: str) -> str:
    """What the comment on a false positive says it is; "" where it says nothing that is known here."""
    text = comment.lower()
    for words, kind in (
        (("neb", "beb", "off-target", "off target", "nearby eb", "contaminat"), "NEB/BEB/off-target"),
        (("eclipsing binary", "sb1", "sb2", " eb", "eb ", "stellar", "brown dwarf", "binary"), "EB/stellar"),
        (("variab", "rotation", "pulsat"), "variability"),
        (("instrument", "systematic", "scattered"), "instrumental"),
        (("offset", "centroid"), "offset-noted"),
    ):
        if any(word in text for word in words) or (kind == "EB/stellar" and text.strip() == "eb"):
            return kind
    return ""
