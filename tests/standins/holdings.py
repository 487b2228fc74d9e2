"""What the stand-in archive holds: observations and their files, made of every light curve that MAST would have."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .catalogue import KIC_TO_TIC, Catalogue
from .kepler_fits import QUARTERS, kepler_bytes, quarter_rows
from .kepler_fits import file_name as kepler_name
from .realdata import number, plain_bytes, plain_size, primary_header, table
from .repacking import MULTISECTOR, of_export, of_npz, of_whole_mission, release_of
from .sectors import SECTORS, file_name
from .spoc_fits import SectorData, spoc_bytes

_MJD_OF_BTJD = 2457000.0 - 2400000.5
_MJD_OF_BKJD = 2454833.0 - 2400000.5
_KEPT_BYTES = 300_000_000


@dataclass(frozen=True)
class File:
    """A file of an observation; `content` makes its bytes."""

    uri: str
    description: str
    subgroup: str
    size: Callable[[], int]
    content: Callable[[], bytes]

    @property
    def name(self) -> str:
        return self.uri.rsplit("/", 1)[-1]


@dataclass
class Observation:
    """A CAOM observation."""

    obs_id: str
    target_name: str
    project: str
    collection: str
    author: str
    number: int | None
    exposure_seconds: float
    ra_deg: float
    dec_deg: float
    start_mjd: float
    stop_mjd: float
    kind: str = "timeseries"
    footprint_deg: float = 0.00138889
    files: list[File] = field(default_factory=list)


class Holdings:
    """All observations of the pack, and the catalogue completed with what the files themselves tell."""

    def __init__(self, folder: Path) -> None:
        from .pixel_holdings import add_pixels

        self.folder = folder
        self.catalogue = Catalogue(folder)
        self.observations: list[Observation] = []
        self._made: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()
        curves = folder / "lightcurves"
        for path in sorted(folder.glob("*tess*_lc.fits.gz")):  # the bundled examples; the simulated one is not of MAST
            self._add_spoc(path)
        for path in sorted((curves / "tess_2min").glob("*.fits.gz")):
            self._add_spoc(path)
        for path in sorted((curves / "tess_ffi").glob("*.fits.gz")):
            self._add_ffi(path)
        for path in sorted((curves / "kepler").glob("*.fits.gz")):
            self._add_kepler(path)
        for path in sorted((curves / "k2").glob("*.fits.gz")):
            self._add_k2(path)
        self._add_kepler_binaries(curves / "kepler_eb")
        self._add_multisector(curves / "multisector")
        self._add_ultracool(curves / "tess_2min_ucd")
        self._add_exports(curves / "tess_2min_lightkurve_export")
        add_pixels(self)
        self.catalogue.finish()
        self.by_id = {str(60000000 + i): obs for i, obs in enumerate(self.observations)}
        self.by_uri = {file.uri: file for obs in self.observations for file in obs.files}

    def content(self, file: File) -> bytes:
        """The bytes of a file, kept for the next range request (up to 40 files of 300 MB together)."""
        with self._lock:
            if file.uri not in self._made:
                self._made[file.uri] = file.content()
                while len(self._made) > 40 or (
                    len(self._made) > 1 and sum(map(len, self._made.values())) > _KEPT_BYTES
                ):
                    self._made.popitem(last=False)
            self._made.move_to_end(file.uri)
            return self._made[file.uri]

    def size(self, file: File) -> int:
        """The length of a file without making it where that is possible."""
        return len(self._made[file.uri]) if file.uri in self._made else file.size()

    # --- TESS -----------------------------------------------------------------------------------------------------

    def _add_spoc(self, path: Path) -> None:
        head = primary_header(path)
        tic_id, sector = int(head["TICID"]), int(head["SECTOR"])
        self.learn_tess(tic_id, head)
        if path.name.endswith("_dvt.fits.gz"):
            uri = f"mast:TESS/product/{path.name.removesuffix('.gz')}"
            self.file_into(self.tess(tic_id, sector, head), path, uri, "Data validation time series", "DVT")
            return
        name = file_name(tic_id, sector)  # two early files have other names at MAST, the content is the same kind
        self.file_into(self.tess(tic_id, sector, head), path, f"mast:TESS/product/{name}", "Light curves", "LC")

    def tess(self, tic_id: int, sector: int, head: dict[str, str]) -> Observation:
        """The SPOC 2-min observation of a star in a sector, made when it is first asked for."""
        obs_id = file_name(tic_id, sector).removesuffix("_lc.fits")
        for obs in self.observations:
            if obs.obs_id == obs_id:
                return obs
        obs = Observation(
            obs_id,
            str(tic_id),
            "TESS",
            "TESS",
            "SPOC",
            sector,
            120.0,
            float(head["RA_OBJ"]),
            float(head["DEC_OBJ"]),
            float(head.get("TSTART") or SECTORS[sector].start_btjd) + _MJD_OF_BTJD,
            float(head.get("TSTOP") or SECTORS[sector].start_btjd + 27) + _MJD_OF_BTJD,
        )
        self.observations.append(obs)
        return obs

    def learn_tess(self, tic_id: int, head: dict[str, str]) -> None:
        """Put the header's star parameters (they are the TIC's) into the catalogue."""
        self.catalogue.add_star(
            tic_id,
            ra=number(head.get("RA_OBJ")),
            dec=number(head.get("DEC_OBJ")),
            Tmag=number(head.get("TESSMAG")),
            Teff=number(head.get("TEFF")),
            logg=number(head.get("LOGG")),
            rad=number(head.get("RADIUS")),
            MH=number(head.get("MH")),
            pmRA=number(head.get("PMRA")),
            pmDEC=number(head.get("PMDEC")),
        )

    def _add_ffi(self, path: Path) -> None:
        """High-level science products: TESS-SPOC, QLP, TASOC, eleanor, TGLC."""
        head, name = primary_header(path), path.name.removesuffix(".gz")
        team = re.match(r"hlsp_([a-z-]+)_tess", name)
        assert team is not None
        author = {"tess-spoc": "TESS-SPOC", "gsfc-eleanor-lite": "GSFC-ELEANOR-LITE"}.get(team[1], team[1].upper())
        number_in_name = re.search(r"(?:-0000000|_s\d{4}-0*|tic0*)(\d{6,})[-_.]", name)
        tic_id = int(head.get("TICID") or (number_in_name[1] if number_in_name else 0))
        sector = int(head["SECTOR"])
        exposure = 600.0 if sector >= 27 else 1800.0
        self.learn_tess(tic_id, head)
        start = SECTORS[sector].start_btjd if sector in SECTORS else 2228.0 if sector == 34 else 0.0
        obs = Observation(
            name.removesuffix(".fits"),
            str(tic_id),
            "TESS",
            "HLSP",
            author,
            sector,
            exposure,
            float(head["RA_OBJ"]),
            float(head["DEC_OBJ"]),
            start + _MJD_OF_BTJD,
            start + 27.0 + _MJD_OF_BTJD,
        )
        self.observations.append(obs)
        self.file_into(obs, path, f"mast:HLSP/{team[1]}/s{sector:04d}/{name}", "FITS light curve", "LC")

    def _add_multisector(self, folder: Path) -> None:
        for name, tic_id, sectors, time_key, clock in MULTISECTOR:
            path = folder / name
            if not path.is_file():
                continue
            for sector in sectors:
                history = f"Photometry of TESS sector {sector}, from {name} of the data pack."
                self._add_made(
                    tic_id, sector,
                    lambda p=path, s=sector, t=tic_id, k=time_key, c=clock, h=history:
                        of_npz(p, t, s, k, history=h, release=release_of(s, c)),
                )  # fmt: skip

    def _add_ultracool(self, folder: Path) -> None:
        for row in table(folder / "index.csv"):
            tic_id, sector, path = int(row["tic_id"]), int(row["sector"]), folder / row["file"]
            if not path.is_file():
                continue
            self.catalogue.add_star(tic_id, ra=number(row["ra"]), dec=number(row["dec"]))
            history = f"Own aperture photometry of TESS sector {sector} (Ilin et al.), not PDCSAP."
            camera, ccd = int(row["camera"]), int(row["ccd"])
            self._add_made(
                tic_id, sector,
                lambda p=path, s=sector, t=tic_id, h=history, c=camera, d=ccd:
                    of_npz(p, t, s, "time_btjd", history=h, release=release_of(s, "first"), camera=c, ccd=d),
            )  # fmt: skip

    def _add_exports(self, folder: Path) -> None:
        for path in sorted(folder.glob("TIC_*_TESS_Sector_*.fits.gz")):
            match = re.match(r"TIC_(\d+)_TESS_Sector_(\d+)", path.name)
            assert match is not None
            tic_id, sector = int(match[1]), int(match[2])
            head = primary_header(path)
            self.catalogue.add_star(tic_id, ra=number(head.get("RA_OBJ")), dec=number(head.get("DEC_OBJ")))
            self._add_made(tic_id, sector, lambda p=path, s=sector, t=tic_id: of_export(p, t, s))

    def _add_made(self, tic_id: int, sector: int, make: Callable[[], SectorData]) -> None:
        """An observation whose file is written when somebody asks for it."""
        row = self.catalogue.tic[tic_id]
        head = {"RA_OBJ": str(row["ra"]), "DEC_OBJ": str(row["dec"])}
        star = {
            "RA_OBJ": row["ra"],
            "DEC_OBJ": row["dec"],
            "TESSMAG": row.get("Tmag"),
            "TEFF": row.get("Teff"),
            "LOGG": row.get("logg"),
            "RADIUS": row.get("rad"),
        }
        uri = f"mast:TESS/product/{file_name(tic_id, sector)}"

        def content() -> bytes:
            return spoc_bytes(make(), star)

        file = self._made_file(uri, "Light curves", "LC", content)
        obs = self.tess(tic_id, sector, head)
        if not any(other.uri == uri for other in obs.files):  # a file of MAST's own is better
            obs.files.append(file)

    # --- Kepler and K2 --------------------------------------------------------------------------------------------

    def _add_kepler(self, path: Path) -> None:
        head, name = primary_header(path), path.name.removesuffix(".gz")
        kic, quarter = int(head["KEPLERID"]), int(head["QUARTER"])
        obs = self.kepler(kic, float(head["RA_OBJ"]), float(head["DEC_OBJ"]))
        uri = kepler_uri(kic, name)
        self.file_into(obs, path, uri, f"Lightcurve Long Cadence (CLC) - Q{quarter}", "CLC")

    def kepler(self, kic: int, ra_deg: float, dec_deg: float) -> Observation:
        """The one long-cadence observation of a Kepler star, made when it is first asked for."""
        target = f"kplr{kic:09d}"
        obs = next((o for o in self.observations if o.target_name == target), None)
        if obs is None:
            obs = Observation(
                f"{target}_lc_Q111111111111111111",
                target,
                "Kepler",
                "Kepler",
                "Kepler",
                None,
                1800.0,
                ra_deg,
                dec_deg,
                54953.0,
                56424.0,
                kind="cube",
            )
            self.observations.append(obs)
            self.catalogue.add_name(f"KIC {kic}", f"KIC {kic}", obs.ra_deg, obs.dec_deg)
            tic_id = KIC_TO_TIC.get(kic)
            if tic_id:
                self.catalogue.add_star(tic_id, KIC=kic, ra=obs.ra_deg, dec=obs.dec_deg)
        return obs

    def _add_kepler_binaries(self, folder: Path) -> None:
        """Eclipsing binaries over the whole mission; those that were identified have a KIC number."""
        places = {int(row["KIC"]): row for row in table(self.folder / "catalogues" / "kepler_eb_catalogue.csv.gz")}
        for entry in table(folder / "index.csv"):
            kic = int(entry["star"].removeprefix("KIC")) if entry["star"].startswith("KIC") else 0
            if kic not in places or entry["identified_by_us"] != "True" or not (folder / entry["file"]).is_file():
                continue
            row = places[kic]
            star = {
                "RA_OBJ": float(row["ra"]),
                "DEC_OBJ": float(row["dec"]),
                "KEPMAG": number(row["kmag"]),
                "TEFF": number(row["Teff"]),
            }
            obs = self.kepler(kic, float(row["ra"]), float(row["dec"]))
            with np.load(folder / entry["file"]) as arrays:
                time = arrays["time_bkjd"]
            for quarter in QUARTERS:
                if not np.any(quarter_rows(time, quarter)):
                    continue
                uri = kepler_uri(kic, kepler_name(kic, quarter))

                def content(
                    path: Path = folder / entry["file"],
                    quarter: int = quarter,
                    kic: int = kic,
                    star: dict[str, float | None] = star,
                ) -> bytes:
                    return kepler_bytes(of_whole_mission(path, kic, quarter), star)

                obs.files.append(self._made_file(uri, f"Lightcurve Long Cadence (CLC) - Q{quarter}", "CLC", content))

    def _add_k2(self, path: Path) -> None:
        head, name = primary_header(path), path.name.removesuffix(".gz")
        epic, campaign = int(head["KEPLERID"]), int(head["CAMPAIGN"])
        target, hlsp = f"ktwo{epic:09d}", name.startswith("hlsp_k2sff")
        obs = Observation(
            name.removesuffix(".fits") if hlsp else f"{target}-c{campaign:02d}_lc",
            target,
            "K2",
            "HLSP" if hlsp else "K2",
            "K2SFF" if hlsp else "K2",
            campaign,
            1800.0,
            float(head["RA_OBJ"]),
            float(head["DEC_OBJ"]),
            56800.0 + 85 * campaign,
            56880.0 + 85 * campaign,
            kind="timeseries" if hlsp else "cube",
        )
        self.observations.append(obs)
        self.catalogue.add_name(f"EPIC {epic}", f"EPIC {epic}", obs.ra_deg, obs.dec_deg)
        folder = f"HLSP/k2sff/c{campaign:02d}" if hlsp else f"K2/url/missions/k2/lightcurves/c{campaign}"
        self.file_into(obs, path, f"mast:{folder}/{name}", f"Lightcurve Long Cadence (KLC) - C{campaign:02d}", "LLC")

    def _made_file(self, uri: str, description: str, subgroup: str, content: Callable[[], bytes]) -> File:
        """A file that is written when somebody wants it or its length."""

        def size() -> int:
            return len(self.content(file))

        file = File(uri, description, subgroup, size, content)
        return file

    def file_into(self, obs: Observation, path: Path, uri: str, description: str, subgroup: str) -> None:
        obs.files.append(File(uri, description, subgroup, lambda: plain_size(path), lambda: plain_bytes(path)))


def kepler_uri(kic: int, name: str) -> str:
    """The address of a Kepler light curve at MAST."""
    return f"mast:KEPLER/url/missions/kepler/lightcurves/{kic:09d}"[:-5] + f"/{kic:09d}/{name}"
