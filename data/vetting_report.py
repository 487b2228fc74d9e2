"""The part of the report that says whether a signal can be a planet of this star: tests, pixels, neighbours."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from data.report_model import ReportModel

Outcome = Literal["pass", "warn", "fail", "not_run"]
TestGroup = Literal["light", "pixels", "neighbours", "star", "catalogue"]
Fault = Literal["noise", "systematic", "variability", "eclipsing_binary", "neighbour", "too_large"]
VettingOutcome = Literal["passed", "look", "failed", "not_judged"]


class PictureSeries(ReportModel):
    """One layer of a picture."""

    style: Literal["dots", "odd", "even", "line", "level", "mark"]
    x: tuple[float, ...]
    y: tuple[float, ...]
    err: tuple[float, ...] | None = None
    label: str = ""


class TestPicture(ReportModel):
    """What a test looked at; `summary` says in words what the picture shows."""

    series: tuple[PictureSeries, ...]
    x_label: str
    y_label: str
    summary: str


class VettingTest(ReportModel):
    """One test of one signal. `title` states the good outcome; `reason` is the sentence with the numbers, or why the
    test was not run. The value passes while it is `limit` (at most, at least) the threshold, both in `unit`."""

    title: str
    question: str = ""
    group: TestGroup
    outcome: Outcome
    value: float | None = None
    threshold: float | None = None
    limit: Literal["at_most", "at_least"] = "at_most"
    unit: str = ""
    reason: str
    decisive: bool = True  # a failure of this test alone decides
    fault: Fault | None = None
    numbers: dict[str, float | None] = Field(default_factory=dict)
    picture: TestPicture | None = None
    windows_bjd: tuple[tuple[float, float], ...] = ()  # whose points carry the result


class VettingVerdict(ReportModel):
    """What all tests of a signal together say. `worst_test` is the key of the test that weighs most ("" where all
    pass); `fault` the physical reason of a failure."""

    outcome: VettingOutcome
    fault: Fault | None = None
    headline: str
    sentences: tuple[str, ...] = ()
    worst_test: str = ""
    n_pass: int = 0
    n_warn: int = 0
    n_fail: int = 0
    n_not_run: int = 0


class SectorOffset(ReportModel):
    """Where one sector's difference image puts the dips."""

    label: str
    used: bool
    why_not: str = ""  # where it was not used
    snr: float | None = None  # of the difference image
    offset_east_arcsec: float | None = None
    offset_north_arcsec: float | None = None
    offset_err_arcsec: float | None = None


class PixelsReport(ReportModel):
    """Where the dips come from, all sectors together; offsets from the target's catalogue position."""

    offset_arcsec: float | None = None
    offset_err_arcsec: float | None = None
    offset_px: float | None = None
    offset_sigma: float | None = None
    offset_east_arcsec: float | None = None
    offset_north_arcsec: float | None = None
    centroid_offset_arcsec: float | None = None  # from the flux-weighted centroids
    centroid_offset_sigma: float | None = None
    sectors: tuple[SectorOffset, ...] = ()
    prf: str = ""  # which point response was used


class NeighbourReport(ReportModel):
    """A star in the picture. `light_share` is its part of the light measured, `needed_depth` the share of its own light
    that it would have to lose to make the dips (above 1: it cannot)."""

    name: str
    letter: str = ""  # "A", "B" … for stars able to fake the dips
    gaia_id: str | None = None
    tic_id: int | None = None
    ra_deg: float
    dec_deg: float
    separation_arcsec: float
    position_angle_deg: float
    tmag: float
    tmag_source: str = ""
    light_share: float | None = None
    needed_depth: float | None = None
    can_do_it: bool | None = None
    host_probability: float | None = None
    ruwe: float | None = None
    is_target: bool = False
    words: str = ""  # "Cannot do it", "Possible"


class ContaminationReport(ReportModel):
    """How much of the measured light is the target's, and what that means for depth and size."""

    target_share: float | None = None  # from the catalogue stars in the aperture
    aperture: str = ""  # "pipeline aperture", "circle of 3 pixels, since no pixels were fetched"
    crowding: float | None = None  # CROWDSAP, mean of the sectors
    flux_fraction: float | None = None  # FLFRCSAP
    tic_contratio: float | None = None
    already_corrected: bool | None = None
    depth_measured_ppm: float | None = None
    depth_corrected_ppm: float | None = None
    depth_corrected_ppm_err: float | None = None
    radius_earth: float | None = None
    radius_earth_err: float | None = None
    sentence: str = ""


class FlareReport(ReportModel):
    """One flare."""

    time_bjd: float
    amplitude: float  # relative flux
    duration_minutes: float
    equivalent_duration_s: float | None = None


class VariabilityReport(ReportModel):
    """What kind of variable the star is. `label` "not_decided" where no class is likely enough."""

    label: str
    words: str
    probabilities: dict[str, float] = Field(default_factory=dict)
    rotation_period_days: float | None = None
    rotation_period_days_err: float | None = None
    amplitude_ppm: float | None = None
    flares: tuple[FlareReport, ...] = ()
    sentence: str = ""


class FieldReport(ReportModel):
    """Which catalogues know the stars around the target, and when they were asked."""

    catalogues: tuple[str, ...] = ()
    radius_arcsec: float | None = None
    n_stars: int = 0
    complete: bool = True
    gaia_id: str | None = None  # of the target
    ruwe: float | None = None
    non_single_star: int | None = None
    sectors_observed: tuple[int, ...] = ()
    pixels: tuple[str, ...] = ()  # labels of the sectors whose pixels were used
    why_no_field: str = ""
    why_no_pixels: str = ""
    notes: tuple[str, ...] = ()
