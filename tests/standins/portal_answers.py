"""Answers of MAST's portal (`/api/v0/invoke`), its column tables, and of the Exoplanet Archive's TAP.

Shapes follow what astroquery 0.4.11 and lightkurve 2.6 send and read.
"""

from __future__ import annotations

import csv
import io
import math
import re
from typing import Any

from .catalogue import TIC_FIELDS
from .holdings import File, Holdings, Observation

Row = dict[str, Any]

#: CAOM columns: the type MAST declares in an answer, and the type in the column table, which decides about filters.
CAOM_FIELDS: dict[str, tuple[str, str]] = {
    "intentType": ("string", "char"), "obs_collection": ("string", "char"), "provenance_name": ("string", "char"),
    "instrument_name": ("string", "char"), "project": ("string", "char"), "filters": ("string", "char"),
    "wavelength_region": ("string", "char"), "target_name": ("string", "char"),
    "target_classification": ("string", "char"), "obs_id": ("string", "char"), "s_ra": ("float", "double"),
    "s_dec": ("float", "double"), "dataproduct_type": ("string", "char"), "proposal_pi": ("string", "char"),
    "calib_level": ("int", "int"), "t_min": ("float", "double"), "t_max": ("float", "double"),
    "t_exptime": ("float", "double"), "em_min": ("float", "double"), "em_max": ("float", "double"),
    "obs_title": ("string", "char"), "t_obs_release": ("float", "double"), "proposal_id": ("string", "char"),
    "proposal_type": ("string", "char"), "sequence_number": ("int", "int"), "s_region": ("string", "char"),
    "jpegURL": ("string", "char"), "dataURL": ("string", "char"), "dataRights": ("string", "char"),
    "mtFlag": ("boolean", "boolean"), "srcDen": ("float", "float"), "obsid": ("string", "long"),
    "distance": ("float", "float"), "objID": ("string", "long"),
}  # fmt: skip

PRODUCT_FIELDS: dict[str, str] = {
    "obsID": "string", "obs_collection": "string", "dataproduct_type": "string", "obs_id": "string",
    "description": "string", "type": "string", "dataURI": "string", "productType": "string",
    "productGroupDescription": "string", "productSubGroupDescription": "string",
    "productDocumentationURL": "string", "project": "string", "prvversion": "string", "proposal_id": "string",
    "productFilename": "string", "size": "int", "parent_obsid": "string", "dataRights": "string",
    "calib_level": "int", "filters": "string", "_selected_": "boolean",
}  # fmt: skip


class Portal:
    """Answers questions to the portal out of the holdings."""

    def __init__(self, holdings: Holdings) -> None:
        self.holdings = holdings

    def columns(self, config_id: str) -> Row:
        """The column table of a service."""
        if config_id.startswith("Mast.Catalogs"):
            return {name: {"text": name, "order": i} for i, name in enumerate(TIC_FIELDS)}
        if config_id == "Mast.Caom.Products":
            return {name: {"text": name, "vot.datatype": kind} for name, kind in PRODUCT_FIELDS.items()}
        table: Row = {"_selected_": {"text": "selected", "add": True, "type": "boolean", "hidden": True}}
        for name, (_, kind) in CAOM_FIELDS.items():
            table[name] = {"text": name, "vot.datatype": kind}
            if name in ("obs_collection", "project", "filters", "wavelength_region", "target_classification"):
                table[name]["separator"] = ";"
        return table

    def invoke(self, request: Row) -> Row:
        """The answer to a mashup request. Unknown services are an ERROR with HTTP 200, as at MAST."""
        service, params = str(request.get("service", "")), request.get("params") or {}
        lower = service.lower()
        if lower == "mast.catalogs.all.tic":
            return self._histograms()
        if lower in ("mast.caom.filtered", "mast.caom.filtered.position", "mast.caom.cone"):
            rows = self._observations(params)
            if "COUNT_BIG" in str(params.get("columns", "")):
                return answer([{"Column1": len(rows)}], {"Column1": "string"}, request)
            return answer(rows, {name: kind for name, (kind, _) in CAOM_FIELDS.items()}, request)
        if lower == "mast.caom.products":
            return answer(self._products(str(params.get("obsid", ""))), PRODUCT_FIELDS, request)
        if re.fullmatch(r"mast\.catalogs\.(tic|ctl)\.cone", lower):
            return answer(self._tic_cone(params), TIC_FIELDS | {"dstArcSec": "float"}, request)
        if re.fullmatch(r"mast\.catalogs\.filtered\.(tic|ctl)(\.position)?(\.rows)?", lower):
            rows = self._tic_cone(params) if "ra" in params else list(self.holdings.catalogue.tic.values())
            return answer([row for row in rows if matches(row, params.get("filters") or [])], TIC_FIELDS, request)
        if lower == "mast.name.lookup":
            found = self.holdings.catalogue.resolve(str(params.get("input", "")))
            return {"resolvedCoordinate": [found] if found else [], "status": ""}
        return {"status": "ERROR", "msg": f"Unknown service {service}", "data": [], "fields": [], "paging": {}}

    def _histograms(self) -> Row:
        """The part of the TIC's facets that astroquery copies into its column table (the `hist` key is dropped)."""
        continuous: Row = {}
        discrete: Row = {}
        for name, kind in TIC_FIELDS.items():
            if kind in ("float", "int") or name == "ID":
                continuous[name] = {"min": -1e99, "max": 1e99, "type": "numeric", "hist": [{"x1": 0, "count": 1}]}
            elif name in ("objType", "lumclass", "disposition"):
                discrete[name] = {"hist": [{"key": "STAR", "count": 1}], "STAR": {"key": "STAR", "count": 1}}
        properties = {"discreteHistogram": discrete, "continuousHistogram": continuous}
        tables = [{"name": "Table", "ExtendedProperties": properties, "Columns": [], "Fields": [], "Rows": []}]
        return {"status": "COMPLETE", "msg": "", "data": {"name": "NewDataSet", "Tables": tables}}

    def _observations(self, params: Row) -> list[Row]:
        place = None
        if params.get("position"):
            place = [float(x) for x in str(params["position"]).split(",")]
        elif "ra" in params:
            place = [float(params["ra"]), float(params["dec"]), float(params.get("radius", 0.2))]
        rows = []
        for obsid, obs in self.holdings.by_id.items():
            row = observation_row(obsid, obs)
            if place is not None:
                away = separation_deg(place[0], place[1], obs.ra_deg, obs.dec_deg)
                if away > place[2] + obs.footprint_deg:  # MAST asks whether the footprint is touched
                    continue
                row["distance"] = 0.0 if away <= obs.footprint_deg else away * 3600
            if matches(row, params.get("filters") or []):
                rows.append(row)
        return rows

    def _products(self, obsids: str) -> list[Row]:
        rows = []
        for obsid in obsids.split(","):
            obs = self.holdings.by_id.get(obsid.strip())
            for file in obs.files if obs else ():
                rows.append(product_row(obsid.strip(), obs, file, self.holdings.size(file)))
        return rows

    def _tic_cone(self, params: Row) -> list[Row]:
        ra, dec, radius = (float(params.get(key, 0)) for key in ("ra", "dec", "radius"))
        found = []
        for row in self.holdings.catalogue.tic.values():
            if row.get("dec") is None or row.get("ra") is None or abs(row["dec"] - dec) > radius:
                continue
            away = separation_deg(ra, dec, row["ra"], row["dec"])
            if away <= radius:
                found.append(row | {"dstArcSec": away * 3600})
        return sorted(found, key=lambda row: row["dstArcSec"])

    def tap(self, adql: str) -> str:
        """CSV of the few questions to `toi` and `pscomppars` that are asked. Raises ValueError on any other."""
        match = re.fullmatch(
            r"\s*select\s+(?:top\s+(\d+)\s+)?([\w,\s*]+?)\s+from\s+(toi|pscomppars)(?:\s+where\s+(.+?))?\s*", adql, re.I
        )
        if match is None:
            raise ValueError("this stand-in understands only simple questions to toi and pscomppars")
        rows = {"toi": self.holdings.catalogue.toi_rows, "pscomppars": self.holdings.catalogue.planet_rows}[
            match[3].lower()
        ]
        for condition in re.split(r"\s+and\s+", match[4], flags=re.I) if match[4] else []:
            part = re.fullmatch(r"(\w+)\s*(=|<|>)\s*('[^']*'|[\d.]+)", condition.strip())
            if part is None:
                raise ValueError(f"condition not understood: {condition}")
            rows = [row for row in rows if _holds(row.get(part[1]), part[2], part[3])]
        wanted = [name.strip() for name in match[2].split(",")]
        if wanted == ["*"]:
            wanted = list(rows[0]) if rows else []
        out = io.StringIO()
        writer = csv.DictWriter(out, wanted, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[: int(match[1])] if match[1] else rows)
        return out.getvalue()


def answer(rows: list[Row], fields: dict[str, str], request: Row) -> Row:
    """A COMPLETE answer, one page of it."""
    size, page = int(request.get("pagesize") or 50000), int(request.get("page") or 1)
    shown = rows[(page - 1) * size : page * size]
    return {
        "status": "COMPLETE",
        "msg": "",
        "data": [{name: row.get(name) for name in fields} for row in shown],
        "fields": [{"name": name, "type": kind} for name, kind in fields.items()],
        "paging": {
            "page": page,
            "pageSize": size,
            "pagesFiltered": max(1, math.ceil(len(rows) / size)),
            "rows": len(shown),
            "rowsFiltered": len(rows),
            "rowsTotal": len(rows),
        },
    }


def observation_row(obsid: str, obs: Observation) -> Row:
    """The CAOM row of an observation."""
    return {
        "intentType": "science",
        "obs_collection": obs.collection,
        "provenance_name": obs.author,
        "instrument_name": "Photometer",
        "project": obs.project,
        "filters": "TESS" if obs.project == "TESS" else "KEPLER",
        "wavelength_region": "Optical",
        "target_name": obs.target_name,
        "obs_id": obs.obs_id,
        "s_ra": obs.ra_deg,
        "s_dec": obs.dec_deg,
        "dataproduct_type": obs.kind,
        "calib_level": 4 if obs.collection == "HLSP" else 3,
        "t_min": obs.start_mjd,
        "t_max": obs.stop_mjd,
        "t_exptime": obs.exposure_seconds,
        "t_obs_release": obs.stop_mjd + 60,
        "sequence_number": obs.number,
        "s_region": f"CIRCLE {obs.ra_deg} {obs.dec_deg} {obs.footprint_deg}",
        "dataURL": obs.files[0].uri if obs.files else None,
        "dataRights": "PUBLIC",
        "mtFlag": False,
        "obsid": obsid,
        "objID": obsid,
    }


def product_row(obsid: str, obs: Observation, file: File, size: int) -> Row:
    """The row of a file."""
    return {
        "obsID": obsid,
        "obs_collection": obs.collection,
        "dataproduct_type": obs.kind,
        "obs_id": obs.obs_id,
        "description": file.description,
        "type": "S",
        "dataURI": file.uri,
        "productType": "SCIENCE",
        "productGroupDescription": "Minimum Recommended Products",
        "productSubGroupDescription": file.subgroup,
        "project": obs.author,
        "productFilename": file.name,
        "size": size,
        "parent_obsid": obsid,
        "dataRights": "PUBLIC",
        "calib_level": 3,
        "filters": "TESS" if obs.project == "TESS" else "KEPLER",
    }


def matches(row: Row, filters: list[Row]) -> bool:
    """True where a row passes all filters: lists of values, ranges, or free text with `%`. Case does not matter."""
    for entry in filters:
        name = next((key for key in row if key.lower() == str(entry["paramName"]).lower()), None)
        value = row.get(name) if name else None
        if value is None or not _passes(value, entry):
            return False
    return True


def _passes(value: Any, entry: Row) -> bool:
    for wanted in entry.get("values") or []:
        if isinstance(wanted, dict):
            if float(wanted["min"]) <= float(value) <= float(wanted["max"]):
                return True
        elif str(wanted).lower() == str(value).lower():
            return True
    if entry.get("freeText"):
        pattern = ".*".join(re.escape(part) for part in str(entry["freeText"]).lower().split("%"))
        return re.fullmatch(pattern, str(value).lower()) is not None
    return False


def _holds(value: Any, sign: str, wanted: str) -> bool:
    if value in (None, ""):
        return False
    if wanted.startswith("'"):
        return sign == "=" and str(value) == wanted.strip("'")
    left, right = float(value), float(wanted)
    return {"=": left == right, "<": left < right, ">": left > right}[sign]


def separation_deg(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """Angle between two places in degrees."""
    a1, d1, a2, d2 = (math.radians(x) for x in (ra1, dec1, ra2, dec2))
    half = math.sin((d2 - d1) / 2) ** 2 + math.cos(d1) * math.cos(d2) * math.sin((a2 - a1) / 2) ** 2
    return math.degrees(2 * math.asin(min(1.0, math.sqrt(half))))
