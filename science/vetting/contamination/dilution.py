"""Whether a light curve is already freed from the light of neighbours, and by how much a dip must be deepened."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

#: Columns that their pipelines correct for crowding: PDCSAP and what SPOC's validation makes of it (Smith et al. 2012,
#: PASP 124, 1000; Stumpe et al. 2012); QLP, which measures changes on difference images and adds the light expected
#: for the star's TESS magnitude (Huang et al. 2020, RNAAS 4, 204); TGLC, which models and removes the neighbours
#: (Han & Brandt 2023, AJ 165, 71).
_CORRECTED = {
    "SPOC": {"", "PDCSAP_FLUX", "LC_INIT", "LC_WHITE"},
    "TESS-SPOC": {"", "PDCSAP_FLUX"},
    "KEPLER": {"", "PDCSAP_FLUX", "LC_INIT", "LC_WHITE"},
    "K2": {"", "PDCSAP_FLUX"},
    "QLP": {"", "SAP_FLUX", "KSPSAP_FLUX", "DET_FLUX", "SYS_RM_FLUX"},
    "TGLC": {"", "CAL_APER_FLUX", "CAL_PSF_FLUX", "APERTURE_FLUX", "PSF_FLUX"},
}
#: Pipelines that add up the pixels of an aperture and leave the neighbours' light in.
_UNCORRECTED = {"TASOC", "ELEANOR", "K2SFF", "EVEREST"}
_APERTURE_SUMS = {"SAP_FLUX", "RAW_FLUX", "FLUX_RAW", "FRAW", "FCOR", "APERTURE_SUM"}


def is_dilution_corrected(pipeline: str, flux_column: str = "") -> bool | None:
    """Whether a pipeline's column is already freed from the light of neighbours; None where that is not known.

    `flux_column` "" stands for the column that the reader prefers for this pipeline.
    """
    name, column = pipeline.strip().upper(), flux_column.strip().upper()
    if name in _CORRECTED:
        if column in _CORRECTED[name]:
            return True
        return False if column in _APERTURE_SUMS else None
    if name in _UNCORRECTED or column in _APERTURE_SUMS:
        return False
    return True if column == "PDCSAP_FLUX" else None


@dataclass(frozen=True, slots=True)
class CrowdingOfSector:
    """What the file of one sector says of its aperture. `label` as in the light curve ("S16").

    `crowding` (CROWDSAP) is the target's share of the light in the aperture, `flux_fraction` (FLFRCSAP) the part of the
    target's light inside it. `corrected`: whether the flux used is already freed from the neighbours' light; None where
    that is not known.
    """

    label: str
    crowding: float | None = None
    flux_fraction: float | None = None
    corrected: bool | None = None


#: How far the light curve as a whole is corrected.
Correction = Literal["already", "now", "partly before, rest now", "unknown"]


@dataclass(frozen=True, slots=True)
class SectorLight:
    """The aperture of one sector: who measured where, and how much of the light in it is the target's.

    `share` is our own (None without a catalogue), `captured` the part of the target's light in the aperture.
    """

    label: str
    aperture: Literal["pipeline", "nominal", "unknown"]
    n_pixels: int
    share: float | None
    captured: float | None
    crowding: float | None
    flux_fraction: float | None
    corrected: bool | None

    @property
    def divisor(self) -> float:
        """Depth measured over true depth in this sector: 1 where corrected already or nothing is known.

        Elsewhere the pipeline's own share where its file has one (it knows its PRF), else ours.
        """
        if self.corrected is not False:
            return 1.0
        return usable_share(self.crowding) or usable_share(self.share) or 1.0

    @property
    def removed(self) -> float:
        """The share by which the pipeline has divided already: 1 where it has not."""
        if self.corrected is False:
            return 1.0
        return usable_share(self.crowding) or usable_share(self.share) or 1.0


def usable_share(value: float | None) -> float | None:
    """`value` where it is a share in (0, 1], else None."""
    return value if value is not None and math.isfinite(value) and 0 < value <= 1 else None


def correction_of(sectors: Sequence[SectorLight]) -> Correction:
    """What is done about the neighbours' light, over all sectors."""
    states = {s.corrected for s in sectors}
    if None in states or not states:
        return "unknown"
    return "partly before, rest now" if len(states) == 2 else "already" if True in states else "now"


def dilution_of(sectors: Sequence[SectorLight]) -> float:
    """Depth measured over true depth, averaged over the sectors; 1 where all are corrected. Never corrects twice."""
    return sum(s.divisor for s in sectors) / len(sectors) if sectors else 1.0


def mean(values: Sequence[float | None]) -> float | None:
    """Mean of the finite values, None where there is none."""
    known = [v for v in values if v is not None and math.isfinite(v)]
    return sum(known) / len(known) if known else None
