"""Real light curves of known nature through the whole chain: planets, Kepler binaries, quiet stars.

Ephemerides are the catalogues' (planets, binaries); of a quiet star, that of the deepest of many random boxes. Into
these quiet stars nothing was injected for training. Several of the planets are themselves in the training sets by
another pipeline's light of the same star: they are counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.frame import Figure, at_least
from benchmarks.vetting_stars import Target, cleaned, deepest_epoch, false_positives, planets
from data.formats import UnreadableFile
from science.folding import phase_days
from science.stitching import NothingUsable
from science.wave_light import LARGEST_MASKED_SHARE, light_for
from serving.artefacts import COMMITTED
from serving.classes import CLASSES
from serving.classifier import Classifier
from serving.injected_signals import averaged, deepest_box, quiet_light
from serving.stored_answers import FILE, load
from serving.views import UnusableSignal, Views, views_of
from tests.standins.realdata import realdata_dir


@dataclass(frozen=True, slots=True)
class Known:
    """One signal of known nature: `kind` "planet", "eb" or "quiet"."""

    name: str
    kind: str
    views: Views
    trained_on: bool


def known_stars() -> Iterable[Figure]:
    """Share of planets called planet, of binaries called a binary (or a background one), of quiet stars not called
    planet; and what each was called."""
    signals = list(_signals())
    classifier = Classifier.load(COMMITTED)
    rows = {
        branch: np.stack([getattr(s.views, column) for s in signals])
        for branch, column in (
            ("global", "global_view"), ("local", "local_view"), ("secondary", "secondary_view"), ("scalars", "scalars"),
        )
    }  # fmt: skip
    answers = classifier.classify(rows)
    student = classifier.student(rows) if classifier.has_student else answers
    for who, found in (("", answers), ("student_", student)):
        called = np.array(CLASSES)[found.argmax(axis=1)]
        yield from _shares(signals, called, who)
    for signal, row in zip(signals, answers, strict=True):
        best = int(row.argmax())
        seen = ", star trained on" if signal.trained_on else ""
        yield Figure(f"{signal.kind}_{signal.name}".replace(" ", "_"), float(row[0]), f"called {CLASSES[best]}{seen}")


def _shares(signals: list[Known], called: np.ndarray, who: str) -> Iterator[Figure]:
    for kind, right in (("planet", ("planet",)), ("eb", ("eb", "beb"))):
        some = np.array([s.kind == kind for s in signals])
        if some.any():
            share = float(np.isin(called[some], right).mean())
            yield at_least(f"{who}{kind}_called_right", share, f"of {some.sum()}", 0.95)
    new = np.array([s.kind == "planet" and not s.trained_on for s in signals])
    if new.any():
        yield Figure(f"{who}planet_called_right_new_stars", float((called[new] == "planet").mean()), f"of {new.sum()}")
    quiet = np.array([s.kind == "quiet" for s in signals])
    if quiet.any():
        share = float((called[quiet] != "planet").mean())
        yield at_least(f"{who}quiet_not_called_planet", share, f"of {quiet.sum()}", 0.95)


def _signals() -> Iterator[Known]:
    trained_on = set(load(COMMITTED / FILE).rows.star.tolist())
    for kind, targets in (("planet", planets()), ("eb", false_positives())):
        for target in targets:
            if kind == "eb" and not target.files.startswith(("kepler_eb/", "k2/")):
                continue
            yield from _of(target, kind, trained_on)
    rng = np.random.default_rng(4)
    for k, light in enumerate(quiet_light(realdata_dir() / "lightcurves", held_back=True)):
        period, epoch, duration = deepest_box(light, rng)
        try:
            views = views_of(light.time, light.flux, period, epoch, duration)
        except UnusableSignal:
            continue
        name = f"{'TIC' if light.star > 0 else 'EPIC'} {abs(light.star)} {k}"
        yield Known(name, "quiet", views, light.star in trained_on)


def _of(target: Target, kind: str, trained_on: set[int]) -> Iterator[Known]:
    """Each dip of a star, in light whose trend was fitted beside all of them, without the star's other dips."""
    try:
        rough = cleaned(target)
        dips = []
        for dip in target.dips:
            epoch = dip.epoch_bjd
            if epoch is None:
                whole = replace(rough.curve, flux=light_for(rough.curve, dip.period_days, dip.duration_days))
                epoch = deepest_epoch(whole, dip.period_days, dip.duration_days, dips)
            dips.append((dip.period_days, epoch, dip.duration_days))
        light = cleaned(target, [d for d in dips if d[2] < LARGEST_MASKED_SHARE * d[0]])
    except (UnreadableFile, NothingUsable, FileNotFoundError):
        return
    for k, (period, epoch, duration) in enumerate(dips):
        use = light.curve.use & np.isfinite(light.curve.flux)
        for other in (*dips[:k], *dips[k + 1 :]):
            use &= np.abs(phase_days(light.curve.curve.time_bjd, other[0], other[1])) > other[2]
        flux = light_for(light.curve, period, duration)
        time, flux = averaged(light.curve.curve.time_bjd[use], flux[use])
        try:
            views = views_of(time, flux, period, epoch, min(duration, 0.3 * period), star=light.star)
        except UnusableSignal as problem:
            print(f"{target.name} {target.dips[k].name}: {problem}")
            continue
        yield Known(f"{target.name} {target.dips[k].name}", kind, views, (light.star.tic_id or 0) in trained_on)
