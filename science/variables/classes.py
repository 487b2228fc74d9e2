"""The kinds of variable star told apart, and what a classifier answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from science.variables.features import Features

CLASSES: tuple[str, ...] = (
    "rotation",
    "dsct_bcep",
    "gdor_spb",
    "rrlyr_cepheid",
    "eb_contact",
    "eb_detached",
    "flares",
    "systematics",
    "constant",
)
NOT_DECIDED = "not_decided"
BINARIES = frozenset({"eb_contact", "eb_detached"})
#: Classes whose strongest wave is no rotation.
PULSATORS = frozenset({"dsct_bcep", "gdor_spb", "rrlyr_cepheid"})
#: Classes whose light is a smooth wave that a search may take for dips.
WAVES = frozenset({"rotation", "dsct_bcep", "gdor_spb", "rrlyr_cepheid", "eb_contact"})

#: As a sentence names them: "This is most likely …".
WORDS: Mapping[str, str] = {
    "rotation": "a spotted star that turns",
    "dsct_bcep": "a fast pulsator (δ Scuti or β Cephei)",
    "gdor_spb": "a slow pulsator (γ Doradus or slowly pulsating B star)",
    "rrlyr_cepheid": "an RR Lyrae star or a Cepheid",
    "eb_contact": "a close pair of stars that touch or deform each other",
    "eb_detached": "two separate stars that eclipse each other",
    "flares": "a star with flares",
    "systematics": "light of the camera or the spacecraft rather than the star",
    "constant": "a star without variations of its own that can be seen here",
    NOT_DECIDED: "not decided",
}


@dataclass(frozen=True, slots=True)
class Classification:
    """The class, or "not_decided" where no class is likely enough, and the chance of each class (sum 1)."""

    label: str
    probabilities: Mapping[str, float]

    @property
    def likeliest(self) -> str:
        """The class with the largest chance, decided or not."""
        return max(self.probabilities, key=lambda name: self.probabilities[name])

    @property
    def is_decided(self) -> bool:
        """False where the classifier abstained."""
        return self.label != NOT_DECIDED


class Classifier(Protocol):
    """Whatever turns features into a class."""

    def classify(self, features: Features) -> Classification:
        """The class of one star."""
        ...


def odds_for_star(features: Features) -> dict[str, float]:
    """Factors on the chances of the classes from the star's temperature; all 1 where it is unknown.

    Pulsators live in strips of temperature (Aerts, Christensen-Dalsgaard & Kurtz 2010, Asteroseismology, ch. 2): δ
    Scuti 6300-9500 K, β Cephei above 18,000 K, γ Doradus 6000-8000 K, slowly pulsating B stars 10,000-25,000 K, RR
    Lyrae and Cepheids 4800-7800 K; flares are seen on cool stars, and hardly any pair in contact is cooler than
    4000 K. Temperatures of catalogues err, so that no class is ever excluded: 1 inside, 1/5 near, 1/50 outside.
    """
    teff = features["teff_k"]
    if not math.isfinite(teff):
        return dict.fromkeys(CLASSES, 1.0)
    odds = dict.fromkeys(CLASSES, 1.0)
    odds["dsct_bcep"] = max(_strip(teff, 6300.0, 9500.0), _strip(teff, 18000.0, 40000.0))
    odds["gdor_spb"] = max(_strip(teff, 6000.0, 8000.0), _strip(teff, 10000.0, 25000.0))
    odds["rrlyr_cepheid"] = _strip(teff, 4800.0, 7800.0)
    odds["eb_contact"] = max(_strip(teff, 4000.0, 12000.0), 0.2)
    odds["flares"] = _strip(teff, 2000.0, 5500.0)
    return odds


def _strip(teff: float, low: float, high: float) -> float:
    if low <= teff <= high:
        return 1.0
    return 0.2 if 0.9 * low <= teff <= 1.1 * high else 0.02
