"""Made skies for tests: neighbours, and images of a few pixels with one star that dims. Seeded."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.vetting_report import NeighbourReport, PixelsReport, SectorOffset

PIXEL = 21.0 / 3600
SIZE = 11


def field_of(n: int, able: dict[int, float], hosts: dict[int, float] | None = None) -> tuple[NeighbourReport, ...]:
    """The target and `n` neighbours farther and farther out; `able`: number → share of its light it must lose."""
    rng = np.random.default_rng(8)
    hosts = hosts or {}
    stars = [
        NeighbourReport(
            name="TIC 1", tic_id=1, ra_deg=10, dec_deg=20, separation_arcsec=0, position_angle_deg=0, tmag=10.5,
            light_share=0.9976, needed_depth=0.0015, host_probability=hosts.get(-1), is_target=True,
        )
    ]  # fmt: skip
    letters = iter("ABCDEFG")
    for k in range(n):
        can = k in able
        stars.append(
            NeighbourReport(
                name=f"TIC {100100 + k}",
                letter=next(letters) if can else "",
                gaia_id=str(5_000_000_000 + k),
                ra_deg=10,
                dec_deg=20,
                separation_arcsec=26.0 + 4.1 * k,
                position_angle_deg=float(rng.uniform(0, 360)),
                tmag=float(rng.uniform(12.4, 14.0) if can else rng.uniform(14.5, 20)),
                light_share=0.0014 if can else 10 ** float(rng.uniform(-7, -3.3)),
                needed_depth=able.get(k, float(rng.uniform(2, 400))),
                can_do_it=can,
                host_probability=hosts.get(k, 0.0 if hosts else None),
                words="Possible" if can else "Cannot do it",
            )
        )
    return tuple(stars)


def sky_document(
    neighbours: tuple[NeighbourReport, ...], source: int | None, sectors: tuple[str, ...]
) -> dict[str, Any]:
    """Images of a Gaussian's stars; the light lost lies on neighbour `source`, None for the target."""
    made = []
    for number, label in enumerate(sectors):
        turn = np.radians(25 + 140 * number)
        # columns run west for no turn: the sky as it is seen from inside the sphere
        cd = PIXEL * np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        target = (5.2 - 0.3 * number, 4.9 + 0.2 * number)
        rng = np.random.default_rng(20 + number)
        rows, columns = np.mgrid[0:SIZE, 0:SIZE]
        image, difference = rng.normal(100, 2, (SIZE, SIZE)), rng.normal(0, 1.2, (SIZE, SIZE))
        stars, at_source = [], target
        for k, star in enumerate(neighbours):
            angle = np.radians(star.position_angle_deg)
            sky = np.array([np.sin(angle), np.cos(angle)]) * star.separation_arcsec / 3600
            step = np.linalg.inv(cd) @ sky
            column, row = target[0] + step[0], target[1] + step[1]
            shape = np.exp(-((columns - column) ** 2 + (rows - row) ** 2) / (2 * 0.75**2)) / (2 * np.pi * 0.75**2)
            image += 1e4 * 10 ** (-0.4 * (star.tmag - 10.5)) * shape
            if k == 0 if source is None else k == source + 1:
                difference, at_source = difference + 180 * shape, (column, row)
            if abs(column - 5) < 8 and abs(row - 5) < 8:
                stars.append({
                    "name": star.name, "letter": star.letter, "column": column, "row": row, "tmag": star.tmag,
                    "separation_arcsec": star.separation_arcsec,
                })  # fmt: skip
        aperture = (np.hypot(columns - target[0], rows - target[1]) < 1.9).astype(int)
        values = image.ravel().tolist()
        values[0] = None
        made.append({
            "label": label, "rows": SIZE, "columns": SIZE, "out": values, "difference": difference.ravel().tolist(),
            "difference_err": [1.2] * SIZE**2, "aperture": aperture.ravel().tolist(), "cd": cd.tolist(),
            "target": {"column": target[0], "row": target[1]},
            "measured": {"column": at_source[0] + 0.05, "row": at_source[1] - 0.04, "err_px": 0.12},
            "stars": stars, "used": number < 2, "why_not": "" if number < 2 else "too few frames inside the dips",
        })  # fmt: skip
    return {"sectors": made}


def pixels_of(east: float, north: float, sigma: float) -> PixelsReport:
    """Where the dips come from, three sectors together."""
    offset = float(np.hypot(east, north))
    return PixelsReport(
        offset_arcsec=offset,
        offset_err_arcsec=1.3,
        offset_px=offset / 21,
        offset_sigma=sigma,
        offset_east_arcsec=east,
        offset_north_arcsec=north,
        sectors=(
            SectorOffset(label="S1", used=True, snr=22.0),
            SectorOffset(label="S2", used=True, snr=18.0),
            SectorOffset(label="S28", used=False, why_not="too few frames inside the dips"),
        ),
        prf="Gaussian, 0.75 px",
    )
