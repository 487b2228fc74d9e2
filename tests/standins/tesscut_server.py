"""TESScut of the stand-in: which sectors saw a place, and cut-outs in a zip, real where the pack has one."""

from __future__ import annotations

import io
import json
import zipfile
from collections import OrderedDict
from typing import Any

from astropy.io import fits

from .faults import Fault
from .holdings import Holdings, Observation
from .pixel_fits import binned, pixel_bytes
from .pixel_holdings import movie_for, sky_of
from .realdata import plain_bytes

#: File, place, sector, camera, CCD, edge in pixels of the pack's real cut-outs.
REAL = (
    ("tess-s0001-4-2_84.291190_-80.469170_6x6_astrocut.fits.gz", 84.29119, -80.46917, 1, 4, 2, 6),
    ("tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits.gz", 107.27, -70.0, 1, 4, 3, 5),
)
_NEAR_DEG = 60.0 / 3600.0
_SAME_DEG = 2.0 / 3600.0


class Tesscut:
    """Answers to `sector` and `astrocut`."""

    def __init__(self, holdings: Holdings) -> None:
        self.holdings = holdings
        self._made: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
        self._cameras: dict[str, tuple[int, int]] = {}

    def sectors(self, ra_deg: float, dec_deg: float) -> dict[str, Any]:
        """The sectors with an observation of a star within an arcminute, and those of the real cut-outs."""
        found = {obs.number: self._camera(obs) for obs in reversed(self._near(ra_deg, dec_deg))}
        for _, ra, dec, sector, camera, ccd, _ in REAL:
            if self._real_path(0) and _apart(ra, dec, ra_deg, dec_deg) < _NEAR_DEG:
                found[sector] = (camera, ccd)
        return {
            "results": [
                {"sectorName": f"tess-s{s:04d}-{c}-{d}", "sector": f"{s:04d}", "camera": str(c), "ccd": str(d)}
                for s, (c, d) in sorted(found.items())
            ]
        }

    def astrocut(self, query: dict[str, str], struck: dict[str, Fault]) -> tuple[str, bytes]:
        """(content type, body): a zip with one file, or the JSON that there is none."""
        try:
            ra_deg, dec_deg, sector = float(query["ra"]), float(query["dec"]), int(query["sector"])
            shape = (int(float(query["y"])), int(float(query["x"])))
        except (KeyError, ValueError):
            return "application/json", json.dumps({"msg": "Missing or invalid parameters"}).encode()
        content, camera, ccd = self._file(ra_deg, dec_deg, sector, shape)
        if content is None:
            words = "No FFI data found for that position" if ra_deg < 360 else "Invalid coordinates"
            return "application/json", json.dumps({"msg": words}).encode()
        name = f"tess-s{sector:04d}-{camera}-{ccd}_{ra_deg:.6f}_{dec_deg:.6f}_{shape[1]}x{shape[0]}_astrocut.fits"
        if "zip-bomb" in struck:
            content = bytes(int(struck["zip-bomb"].value))
        if "bad-checksum" in struck:
            place = len(content) // 2
            content = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            if "zip-slip" in struck:
                name = f"../../../../{name}"
            if "zip-empty" not in struck:
                archive.writestr(name, content)
        body = out.getvalue()
        if "corrupt" in struck:
            body = body[: len(body) // 2] + bytes([body[len(body) // 2] ^ 0xFF]) + body[len(body) // 2 + 1 :]
        return "application/zip", body

    def _file(
        self, ra_deg: float, dec_deg: float, sector: int, shape: tuple[int, int]
    ) -> tuple[bytes | None, int, int]:
        for index, (_, ra, dec, real_sector, camera, ccd, edge) in enumerate(REAL):
            same = sector == real_sector and shape == (edge, edge) and _apart(ra, dec, ra_deg, dec_deg) < _SAME_DEG
            if same and (path := self._real_path(index)) is not None:
                return plain_bytes(path), camera, ccd
        near = [obs for obs in self._near(ra_deg, dec_deg) if obs.number == sector]
        if not near:
            return None, 0, 0
        camera, ccd = self._camera(near[0])
        key = (ra_deg, dec_deg, sector, shape)
        if key not in self._made:
            obs = near[0]
            curve = next(f for f in obs.files if f.subgroup == "LC")
            movie, neighbours = sky_of(self.holdings, movie_for(self.holdings, obs, curve), obs.target_name)
            seconds = 1800.0 if sector <= 26 else 600.0 if sector <= 55 else 200.0
            self._made[key] = pixel_bytes(
                binned(movie, seconds),
                neighbours,
                "cut-out",
                shape=shape,
                centre=(ra_deg, dec_deg),
                camera_ccd=(camera, ccd),
            )
            if len(self._made) > 20:
                self._made.popitem(last=False)
        return self._made[key], camera, ccd

    def _camera(self, obs: Observation) -> tuple[int, int]:
        """Camera and CCD in the header of an observation's light curve; (1, 1) where it has none."""
        if obs.obs_id not in self._cameras:
            curve = next(f for f in obs.files if f.subgroup == "LC")
            head = fits.Header.fromstring(self.holdings.content(curve)[: 20 * 2880].decode("ascii", "replace"))
            self._cameras[obs.obs_id] = (int(head.get("CAMERA") or 1), int(head.get("CCD") or 1))
        return self._cameras[obs.obs_id]

    def _near(self, ra_deg: float, dec_deg: float) -> list[Observation]:
        """TESS observations with a light curve near a place, the nearest and SPOC's first."""
        found = [
            obs
            for obs in self.holdings.observations
            if obs.project == "TESS"
            and any(file.subgroup == "LC" for file in obs.files)
            and _apart(obs.ra_deg, obs.dec_deg, ra_deg, dec_deg) < _NEAR_DEG
        ]
        return sorted(found, key=lambda o: (o.author != "SPOC", _apart(o.ra_deg, o.dec_deg, ra_deg, dec_deg)))

    def _real_path(self, index: int) -> Any:
        path = self.holdings.folder / "pixels" / REAL[index][0]
        return path if path.is_file() else None


def _apart(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    from .portal_answers import separation_deg

    return separation_deg(ra1, dec1, ra2, dec2)
