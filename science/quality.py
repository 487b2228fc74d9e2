"""Quality bits of the light-curve pipelines: what each bit says in words, and which bits a mask leaves out.

Pure data and bit arithmetic. Sources: TESS Science Data Products Description Document (EXP-TESS-ARC-ICD-0014)
table 28; Kepler Archive Manual (KDMC-10008) table 2-3; the data product descriptions of QLP, eleanor, TGLC and TASOC
at MAST. The masks "default" and "hard" equal those of lightkurve 2.6 (TESS default 17087), so that a user finds the
rows known from there; TASOC, for which lightkurve has none, gets the default of its own pipeline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from science.lightcurve import BoolArray, IntArray, Mission

MaskName = Literal["none", "default", "hard"]
MASK_NAMES: tuple[MaskName, ...] = ("none", "default", "hard")

#: One momentum dump (reaction wheel desaturation) moves the star on the pixels; the level may step there.
MOMENTUM_DUMP = 32


@dataclass(frozen=True, slots=True)
class QualityBit:
    """One bit: its value (a power of two), a short name, and a sentence a newcomer understands."""

    value: int
    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class QualityTable:
    """The bits of one pipeline, ascending in value, and the masks built of them (bit sums)."""

    key: str
    title: str
    bits: tuple[QualityBit, ...]
    default: int
    hard: int

    def mask_value(self, mask: MaskName | int) -> int:
        """Sum of the bits that `mask` leaves out. An integer is taken as it is; raises ValueError for other names."""
        if isinstance(mask, int):
            return mask
        if mask == "none":
            return 0
        if mask == "default":
            return self.default
        if mask == "hard":
            return self.hard
        raise ValueError(f"There is no quality mask called {mask!r}; choose none, default or hard.")

    def names(self, bits: int) -> tuple[str, ...]:
        """Names of the bits set in `bits`, lowest first; bits that the table does not know are named by value."""
        known = tuple(bit.name for bit in self.bits if bits & bit.value)
        rest = bits & ~sum(bit.value for bit in self.bits)
        unknown = tuple(f"unknown bit {1 << place}" for place in range(64) if rest & (1 << place))
        return known + unknown


_SPOC_BITS = (
    QualityBit(1, "attitude tweak", "The spacecraft turned slightly."),
    QualityBit(2, "safe mode", "The spacecraft was in safe mode."),
    QualityBit(4, "coarse point", "The spacecraft pointed only roughly."),
    QualityBit(8, "Earth point", "The spacecraft was turned to the Earth to send its data."),
    QualityBit(16, "Argabrightening", "A sudden brightening of the whole detector, probably dust near the telescope."),
    QualityBit(32, "momentum dump", "The reaction wheels were slowed down, which moves the star on the pixels."),
    QualityBit(64, "cosmic ray in aperture", "A cosmic ray was found and corrected in the star's pixels."),
    QualityBit(128, "manual exclude", "People excluded this cadence because of a known anomaly."),
    QualityBit(256, "discontinuity corrected", "A jump between this and the next cadence was corrected."),
    QualityBit(512, "impulsive outlier", "The pipeline took this single value for an outlier and removed it."),
    QualityBit(1024, "cosmic ray in collateral data", "A cosmic ray was found in the calibration pixels."),
    QualityBit(2048, "stray light (seen by people)", "Light of the Earth or the Moon fell into the camera."),
    QualityBit(4096, "stray light (found automatically)", "The background was high: light of the Earth or the Moon."),
    QualityBit(8192, "excluded from planet search", "The pipeline's own planet search does not use this cadence."),
    QualityBit(16384, "bad calibration", "The calibration of this cadence is bad or its data were lost."),
    QualityBit(32768, "too few stars for correction", "Too few stars to correct the systematic errors."),
)

_TESS_DEFAULT = 1 | 2 | 4 | 8 | 16 | 32 | 128 | 512 | 16384  # 17087
_TESS_HARD = _TESS_DEFAULT | 64 | 1024 | 2048 | 4096

TESS_SPOC = QualityTable("tess-spoc", "TESS SPOC", _SPOC_BITS, _TESS_DEFAULT, _TESS_HARD)

_QLP_LOW_PRECISION = "QLP found the scatter of all stars raised in this frame, mostly by stray light."

# Sectors 1-55: QLP reuses the place of SPOC's automatic stray-light bit. Later: a bit of its own, SPOC's unchanged.
TESS_QLP_EARLY = QualityTable(
    "tess-qlp-s1-s55",
    "TESS QLP, sectors 1 to 55",
    tuple(
        QualityBit(4096, "low precision (QLP)", _QLP_LOW_PRECISION) if bit.value == 4096 else bit for bit in _SPOC_BITS
    ),
    _TESS_DEFAULT,
    _TESS_HARD | 4096,
)
TESS_QLP = QualityTable(
    "tess-qlp-s56",
    "TESS QLP, sector 56 and later",
    (*_SPOC_BITS, QualityBit(1 << 30, "low precision (QLP)", _QLP_LOW_PRECISION)),
    _TESS_DEFAULT,
    _TESS_HARD | 1 << 30,
)

TESS_ELEANOR = QualityTable(
    "tess-eleanor",
    "TESS eleanor",
    (
        *_SPOC_BITS,
        QualityBit(1 << 17, "eleanor's first own flag", "The eleanor pipeline itself marked this frame."),
        QualityBit(1 << 18, "eleanor's second own flag", "The eleanor pipeline itself marked this frame."),
    ),
    _TESS_DEFAULT,
    _TESS_HARD | 1 << 17 | 1 << 18,
)

TESS_TGLC = QualityTable("tess-tglc", "TESS TGLC (SPOC's bits)", _SPOC_BITS, _TESS_DEFAULT, _TESS_HARD)

TESS_TASOC = QualityTable(
    "tess-tasoc",
    "TESS TASOC",
    (
        QualityBit(1, "bad pixel data", "The pixels of this cadence were marked as bad before the photometry."),
        QualityBit(2, "manual exclude", "People excluded this cadence because of a known anomaly."),
        QualityBit(4, "sigma clipped", "The pipeline removed this value because it lay far from its neighbours."),
        QualityBit(8, "jump corrected (additive constant)", "A jump in level was corrected by adding a constant."),
        QualityBit(16, "jump corrected (additive slope)", "A jump in level was corrected by adding a slope."),
        QualityBit(32, "jump corrected (factor)", "A jump in level was corrected by a factor."),
        QualityBit(64, "jump corrected (sloping factor)", "A jump in level was corrected by a sloping factor."),
        QualityBit(128, "interpolated", "This value was not measured but interpolated."),
        QualityBit(256, "rejected", "The pipeline rejected this value while it worked."),
    ),
    1 | 2,
    1 | 2 | 4 | 128 | 256,
)

_KEPLER_BITS = (
    QualityBit(1, "attitude tweak", "The spacecraft turned slightly."),
    QualityBit(2, "safe mode", "The spacecraft was in safe mode."),
    QualityBit(4, "coarse point", "The spacecraft pointed only roughly."),
    QualityBit(8, "Earth point", "The spacecraft was turned to the Earth to send its data."),
    QualityBit(16, "zero crossing", "A reaction wheel passed through standstill."),
    QualityBit(32, "momentum dump", "The reaction wheels were slowed down, which moves the star on the pixels."),
    QualityBit(64, "Argabrightening (several channels)", "A sudden brightening over the field, probably dust."),
    QualityBit(128, "cosmic ray in aperture", "A cosmic ray was found and corrected in the star's pixels."),
    QualityBit(256, "manual exclude", "People excluded this cadence because of a known anomaly."),
    QualityBit(1024, "sudden sensitivity drop", "A pixel lost sensitivity at once, as cosmic rays cause it."),
    QualityBit(2048, "impulsive outlier", "The pipeline took this single value for an outlier."),
    QualityBit(4096, "Argabrightening (this channel)", "A sudden brightening of this detector, probably dust."),
    QualityBit(8192, "cosmic ray in collateral data", "A cosmic ray was found in the calibration pixels."),
    QualityBit(16384, "detector anomaly", "The detector behaved abnormally."),
    QualityBit(32768, "no fine point", "The spacecraft did not hold its fine pointing."),
    QualityBit(65536, "no data", "No data were collected."),
    QualityBit(131072, "rolling band in aperture", "A moving pattern of the electronics lay on the star's pixels."),
    QualityBit(262144, "rolling band in mask", "A moving pattern of the electronics lay near the star's pixels."),
    QualityBit(524288, "possible thruster firing", "The thrusters may have fired (K2)."),
    QualityBit(1048576, "thruster firing", "The thrusters fired, which moves the star on the pixels (K2)."),
)

_KEPLER_DEFAULT = 1 | 2 | 4 | 8 | 32 | 256 | 16384 | 65536 | 1048576
_KEPLER_HARD = _KEPLER_DEFAULT | 128 | 1024 | 8192 | 524288

KEPLER = QualityTable("kepler", "Kepler and K2", _KEPLER_BITS, _KEPLER_DEFAULT, _KEPLER_HARD)

UNKNOWN = QualityTable("unknown", "no known quality bits", (), -1, -1)

TABLES: tuple[QualityTable, ...] = (
    TESS_SPOC,
    TESS_QLP_EARLY,
    TESS_QLP,
    TESS_ELEANOR,
    TESS_TGLC,
    TESS_TASOC,
    KEPLER,
    UNKNOWN,
)


def table_for(mission: Mission, pipeline: str = "", number: int | None = None) -> QualityTable:
    """The table that explains the bits of a file.

    `number` is the sector (QLP changed its bits at sector 56; an unknown sector is read as a late one when no early bit
    can be meant). Files whose source is not known get `UNKNOWN`: there, any bit set means "not good".
    """
    name = pipeline.lower()
    if mission == "TESS":
        if "qlp" in name:
            return TESS_QLP_EARLY if number is not None and number <= 55 else TESS_QLP
        if "tasoc" in name:
            return TESS_TASOC
        if "eleanor" in name:
            return TESS_ELEANOR
        if "tglc" in name:
            return TESS_TGLC
        return TESS_SPOC
    if mission in ("Kepler", "K2"):
        return KEPLER
    return UNKNOWN


def decode(quality: int, table: QualityTable) -> tuple[str, ...]:
    """Names of the bits set in one quality value, lowest first; empty where nothing is set."""
    return table.names(int(quality))


def is_good(quality: IntArray, table: QualityTable, mask: MaskName | int = "default") -> BoolArray:
    """True for the rows that `mask` keeps, shape of `quality`."""
    return np.asarray((np.asarray(quality, dtype=np.int64) & table.mask_value(mask)) == 0, dtype=np.bool_)


def momentum_dumps(quality: IntArray, mission: Mission, pipeline: str = "") -> BoolArray:
    """True for the rows in which the reaction wheels were slowed down, shape of `quality`.

    All False for pipelines whose bits do not tell (TASOC uses the place of this bit for something else).
    """
    table = table_for(mission, pipeline)
    if not any(bit.value == MOMENTUM_DUMP and bit.name == "momentum dump" for bit in table.bits):
        return np.zeros(np.shape(quality), dtype=np.bool_)
    return np.asarray((np.asarray(quality) & MOMENTUM_DUMP) != 0, dtype=np.bool_)


def count_bits(quality: IntArray, table: QualityTable) -> tuple[tuple[str, int, int], ...]:
    """How many rows carry each bit that occurs: (name, value, rows), lowest bit first, for the confirmation page."""
    values = np.asarray(quality, dtype=np.int64)
    together = int(np.bitwise_or.reduce(values)) if values.size else 0
    found = []
    for place in range(63):
        bit = 1 << place
        if together & bit:
            found.append((table.names(bit)[0], bit, int(np.count_nonzero(values & bit))))
    return tuple(found)


def mask_sentence(quality: IntArray, table: QualityTable, mask: MaskName | int) -> str:
    """One sentence for the user: how many rows the mask leaves out, and why."""
    good = is_good(quality, table, mask)
    n_out = int(good.size - np.count_nonzero(good))
    if n_out == 0:
        return "The quality mask leaves out no rows."
    chosen = table.mask_value(mask)
    reasons = [
        f"{name} ({rows:,})" for name, bit, rows in count_bits(np.asarray(quality)[~good], table) if bit & chosen
    ]
    label = mask if isinstance(mask, str) else f"number {mask}"
    return f"The quality mask “{label}” leaves out {n_out:,} of {good.size:,} rows: {', '.join(reasons)}."
