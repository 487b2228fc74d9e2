"""The part of the report that says how well planet and transit are known: the posterior in numbers, or why not."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from data.report_model import ReportModel


class FittedParameter(ReportModel):
    """One parameter's posterior. Bounds are values, not differences.

    Where the posterior touches its physical lower (upper) limit, `upper95` (`lower95`) holds the one-sided 95 % limit
    that is told in place of an error. `ess` is the smaller of bulk and tail.
    """

    median: float
    lo68: float
    hi68: float
    lo95: float
    hi95: float
    mode: float | None = None
    hdi68: tuple[float, float] | None = None  # shortest interval
    hdi95: tuple[float, float] | None = None
    upper95: float | None = None
    lower95: float | None = None
    unit: str = ""
    sampled: bool
    rhat: float | None = None
    ess: float | None = None
    ess_bulk: float | None = None
    ess_tail: float | None = None
    tau_steps: float | None = None


class ParameterConvergence(ReportModel):
    """How far the sampling of one parameter came; told whether the fit converged or not."""

    rhat: float | None = None
    ess_bulk: float | None = None
    ess_tail: float | None = None
    tau_steps: float | None = None
    sampled: bool = True


class FitResiduals(ReportModel):
    """What the best model leaves. `red_factor`: scatter of averages over a transit's length against that of white
    noise (1 = white). The curve shows how the scatter falls with the time averaged over."""

    scatter_ppm: float | None = None
    red_factor: float | None = None
    bins_minutes: tuple[float, ...] = ()
    scatter_binned_ppm: tuple[float | None, ...] = ()
    scatter_expected_ppm: tuple[float | None, ...] = ()


class FittedTransit(ReportModel):
    """One transit measured by itself, against the linear ephemeris of all."""

    epoch: int
    time_bjd: float
    error_days: float
    minutes_late: float
    snr: float | None = None
    coverage: float | None = None  # share of the transit with data


class UntimedTransit(ReportModel):
    """A transit that the data touch but cannot time."""

    epoch: int
    expected_bjd: float
    reason: str


class TimingReport(ReportModel):
    """What the transit times say together; "not_run" where there are too few. `numbers` holds chi2, degrees, chance,
    rms_minutes, amplitude_minutes, amplitude_per_duration, amplitude_per_period and those of sinusoid and chopping."""

    outcome: Literal["regular", "varies", "not_run"]
    sentences: tuple[str, ...]
    numbers: dict[str, float | None] = Field(default_factory=dict)


class DensityComparison(ReportModel):
    """The star's density as the transit gives it and as mass and radius do, g/cm3; a test of the signal as well.
    `numbers` holds ratio, eccentricity_least, eccentricity_likely and other_light_share: what would explain it."""

    transit_gcc: float
    transit_lo68_gcc: float
    transit_hi68_gcc: float
    star_gcc: float | None = None
    sigma: float | None = None
    outcome: Literal["pass", "warn", "fail", "not_run"]
    sentence: str
    numbers: dict[str, float | None] = Field(default_factory=dict)


class FitReport(ReportModel):
    """The fit of one signal. Where it has not converged there are no parameters, only `reason` and diagnostics."""

    converged: bool
    reason: str = ""  # a sentence: why there are no numbers; "" where converged
    parameters: dict[str, FittedParameter] = Field(default_factory=dict)
    diagnostics: dict[str, ParameterConvergence] = Field(default_factory=dict)
    best: dict[str, float] = Field(default_factory=dict)  # the most probable sample
    rhat: float | None = None  # the largest of all parameters
    ess: float | None = None  # the smallest
    tau_steps: float | None = None  # the longest
    steps: int = 0  # kept, of each ensemble
    discarded: int = 0
    n_ensembles: int = 0
    n_walkers: int = 0
    acceptance: float | None = None
    seed: int = 0
    settings: dict[str, object] = Field(default_factory=dict)
    data_mode: str = ""
    n_points: int = 0
    n_points_raw: int = 0  # before averaging
    residuals: FitResiduals = FitResiduals()
    transit_times: tuple[FittedTransit, ...] = ()
    untimed: tuple[UntimedTransit, ...] = ()
    timing: TimingReport | None = None
    density: DensityComparison | None = None
    together: tuple[int, ...] = ()  # signals that were fitted jointly, this one included
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    fingerprint: str = ""  # of light, start and settings: equal ones give equal numbers
    created: str = ""

    @model_validator(mode="after")
    def _no_numbers_without_proof(self) -> FitReport:
        if not self.converged and (self.parameters or self.best or self.transit_times or self.density or self.timing):
            raise ValueError("A fit that has not converged tells no numbers.")
        if not self.converged and not self.reason:
            raise ValueError("A fit that has not converged says why.")
        return self


class FitProgress(ReportModel):
    """How a running fit stands. `history`: (steps, R-hat, ESS) at the looks so far."""

    fraction: float = 0.0
    steps: int = 0
    rhat: float | None = None
    ess: float | None = None
    tau_steps: float | None = None
    acceptance: float | None = None
    seconds: float = 0.0
    words: str = ""
    history: tuple[tuple[int, float | None, float | None], ...] = ()
