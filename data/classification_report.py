"""The part of the report that says what kind of signal the classifier takes it for, or why it was not asked."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from data.report_model import ReportModel

SignalClass = Literal["planet", "eb", "beb", "variable", "artifact", "no_signal"]
Branch = Literal["global", "local", "secondary", "scalars"]


class ClassProbabilities(ReportModel):
    """Calibrated probabilities of the six classes; they add up to 1."""

    planet: float = Field(ge=0, le=1)
    eb: float = Field(ge=0, le=1)
    beb: float = Field(ge=0, le=1)
    variable: float = Field(ge=0, le=1)
    artifact: float = Field(ge=0, le=1)
    no_signal: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _adds_up(self) -> ClassProbabilities:
        total = self.planet + self.eb + self.beb + self.variable + self.artifact + self.no_signal
        if abs(total - 1.0) > 0.01:
            raise ValueError(f"the six probabilities add up to {total:.3f}, not to 1")
        return self


class BranchChange(ReportModel):
    """Change of the planet probability when one input is replaced by a flat one: negative spoke for a planet."""

    branch: Branch
    change: float = Field(ge=-1, le=1)


class Classification(ReportModel):
    """The classifier's answer on one signal. `reason` says why there is none when `outcome` is `not_run`."""

    outcome: Literal["done", "not_run"]
    label: SignalClass | None = None
    probabilities: ClassProbabilities | None = None
    student_probabilities: ClassProbabilities | None = None
    #: Probability of a planet with the vetting numbers weighed in, where they were known and the model can.
    planet_with_vetting: float | None = Field(default=None, ge=0, le=1)
    explanation: tuple[BranchChange, ...] = ()
    model_version: str | None = None
    reason: str | None = None

    @model_validator(mode="after")
    def _answer_or_reason(self) -> Classification:
        if self.outcome == "not_run" and not self.reason:
            raise ValueError("a classification that was not run needs its reason")
        if self.outcome == "done" and (self.label is None or self.probabilities is None or not self.model_version):
            raise ValueError("a classification needs its label, probabilities and model version")
        return self
