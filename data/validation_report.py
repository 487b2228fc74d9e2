"""The part of the report that says how likely each explanation of a signal is, or why that was not worked out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from data.report_model import ReportModel

ScenarioName = Literal["planet", "eb", "beb", "heb", "neb", "btp", "artifact", "variability"]
ValidationVerdict = Literal[
    "validated", "likely planet", "likely nearby false positive", "likely false positive", "not decided"
]


class ScenarioProbability(ReportModel):
    """Probability of one of the eight explanations and its Monte-Carlo error (one sigma)."""

    probability: float = Field(ge=0, le=1)
    error: float = Field(ge=0)


class ScenarioProbabilities(ReportModel):
    """The eight explanations; their probabilities add up to 1."""

    planet: ScenarioProbability
    eb: ScenarioProbability
    beb: ScenarioProbability
    heb: ScenarioProbability
    neb: ScenarioProbability
    btp: ScenarioProbability
    artifact: ScenarioProbability
    variability: ScenarioProbability

    @model_validator(mode="after")
    def _adds_up(self) -> ScenarioProbabilities:
        total = sum(getattr(self, name).probability for name in type(self).model_fields)
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"the eight probabilities add up to {total:.6f}, not to 1")
        return self


class NeighbourChance(ReportModel):
    """A star in the same light and the probability that the event is on it."""

    name: str
    separation_arcsec: float | None = Field(default=None, ge=0)
    tmag: float | None = None
    light_share: float = Field(ge=0)  # of its light in the aperture over the target's
    probability: float = Field(ge=0, le=1)
    error: float = Field(ge=0)
    assumed: bool = False  # its size is not known and the Sun's stands in


class EvidenceLine(ReportModel):
    """Evidence of one variant (`code` as in Giacalone et al. 2021) on one star."""

    code: str
    scenario: ScenarioName
    star: str
    ln_z: float | None  # None: no draw of the prior makes such a dip
    ln_z_err: float = Field(ge=0)
    effective_size: float = Field(ge=0)
    draws: int = Field(ge=0)
    probability: float = Field(ge=0, le=1)


class TimingReport(ReportModel):
    """How far single transits come early or late."""

    amplitude_minutes: float = Field(ge=0)
    amplitude_over_duration: float = Field(ge=0)  # A_TTV / T14
    amplitude_over_period: float = Field(ge=0)
    transits: int = Field(ge=0)
    significant: bool
    #: The false-positive probability of the plain fold.
    fpp_folded: float | None = Field(default=None, ge=0, le=1)
    fpp_folded_err: float | None = Field(default=None, ge=0)
    #: The false-positive probability with each transit moved to its own time, where times differ enough to matter.
    fpp_aligned: float | None = Field(default=None, ge=0, le=1)
    fpp_aligned_err: float | None = Field(default=None, ge=0)
    scrutinise: bool = False  # more than a tenth of the duration: look at the times by eye


class ValidationReport(ReportModel):
    """How likely a false positive is. `reason` says in one sentence what the verdict rests on, or why there is none
    when `outcome` is `not_run`."""

    outcome: Literal["done", "not_run"]
    reason: str
    fpp: float | None = Field(default=None, ge=0, le=1)
    fpp_err: float | None = Field(default=None, ge=0)
    nfpp: float | None = Field(default=None, ge=0, le=1)
    nfpp_err: float | None = Field(default=None, ge=0)
    verdict: ValidationVerdict | None = None
    scenarios: ScenarioProbabilities | None = None
    neighbours: tuple[NeighbourChance, ...] = ()
    evidence: tuple[EvidenceLine, ...] = ()
    timing: TimingReport | None = None
    #: What would change the verdict, one sentence each, the most telling first.
    would_change: tuple[str, ...] = ()
    #: What was assumed for want of data, one sentence each.
    notes: tuple[str, ...] = ()
    seed: int | None = None
    draws: int | None = Field(default=None, ge=0)
    cpu_seconds: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _answer_or_reason(self) -> ValidationReport:
        if not self.reason:
            raise ValueError("a validation needs the sentence that it rests on")
        if self.outcome == "done" and (self.fpp is None or self.nfpp is None or self.verdict is None):
            raise ValueError("a validation that was done needs its probabilities and verdict")
        return self


class EnsembleReport(ReportModel):
    """What the chances, the classifier and the tests say together (`agreement` 0 … 1)."""

    agreement: float | None = Field(default=None, ge=0, le=1)
    planet: float | None = Field(default=None, ge=0, le=1)  # calibrated probability of a planet on this star
    recommendation: str
    disagreements: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()  # opinions that could not be had, and why
