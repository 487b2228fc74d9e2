"""The stars that the stand-in knows: TIC rows, names with positions, planet tables, all from the data pack."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

from .realdata import number, plain_bytes, table

Row = dict[str, Any]

#: Columns of the TIC that the stand-in gives, with the type that MAST declares for each.
TIC_FIELDS: dict[str, str] = {
    "ID": "string",
    "version": "string",
    "HIP": "int",
    "GAIA": "string",
    "KIC": "int",
    "objType": "string",
    "ra": "float",
    "dec": "float",
    "pmRA": "float",
    "e_pmRA": "float",
    "pmDEC": "float",
    "e_pmDEC": "float",
    "plx": "float",
    "e_plx": "float",
    "GAIAmag": "float",
    "e_GAIAmag": "float",
    "gaiabp": "float",
    "gaiarp": "float",
    "Jmag": "float",
    "Kmag": "float",
    "Tmag": "float",
    "e_Tmag": "float",
    "Teff": "float",
    "e_Teff": "float",
    "logg": "float",
    "e_logg": "float",
    "MH": "float",
    "e_MH": "float",
    "rad": "float",
    "e_rad": "float",
    "mass": "float",
    "e_mass": "float",
    "rho": "float",
    "e_rho": "float",
    "lumclass": "string",
    "d": "float",
    "e_d": "float",
    "numcont": "int",
    "contratio": "float",
    "disposition": "string",
    "duplicate_id": "string",
    "objID": "string",
}

#: Spellings that no catalogue of the pack has. The number is the star's TIC number.
ALIASES: dict[str, tuple[str, int]] = {
    "pi mensae": ("* pi. Men", 261136679),
    "pi men": ("* pi. Men", 261136679),
    "hd 39091": ("* pi. Men", 261136679),
    "toi-144": ("* pi. Men", 261136679),
    "au mic": ("V* AU Mic", 441420236),
    "au microscopii": ("V* AU Mic", 441420236),
    "gj 357": ("GJ 357", 413248763),
    "wasp-4": ("WASP-4", 402026209),
    "wasp-121": ("WASP-121", 22529346),
    "wasp-96": ("WASP-96", 160148385),
    "hd 219134": ("HD 219134", 283722336),
    "wasp-47": ("WASP-47", 102264230),
    "k2-3": ("K2-3", 173103335),
    "kepler-11": ("Kepler-11", 169175503),
}

#: The pack has no list from Kepler's numbers to the TIC's, so those that people will try are written down here.
KIC_TO_TIC: dict[int, int] = {6541920: 169175503}

_CONFIRMED = ("CP", "KP")
_EPOCH_YEARS_AFTER_J2000 = 15.5  # the Exoplanet Archive gives places of 2015.5, the TIC those of J2000
_HOST = r"(?=[A-Za-z0-9])[A-Za-z0-9+\-. ]*?(?:\d(?=\s?[b-i])|\w{2}(?=\s[b-i])|[AB](?=\s[b-i]))"
_PLANET_NAME = re.compile(rf"^\s*({_HOST})\s?([b-i])(?=[\s/;(,.]|$)")


class Catalogue:
    """TIC rows by number, names by their spelling, and the two tables of the Exoplanet Archive."""

    def __init__(self, folder: Path) -> None:
        self.tic: dict[int, Row] = {}
        self.names: dict[str, tuple[str, float, float]] = {}
        self.toi_rows: list[Row] = []
        self.planet_rows: list[Row] = []
        self._read_field_lists(folder / "cones")
        self._read_toi_tables(folder / "catalogues")
        self._read_koi_table(folder / "catalogues")
        self._read_k2_table(folder / "catalogues")

    def add_star(self, tic_id: int, **values: Any) -> Row:
        """Add what is known of a TIC star; the first value of a column stays."""
        row = self.tic.setdefault(tic_id, {"ID": str(tic_id), "objType": "STAR", "version": "20190415"})
        for key, value in values.items():
            if value is not None and row.get(key) is None:
                row[key] = value
        return row

    def add_name(self, name: str, canonical: str, ra_deg: float, dec_deg: float) -> None:
        """Make a name resolvable."""
        self.names.setdefault(spelling(name), (canonical, ra_deg, dec_deg))

    def finish(self) -> None:
        """Fill in what follows from other columns, once all sources have been read: densities, aliases, TIC names."""
        for name, (canonical, tic_id) in ALIASES.items():
            row = self.tic.get(tic_id)
            if row is not None and row.get("ra") is not None:
                self.names[spelling(name)] = (canonical, row["ra"], row["dec"])
        for row in self.tic.values():
            mass, radius = row.get("mass"), row.get("rad")
            if mass and radius and row.get("rho") is None:
                row["rho"] = mass / radius**3
                if row.get("e_mass") and row.get("e_rad"):
                    row["e_rho"] = row["rho"] * math.hypot(row["e_mass"] / mass, 3 * row["e_rad"] / radius)

    def resolve(self, name: str) -> Row | None:
        """One answer of the name resolver, or None."""
        catalogued = re.fullmatch(r"(?:tic)\s*(\d+)", name.strip().lower())
        if catalogued:
            row = self.tic.get(int(catalogued[1]))
            if row is None or row.get("ra") is None:
                return None
            found, resolver = (f"TIC {int(catalogued[1])}", row["ra"], row["dec"]), "TIC"
        else:
            if spelling(name) not in self.names:
                return None
            found, resolver = self.names[spelling(name)], "SIMBAD"
        return {
            "searchString": name.lower(),
            "resolver": resolver,
            "cached": False,
            "resolverTime": 2,
            "searchRadius": -1.0,
            "canonicalName": found[0],
            "ra": found[1],
            "decl": found[2],
            "objectType": "*",
        }

    # --- sources --------------------------------------------------------------------------------------------------

    def _read_toi_tables(self, folder: Path) -> None:
        masses: dict[int, tuple[float | None, float | None]] = {}
        comments: dict[str, str] = {}
        for row in table(folder / "exofop_toi_2025.csv.gz"):
            comments[row["TOI"]] = row["Comments"] or ""
            masses[int(row["TIC ID"])] = (number(row["Stellar Mass (M_Sun)"]), number(row["Stellar Mass (M_Sun) err"]))
            self.add_star(
                int(row["TIC ID"]),
                MH=number(row["Stellar Metallicity"]),
                e_MH=number(row["Stellar Metallicity err"]),
            )
        for row in table(folder / "nea_toi_20251114.csv.gz"):
            tic_id = int(row["tid"])
            ra_deg, dec_deg = at_j2000(
                float(row["ra"]), float(row["dec"]), number(row["st_pmra"]), number(row["st_pmdec"])
            )
            mass, mass_error = masses.get(tic_id, (None, None))
            values = {"ra": ra_deg, "dec": dec_deg, "mass": mass, "e_mass": mass_error}
            for column, source in (
                ("pmRA", "st_pmra"),
                ("pmDEC", "st_pmdec"),
                ("Tmag", "st_tmag"),
                ("d", "st_dist"),
                ("Teff", "st_teff"),
                ("logg", "st_logg"),
                ("rad", "st_rad"),
            ):
                values[column] = number(row[source])
                values[f"e_{column}"] = number(row[f"{source}err1"])
            self.add_star(tic_id, **values)
            self.add_name(f"TOI-{row['toi'].split('.')[0]}", f"TOI-{row['toi'].split('.')[0]}", ra_deg, dec_deg)
            self.toi_rows.append(dict(row) | {"tid": tic_id})
            match = _PLANET_NAME.match(comments.get(f"{float(row['toi']):.2f}", ""))
            if row["tfopwg_disp"] in _CONFIRMED and match:
                host = re.sub(r"^(TOI|WASP) (?=\d)", r"\1-", match[1].strip())
                self.add_name(host, host, ra_deg, dec_deg)
                self._add_planet(f"{host} {match[2]}", host, tic_id, row["pl_orbper"], row["pl_rade"])

    def _read_koi_table(self, folder: Path) -> None:
        for row in table(folder / "koi_cumulative_exoarchive_20240816.csv.gz"):
            kic, ra_deg, dec_deg = int(row["kepid"]), float(row["ra"]), float(row["dec"])
            koi = f"KOI-{int(row['kepoi_name'][1:].split('.')[0])}"
            for name in (f"KIC {kic}", koi):
                self.add_name(name, name, ra_deg, dec_deg)
            tic_id = KIC_TO_TIC.get(kic)
            if tic_id:
                self.add_star(
                    tic_id,
                    KIC=kic,
                    ra=ra_deg,
                    dec=dec_deg,
                    Teff=number(row["koi_steff"]),
                    e_Teff=number(row["koi_steff_err1"]),
                    logg=number(row["koi_slogg"]),
                    e_logg=number(row["koi_slogg_err1"]),
                    kepmag=number(row["koi_kepmag"]),  # not a column of the TIC: for the made Gaia row only
                    rad=number(row["koi_srad"]),
                    e_rad=number(row["koi_srad_err1"]),
                )
            if row["kepler_name"]:
                host = row["kepler_name"].rsplit(" ", 1)[0]
                self.add_name(host, host, ra_deg, dec_deg)
                if tic_id:
                    self._add_planet(
                        row["kepler_name"],
                        host,
                        tic_id,
                        row["koi_period"],
                        row["koi_prad"],
                        epoch=f"{float(row['koi_time0bk']) + 2454833:.6f}",
                        duration=row["koi_duration"],
                        depth_percent=f"{float(row['koi_depth']) / 1e4:.6f}",
                    )

    def _read_k2_table(self, folder: Path) -> None:
        aliases = {spelling(name): tic_id for name, (_, tic_id) in ALIASES.items()}
        for row in table(folder / "nea_k2_planets_candidates_20251004.csv.gz"):
            tic_id = aliases.get(spelling(row.get("hostname") or ""))
            if tic_id and row["default_flag"] == "1" and row["disposition"] == "CONFIRMED":
                self._add_planet(row["pl_name"], row["hostname"], tic_id, row["pl_orbper"], row["pl_rade"])
            if row.get("hostname") and number(row.get("ra")) is not None:
                self.add_name(row["hostname"], row["hostname"], float(row["ra"]), float(row["dec"]))

    def _read_field_lists(self, folder: Path) -> None:
        for path in sorted(folder.glob("mast_tic_cone*.json.gz")):
            for row in json.loads(plain_bytes(path))["data"]:
                self.add_star(int(row["ID"]), **{k: v for k, v in row.items() if k in TIC_FIELDS and k != "ID"})
        for path in sorted(folder.glob("*_tic_v8_*.csv.gz")) + sorted(folder.glob("*triceratops_stars*.csv.gz")):
            for row in table(path):
                values = {k: number(v) for k, v in row.items() if TIC_FIELDS.get(k) == "float"}
                values = {k: v for k, v in values.items() if v is not None and v == v}
                self.add_star(
                    int(row["ID"]), disposition=row.get("disposition") or None, GAIA=row.get("GAIA") or None, **values
                )

    def _add_planet(
        self,
        name: str,
        host: str,
        tic_id: int,
        period: str,
        radius: str,
        *,
        epoch: str = "",
        duration: str = "",
        depth_percent: str = "",
    ) -> None:
        if any(row["pl_name"] == name for row in self.planet_rows):
            return
        self.planet_rows.append({
            "pl_name": name, "hostname": host, "tic_id": f"TIC {tic_id}", "pl_orbper": period, "pl_rade": radius,
            "pl_tranmid": epoch, "pl_trandur": duration, "pl_trandep": depth_percent,
        })  # fmt: skip


def spelling(name: str) -> str:
    """A name without what people write differently: case, spaces, hyphens, dots, leading `*`."""
    return re.sub(r"[^a-z0-9+]", "", name.lower())


def at_j2000(ra_deg: float, dec_deg: float, pm_ra: float | None, pm_dec: float | None) -> tuple[float, float]:
    """A place of 2015.5 moved back to J2000 with its proper motion (mas/yr)."""
    back = _EPOCH_YEARS_AFTER_J2000 / 3.6e6
    return (
        ra_deg - (pm_ra or 0.0) * back / math.cos(math.radians(dec_deg)),
        dec_deg - (pm_dec or 0.0) * back,
    )
