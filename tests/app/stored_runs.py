"""Runs for tests, stored as a worker stores them: made light, and honest reports of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlmodel import Session

from data import lake
from data.report import (
    InputFile,
    OddEven,
    PeriodogramReport,
    Provenance,
    Quantity,
    Report,
    SectorReport,
    SignalReport,
    StellarReport,
    Verdict,
)
from data.requests import CleanChoice, DataChoice, RunRequest
from data.session import LOCAL_USER_ID
from data.tables import Run, StoredFile, utc_now
from jobs import cleaning
from jobs.context import MemoryContext
from science.lightcurve import DetrendedCurve
from tests.app.made_light import BJD_OFFSET, INNER, NOISE_PPM, OUTER, Planet, made_light, periodogram


def signal_report(curve: DetrendedCurve, planet: Planet, index: int, **changes: Any) -> SignalReport:
    """What a perfect search would say of a planet in this curve: depth and error measured, the rest the truth."""
    t = curve.curve.time_bjd - BJD_OFFSET
    hours = (t - planet.epoch_btjd - np.round((t - planet.epoch_btjd) / planet.period_days) * planet.period_days) * 24
    inside = (np.abs(hours) < planet.duration_hours / 2) & curve.use
    depth = float(-np.mean(curve.flux[inside] - 1) * 1e6)
    error = float(np.std(curve.flux[inside]) * 1e6 / np.sqrt(inside.sum()))
    numbers = np.unique(np.round((t[inside] - planet.epoch_btjd) / planet.period_days))
    middle = planet.epoch_btjd + planet.period_days * numbers[len(numbers) // 2]
    x = np.linspace(-1.5, 1.5, 121) * planet.duration_hours
    given: dict[str, Any] = {
        "index": index,
        "period_days": planet.period_days,
        "period_days_err": 0.0004,
        "epoch_bjd": middle + BJD_OFFSET,
        "epoch_bjd_err": 0.001,
        "duration_hours": planet.duration_hours,
        "duration_hours_err": 0.1,
        "depth_ppm": depth,
        "depth_ppm_err": error,
        "sde": 25.0 - 5 * index,
        "snr": depth / error,
        "snr_white": 1.2 * depth / error,
        "fap": 1e-4,
        "fap_lo": 0.0,
        "fap_hi": 3e-4,
        "fap_method": "white-noise table",
        "n_transits": len(numbers),
        "radius_ratio": 0.038,
        "radius_earth": 4.1,
        "radius_earth_err": 0.3,
        "kind": "dip",
        "convincing": True,
        "reasons": ("The dips are equally deep.",),
        "odd_even": OddEven(odd_ppm=depth, odd_ppm_err=error, even_ppm=depth, even_ppm_err=error, sigma=0.4),
        "secondary_ppm": 3.0,
        "secondary_ppm_err": 30.0,
        "transit_times_bjd": tuple(planet.epoch_btjd + planet.period_days * n + BJD_OFFSET for n in numbers),
        "model_phase_hours": tuple(x.tolist()),
        "model_ppm": tuple(np.where(np.abs(x) < planet.duration_hours / 2, -depth, 0.0).tolist()),
    }
    return SignalReport(**{**given, **changes})


def made_report(
    curve: DetrendedCurve,
    run_id: str,
    *,
    title: str = "Test star",
    signals: tuple[SignalReport, ...] = (),
    rejected: SignalReport | None = None,
    verdict: Verdict,
    simulated: bool = False,
) -> Report:
    """A report over a made curve."""
    c = curve.curve
    lines = []
    for number, label in enumerate(c.labels):
        inside = c.sector == number
        lines.append(
            SectorReport(
                label=label,
                mission="TESS",
                number=int(label[1:]) if label[1:].isdigit() else None,
                pipeline="SPOC",
                cadence_seconds=600,
                exposure_seconds=600,
                points=int(inside.sum()),
                points_used=int((inside & curve.use).sum()),
                start_bjd=float(c.time_bjd[inside][0]),
                stop_bjd=float(c.time_bjd[inside][-1]),
                noise_ppm=NOISE_PPM,
                crowding=0.98,
                source=f"{label}.fits",
                simulated=simulated,
            )
        )
    shown = signals or ((rejected,) if rejected else ())
    rounds = tuple(
        PeriodogramReport(
            round=k,
            engine="larun",
            n_periods=6000,
            period_min_days=0.5,
            period_max_days=20.0,
            best_period_days=s.period_days,
            sde=s.sde,
            threshold_sde=8.0,
            threshold_words="Noise alone passes the dashed line once in 1 000 searches.",
        )
        for k, s in enumerate(shown, start=1)
    )
    return Report(
        run_id=run_id,
        target="TIC 1",
        title=title,
        simulated=simulated,
        sectors=tuple(lines),
        stellar=StellarReport(
            name=title,
            tic_id=1,
            tmag=10.5,
            distance_pc=113.0,
            radius_sun=Quantity(value=0.78, error=0.05, source="TIC 8.2"),
            teff_k=Quantity(value=5100.0, error=120.0, source="TIC 8.2"),
            words="Orange dwarf, 10.5 mag",
        ),
        signals=signals,
        best_rejected=rejected,
        periodograms=rounds,
        verdict=verdict,
        span_days=float(c.time_bjd[-1] - c.time_bjd[0]),
        provenance=Provenance(
            versions={"larun": "0.1.0", "numpy": np.__version__},
            settings={"request": {"search": {"preset": "standard"}}, "detrend_window_days": 1.0},
            seed=1,
            inputs=(InputFile(name="S1.fits", sha256="ab" * 32, origin="upload"),),
            timings={"fetch": 0.4, "clean": 1.2, "search": 3.1},
            created="2026-11-22T09:00:00+00:00",
        ),
        warnings=("Time stamps of early sectors were put right by 2 seconds.",),
    )


CONVINCING = Verdict(
    kind="signal",
    tone="pass",
    headline="A dip that repeats every 4.2 days",
    sentences=("The dips are equally deep.", "Noise alone would do as well in 1 in 10 000 searches."),
    not_done=("Whether the dips come from this star or a neighbour in the same pixels.",),
    sensitivity="Planets over 2.1 Earths with a year under 10 days would have shown.",
)
NOTHING = Verdict(
    kind="nothing",
    tone="none",
    headline="Nothing convincing found",
    sentences=("The strongest repeat stays below what noise makes by itself.",),
    sensitivity="Planets over 2.1 Earths with a year under 10 days would have shown.",
)
BINARY = Verdict(
    kind="binary",
    tone="fail",
    headline="Two stars, not a planet",
    sentences=("Every second dip is shallower: two stars take turns.",),
)


def store(
    session: Session,
    curve: DetrendedCurve | None,
    *,
    owner_id: str = LOCAL_USER_ID,
    run_id: str,
    state: str = "done",
    title: str = "Test star",
    error: str = "",
    report: Report | None = None,
    parent_run_id: str | None = None,
    hidden: tuple[dict[str, float], ...] = (),
) -> Run:
    """Put a run, its report and its series into database and lake."""
    request = RunRequest(
        data=DataChoice(kind="upload", target=title, upload_ids=("u1",)),
        clean=CleanChoice.model_validate({"hidden": hidden}),
    )
    run = Run(
        id=run_id,
        owner_id=owner_id,
        title=title,
        target="TIC 1",
        state=state,
        request=request.model_dump(mode="json"),
        error=error,
        parent_run_id=parent_run_id,
        finished_at=utc_now() if state in ("done", "failed", "cancelled") else None,
    )
    if report is not None:
        first = report.signals[0] if report.signals else report.best_rejected
        run.headline, run.verdict_kind, run.tone = (
            report.verdict.headline,
            report.verdict.kind,
            report.verdict.tone,
        )
        run.simulated = report.simulated
        if first is not None:
            run.period_days, run.depth_ppm, run.snr = first.period_days, first.depth_ppm, first.snr
            x = np.linspace(-2, 2, 64)
            run.thumbnail = np.where(np.abs(x) < 0.5, -first.depth_ppm, 0.0).tolist()
    session.add(run)
    session.flush()
    if curve is not None and report is not None:
        made = MemoryContext(run_id)
        cleaning.store(curve, request.clean, made)
        shown = report.signals or ((report.best_rejected,) if report.best_rejected else ())
        for k, line in enumerate(report.periodograms, start=1):
            peaks = tuple((s.period_days, s.sde) for s in shown[k - 1 :])
            made.save_columns(f"periodogram-{line.round}", periodogram(peaks), {"threshold": 8.0})
        for kind, (columns, meta) in made.columns.items():
            _file(session, run, kind, lake.write_columns(kind, columns, meta))
        _file(session, run, "report", lake.write_document("report", report.model_dump(mode="json")))
    return run


def _file(session: Session, run: Run, kind: str, info: lake.StoredFileInfo) -> None:
    session.add(
        StoredFile(
            run_id=run.id,
            owner_id=run.owner_id,
            kind=kind,
            path=info.path,
            sha256=info.sha256,
            bytes=info.bytes,
            rows=info.rows,
            meta=dict(info.meta),
        )
    )


def store_all(session: Session, owner_id: str = LOCAL_USER_ID) -> dict[str, str]:
    """One run of each kind a page must show; name → run id. One of them belongs to somebody else."""
    from data.tables import User

    light = made_light()
    both = (signal_report(light, INNER, 1), signal_report(light, OUTER, 2))
    store(
        session,
        light,
        owner_id=owner_id,
        run_id="twoplanets22",
        title="Test star",
        report=made_report(light, "twoplanets22", signals=both, verdict=CONVINCING),
    )
    quiet = made_light(planets=(), seed=5)
    weak = signal_report(
        quiet,
        Planet(3.3, 1326.0, 2.5, 40.0),
        1,
        sde=5.1,
        snr=4.2,
        fap=0.4,
        fap_hi=0.5,
        convincing=False,
        depth_ppm=60.0,
        reasons=("Weaker than what noise makes by itself.",),
    )
    store(
        session,
        quiet,
        owner_id=owner_id,
        run_id="nothinghere2",
        title="Quiet star",
        report=made_report(quiet, "nothinghere2", title="Quiet star", rejected=weak, verdict=NOTHING),
    )
    pair = Planet(2.6, 1326.2, 3.5, 60000.0, even_depth_ppm=35000.0)
    stars = made_light(planets=(pair,), seed=6)
    eclipse = signal_report(stars, pair, 1, kind="binary", convincing=False)
    store(
        session,
        stars,
        owner_id=owner_id,
        run_id="twostars2222",
        title="Made pair",
        report=made_report(
            stars, "twostars2222", title="Made pair", signals=(eclipse,), verdict=BINARY, simulated=True
        ),
    )
    store(
        session,
        None,
        owner_id=owner_id,
        run_id="failedrun222",
        title="No light",
        state="failed",
        error="The archive did not answer. Nothing is lost.",
    )
    store(session, None, owner_id=owner_id, run_id="stoppedrun22", title="Stopped star", state="cancelled")
    session.add(User(id="somebody", name="Somebody else", kind="account"))
    session.flush()
    store(
        session,
        quiet,
        owner_id="somebody",
        run_id="notmine22222",
        title="Secret star",
        report=made_report(quiet, "notmine22222", title="Secret star", rejected=weak, verdict=NOTHING),
    )
    return {
        "planets": "twoplanets22",
        "nothing": "nothinghere2",
        "binary": "twostars2222",
        "failed": "failedrun222",
        "cancelled": "stoppedrun22",
        "other": "notmine22222",
    }
