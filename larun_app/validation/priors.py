"""What was known before the light was looked at: the priors of docs/validation.md, for the report's page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prior:
    """One assumption: of what, which law ("^" before a power), and where it was measured ("" for a choice that needs no
    source)."""

    of: str
    law: str
    source: str = ""


_MOE_2017 = "Moe & Di Stefano 2017, ApJS 230, 15"
_GIACALONE = "Giacalone et al. 2021, AJ 161, 24"

PRIORS: tuple[Prior, ...] = (
    Prior(
        "planet radius, 0.5–20 Earths",
        "flat to 3 Earths, then R^−4 to 6, then R^−0.5; around stars up to 0.45 Suns R^−7 from 3",
        f"{_GIACALONE}, section 3",
    ),
    Prior("eccentricity, planets", "Beta(0.867, 3.03)", "Kipping 2013, MNRAS 434, L51"),
    Prior("eccentricity, binaries", "e^−0.8 up to 10 days, e^−0.4 beyond", _MOE_2017),
    Prior("orientation", "uniform cos i and argument of periastron"),
    Prior(
        "mass ratio, close pairs",
        "q^0.3 to 0.3, q^−0.5 to 1, 30\u202f% twins (q ≥ 0.95); no star below 0.1 Suns",
        _MOE_2017,
    ),
    Prior("mass ratio, wide companions", "q^0.3, q^−0.95, 5\u202f% twins", _MOE_2017),
    Prior(
        "number of bound companions",
        "their equations 20–23, integrated up to the widest unresolved separation; from log P = 3.4 for hosts of "
        "planets, 1 for binaries; times 0.65 + 0.35 M below one Sun",
        f"{_MOE_2017}; Moe & Kratter 2021, MNRAS 507, 3593",
    ),
    Prior(
        "number of background stars",
        "density of stars fainter than the target × π (unresolved separation)²",
        "counts of stars around the target",
    ),
    Prior("unresolved separation", "2.2″, or the contrast curve", _GIACALONE),
    Prior("period, occurrence", "none, as published"),
)
