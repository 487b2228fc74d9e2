"""The report of one run: the single document that the web page, the API, the command line and the exports read.

Names and units are those of the project's design: periods in days, times BJD_TDB, depths in ppm, durations in hours.
Fields of stages that do not exist yet are absent, not empty.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from data.classification_report import Classification
from data.fit_report import FitReport
from data.report_model import ReportModel
from data.validation_report import EnsembleReport, ValidationReport
from data.vetting_report import (
    ContaminationReport,
    FieldReport,
    NeighbourReport,
    PixelsReport,
    VariabilityReport,
    VettingTest,
    VettingVerdict,
)

SCHEMA_VERSION = "1"

VerdictKind = Literal["signal", "binary", "neighbour", "glitch", "star", "nothing", "not_judged"]
Tone = Literal["pass", "warn", "fail", "none", "info"]


class Quantity(ReportModel):
    """A stellar number with error and origin."""

    value: float
    error: float | None = None
    source: str


class StellarReport(ReportModel):
    """What is known of the star; null where unknown."""

    name: str = ""
    tic_id: int | None = None
    ra_deg: float | None = None
    dec_deg: float | None = None
    tmag: float | None = None
    distance_pc: float | None = None
    teff_k: Quantity | None = None
    logg_cgs: Quantity | None = None
    radius_sun: Quantity | None = None
    mass_sun: Quantity | None = None
    density_gcc: Quantity | None = None
    limb_darkening: tuple[float, float] | None = None
    words: str = ""  # "Orange dwarf, 10.5 mag"


class SectorReport(ReportModel):
    """One sector, quarter, campaign or file that went in."""

    label: str
    mission: str
    number: int | None = None
    pipeline: str = ""
    cadence_seconds: float
    exposure_seconds: float
    points: int
    points_used: int
    start_bjd: float
    stop_bjd: float
    noise_ppm: float | None = None
    crowding: float | None = None
    source: str = ""
    simulated: bool = False


class OddEven(ReportModel):
    """Depths of odd and even dips apart."""

    odd_ppm: float | None = None
    odd_ppm_err: float | None = None
    even_ppm: float | None = None
    even_ppm_err: float | None = None
    sigma: float | None = None


class SignalReport(ReportModel):
    """One repeating dip."""

    index: int
    period_days: float
    period_days_err: float | None = None
    epoch_bjd: float
    epoch_bjd_err: float | None = None
    duration_hours: float
    duration_hours_err: float | None = None
    depth_ppm: float
    depth_ppm_err: float | None = None
    sde: float | None  # null where the period was given, not searched
    snr: float
    snr_white: float
    fap: float
    fap_lo: float
    fap_hi: float
    fap_method: str
    n_transits: int
    radius_ratio: float | None = None
    radius_earth: float | None = None
    radius_earth_err: float | None = None
    kind: str
    convincing: bool
    reasons: tuple[str, ...] = ()
    relation: str = ""
    aliases_days: tuple[float, ...] = ()
    odd_even: OddEven = OddEven()
    secondary_ppm: float | None = None
    secondary_ppm_err: float | None = None
    transit_times_bjd: tuple[float, ...] = ()
    model_phase_hours: tuple[float, ...] = ()  # template curve for the fold
    model_ppm: tuple[float, ...] = ()
    vetting: dict[str, VettingTest] = Field(default_factory=dict)
    vetting_verdict: VettingVerdict | None = None
    pixels: PixelsReport | None = None
    contamination: ContaminationReport | None = None
    neighbours: tuple[NeighbourReport, ...] = ()
    fit: FitReport | None = None
    classification: Classification | None = None
    validation: ValidationReport | None = None
    ensemble: EnsembleReport | None = None


class PeriodogramReport(ReportModel):
    """One round of the search; the curve itself is in the lake as series `periodogram-<round>`."""

    round: int
    engine: str
    n_periods: int
    period_min_days: float
    period_max_days: float
    best_period_days: float
    sde: float
    threshold_sde: float  # dashed line
    threshold_words: str = ""


class Verdict(ReportModel):
    """The answer in words. `headline` is the sentence a visitor reads first."""

    kind: VerdictKind
    tone: Tone
    headline: str
    sentences: tuple[str, ...] = ()
    not_done: tuple[str, ...] = ()  # what has not been tested, said plainly
    sensitivity: str = ""  # "Planets over 2.1 Earths inside 10 days would have shown."


class RecoveryMap(ReportModel):
    """Share of planets that this search would have found in this star's noise."""

    period_days: tuple[float, ...]
    radius_earth: tuple[float, ...]
    share: tuple[tuple[float, ...], ...]  # [radius][period], 0 to 1
    assumed_radius: bool = False


class InputFile(ReportModel):
    """One file that went in."""

    name: str
    sha256: str
    origin: str = ""


class Provenance(ReportModel):
    """Everything needed to get the same numbers again."""

    versions: dict[str, str]
    settings: dict[str, object]
    seed: int
    inputs: tuple[InputFile, ...]
    timings: dict[str, float]
    created: str


class Report(ReportModel):
    """One run's result."""

    schema_version: str = Field(default=SCHEMA_VERSION)
    run_id: str = ""
    target: str
    title: str
    simulated: bool = False
    sectors: tuple[SectorReport, ...]
    stellar: StellarReport
    signals: tuple[SignalReport, ...]
    best_rejected: SignalReport | None = None
    periodograms: tuple[PeriodogramReport, ...]
    verdict: Verdict
    recovery: RecoveryMap | None = None
    variability_period_days: float | None = None
    variability_amplitude_ppm: float | None = None
    variability: VariabilityReport | None = None
    field: FieldReport | None = None
    span_days: float
    provenance: Provenance
    warnings: tuple[str, ...] = ()
