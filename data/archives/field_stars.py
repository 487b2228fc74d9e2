"""Rows of Gaia DR3 and of the TIC as one list of stars: what is left out, who is who, which one is the target. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from science.neighbours import FieldStar
from science.stars import Star, Value
from science.tess_magnitude import kepler_magnitude, tess_magnitude

from .field_matching import FloatArray, IntArray, Places, match, pairs_within, separations

TIC_COLUMNS = (
    "ID", "GAIA", "objType", "ra", "dec", "pmRA", "pmDEC", "plx", "e_plx", "Tmag", "GAIAmag", "gaiabp", "gaiarp",
    "Teff", "e_Teff", "rad", "e_rad", "mass", "e_mass", "contratio", "disposition",
)  # fmt: skip
_TIC_WORDS = ("ID", "GAIA", "objType", "disposition")
_TIC_NUMBERS = tuple(name for name in TIC_COLUMNS if name not in _TIC_WORDS)
_GAIA_NUMBERS = (
    "ra", "dec", "ref_epoch", "pmra", "pmdec", "parallax", "parallax_error", "phot_g_mean_mag", "bp_rp", "ruwe",
    "non_single_star", "duplicated_source", "teff_gspphot", "teff_gspphot_lower", "teff_gspphot_upper",
)  # fmt: skip

TIC_EPOCH_YEAR = 2000.0
_LEFT_OUT = ("ARTIFACT", "DUPLICATE", "SPLIT")

#: 2MASS cannot part two stars this close, so a TIC entry made from 2MASS beside a Gaia star is that star's light again.
TWIN_ARCSEC = 1.5
#: Neither can Gaia at this distance: an entry of DR2 here that DR3 does not have is the same source counted twice.
GAIA_TWIN_ARCSEC = 0.7
#: A Gaia star that is fainter than the entry by more than this is not its light.
TWIN_MAG = 1.5

#: How far from the place given, and how much brighter or fainter, the target itself may be.
TARGET_ARCSEC = 4.0
TARGET_MAG = 2.0


@dataclass(frozen=True, slots=True)
class GaiaTable:
    """Sources of Gaia: `numbers` (n,) and `values`, one array (n,) a column, NaN where unknown."""

    numbers: IntArray
    values: Mapping[str, FloatArray]
    complete: bool = True

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[Any]], *, complete: bool = True) -> GaiaTable:
        """From lists of plain values, None where unknown."""
        numbers = np.array(columns["source_id"], dtype=np.int64)
        return cls(numbers, {name: _floats(columns.get(name), numbers.size) for name in _GAIA_NUMBERS}, complete)

    @classmethod
    def empty(cls) -> GaiaTable:
        """No sources."""
        return cls.of({"source_id": []})

    @property
    def epoch_year(self) -> float:
        """Epoch of the places: one for the whole release."""
        return float(self.values["ref_epoch"][0]) if self.numbers.size else 2016.0

    def places(self) -> Places:
        """Places with their motions."""
        v = self.values
        return Places(v["ra"], v["dec"], v["pmra"], v["pmdec"], v["ref_epoch"])


@dataclass(frozen=True, slots=True)
class TicTable:
    """Rows of the TIC: `ids`, `gaia_ids` (of Gaia DR2, 0 where none) and `values`, each (n,); NaN where unknown.

    `left_out` marks artefacts, duplicates and split stars, `extended` galaxies.
    """

    ids: IntArray
    gaia_ids: IntArray
    values: Mapping[str, FloatArray]
    left_out: np.ndarray[Any, np.dtype[np.bool_]]
    extended: np.ndarray[Any, np.dtype[np.bool_]]

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[Any]]) -> TicTable:
        """From lists of plain values, None where unknown. Rows without a number or a place are passed over."""
        ids = [_whole(value) for value in columns["ID"]]
        values = {name: _floats(columns.get(name), len(ids)) for name in _TIC_NUMBERS}
        words = {name: columns.get(name) or [None] * len(ids) for name in _TIC_WORDS}
        good = np.array([number > 0 for number in ids], dtype=bool) & np.isfinite(values["ra"] + values["dec"])
        return cls(
            np.array(ids, dtype=np.int64)[good],
            np.array([_whole(value) for value in words["GAIA"]], dtype=np.int64)[good],
            {name: value[good] for name, value in values.items()},
            np.array([str(word or "").upper() in _LEFT_OUT for word in words["disposition"]], dtype=bool)[good],
            np.array([str(word or "").upper() == "EXTENDED" for word in words["objType"]], dtype=bool)[good],
        )

    @classmethod
    def empty(cls) -> TicTable:
        """No rows."""
        return cls.of({"ID": []})

    def rows(self, which: np.ndarray[Any, Any]) -> TicTable:
        """Some rows, by mask or index."""
        values = {name: value[which] for name, value in self.values.items()}
        return TicTable(self.ids[which], self.gaia_ids[which], values, self.left_out[which], self.extended[which])

    def joined(self, other: TicTable) -> TicTable:
        """The rows of both, each number once."""
        new = other.rows(~np.isin(other.ids, self.ids))
        return TicTable(
            np.concatenate([self.ids, new.ids]),
            np.concatenate([self.gaia_ids, new.gaia_ids]),
            {name: np.concatenate([value, new.values[name]]) for name, value in self.values.items()},
            np.concatenate([self.left_out, new.left_out]),
            np.concatenate([self.extended, new.extended]),
        )

    def places(self) -> Places:
        """J2000 places with their motions."""
        v = self.values
        return Places(v["ra"], v["dec"], v["pmRA"], v["pmDEC"], np.full(self.ids.size, TIC_EPOCH_YEAR))


@dataclass(frozen=True, slots=True)
class Catalogues:
    """The stars of both: for each of the k stars its row in `gaia` and in `tic`, -1 where it is not there."""

    gaia: GaiaTable
    tic: TicTable
    gaia_row: IntArray
    tic_row: IntArray
    notes: tuple[str, ...]

    @classmethod
    def of(cls, gaia: GaiaTable, tic: TicTable, keep_id: int | None = None) -> Catalogues:
        """Match both catalogues. `keep_id`: a TIC number that is never left out."""
        kept = tic.ids == (keep_id or -1)
        notes = _left_out_notes(int(np.sum(tic.left_out & ~kept)), int(np.sum(tic.extended & ~tic.left_out & ~kept)))
        tic = tic.rows(~(tic.left_out | tic.extended) | (tic.ids == (keep_id or -1)))
        partner, twin = _partners(gaia, tic)
        twin &= tic.ids != (keep_id or -1)
        if np.any(twin):
            count = int(np.sum(twin))
            notes += (
                f"{_entries(count)} of the TESS Input Catalog that {'is' if count == 1 else 'are'} another Gaia star's "
                f"light over again {'was' if count == 1 else 'were'} left out.",
            )
        tic_of_gaia = np.full(gaia.numbers.size, -1, dtype=np.int64)
        paired = np.flatnonzero(partner >= 0)
        tic_of_gaia[partner[paired]] = paired
        alone = np.flatnonzero((partner < 0) & ~twin)
        return cls(
            gaia,
            tic,
            np.concatenate([np.arange(gaia.numbers.size), np.full(alone.size, -1)]),
            np.concatenate([tic_of_gaia, alone]),
            notes,
        )

    def of_gaia(self, name: str) -> FloatArray:
        """A Gaia column for each star, NaN where it is not in Gaia."""
        return _taken(self.gaia.values[name], self.gaia_row)

    def of_tic(self, name: str) -> FloatArray:
        """A TIC column for each star, NaN where it is not in the TIC."""
        return _taken(self.tic.values[name], self.tic_row)

    def tic_ids(self) -> IntArray:
        """The TIC number of each star, 0 where it is not in the TIC."""
        return np.where(self.tic_row >= 0, np.append(self.tic.ids, 0)[self.tic_row], 0)

    def places(self) -> Places:
        """Gaia's places of 2016.0, for others the TIC's of J2000; motions of Gaia, else of the TIC."""
        in_gaia = self.gaia_row >= 0
        moving = np.isfinite(self.of_gaia("pmra")) & np.isfinite(self.of_gaia("pmdec"))
        return Places(
            np.where(in_gaia, self.of_gaia("ra"), self.of_tic("ra")),
            np.where(in_gaia, self.of_gaia("dec"), self.of_tic("dec")),
            np.where(moving, self.of_gaia("pmra"), self.of_tic("pmRA")),
            np.where(moving, self.of_gaia("pmdec"), self.of_tic("pmDEC")),
            np.where(in_gaia, self.of_gaia("ref_epoch"), TIC_EPOCH_YEAR),
        )

    def colours(self) -> tuple[FloatArray, FloatArray]:
        """G and BP - RP of Gaia DR3, else as the TIC has them of DR2."""
        g, bp_rp = self.of_gaia("phot_g_mean_mag"), self.of_gaia("bp_rp")
        in_gaia = np.isfinite(g)
        old = self.of_tic("gaiabp") - self.of_tic("gaiarp")
        return np.where(in_gaia, g, self.of_tic("GAIAmag")), np.where(np.isfinite(bp_rp) | in_gaia, bp_rp, old)

    def tess_magnitudes(self) -> FloatArray:
        """The TIC's TESS magnitude, else that of Gaia's colours, else G - 0.430; NaN without any."""
        tmag = self.of_tic("Tmag")
        return np.where(np.isfinite(tmag), tmag, tess_magnitude(*self.colours()))

    def stars(
        self, epoch_year: float, here: tuple[float, float], radius_arcsec: float, target: int | None, star: Star
    ) -> tuple[tuple[FieldStar, ...], int]:
        """The stars within a radius of `here` (degrees) at an epoch, the target first, then by distance.

        Also counts those that had to be passed over for want of a magnitude. What `star` says of the target fills in
        where the TIC has no row of it.
        """
        places = self.places()
        ra, dec = places.at(epoch_year)
        away, angle = separations(*here, ra, dec)
        tmag, (gmag, bp_rp) = self.tess_magnitudes(), self.colours()
        kepmag = kepler_magnitude(gmag, bp_rp)
        near = away <= radius_arcsec
        if target is not None:
            near[target] = True
            if star.tmag is not None and (self.tic_row[target] < 0 or not np.isfinite(tmag[target])):
                tmag[target] = star.tmag
        rows = np.flatnonzero(near & np.isfinite(tmag))
        rows = rows[np.argsort(np.where(rows == target, -1.0, away[rows]), kind="stable")]
        return tuple(
            self._star(
                int(row), epoch_year, (ra[row], dec[row], away[row], angle[row]),
                (tmag[row], gmag[row], bp_rp[row], kepmag[row]),
                (places.pm_ra_mas[row], places.pm_dec_mas[row]), star if row == target else None,
            )
            for row in rows
        ), int(np.sum(near & ~np.isfinite(tmag)))  # fmt: skip

    def _star(
        self, row: int, epoch_year: float, place: tuple[float, ...], magnitudes: tuple[float, ...],
        motion: tuple[float, float], target: Star | None,
    ) -> FieldStar:  # fmt: skip
        g, t = int(self.gaia_row[row]), int(self.tic_row[row])
        gaia, tic = self.gaia.values, self.tic.values
        tmag, gmag, bp_rp, kepmag = magnitudes
        given = target if target is not None and t < 0 else None
        from_tic = t >= 0 and bool(np.isfinite(tic["Tmag"][t]))
        if target is not None and target.tmag is not None and tmag == target.tmag:
            from_tic = True  # a light curve's header has the TIC's
        parallax, parallax_err = (gaia["parallax"][g], gaia["parallax_error"][g]) if g >= 0 else (np.nan, np.nan)
        if not np.isfinite(parallax) and t >= 0:
            parallax, parallax_err = tic["plx"][t], tic["e_plx"][t]
        single = _number(gaia["non_single_star"][g]) if g >= 0 else None
        twice = _number(gaia["duplicated_source"][g]) if g >= 0 else None
        teff = _value(tic, "Teff", t) or (given.teff_k if given else None) or _gaia_teff(gaia, g)
        return FieldStar(
            ra_deg=float(place[0]),
            dec_deg=float(place[1]),
            epoch_year=float(epoch_year),
            separation_arcsec=0.0 if target is not None else float(place[2]),
            position_angle_deg=0.0 if target is not None else float(place[3]),
            tmag=float(tmag),
            tmag_source="TIC" if from_tic else "Gaia colours" if np.isfinite(bp_rp) else "Gaia G only",
            gaia_id=int(self.gaia.numbers[g]) if g >= 0 else None,
            tic_id=int(self.tic.ids[t]) if t >= 0 else given.tic_id if given else None,
            gmag=_number(gmag),
            bp_rp=_number(bp_rp),
            kepmag=_number(kepmag),
            pm_ra_mas=_number(motion[0]),
            pm_dec_mas=_number(motion[1]),
            parallax_mas=_number(parallax),
            parallax_err_mas=_number(parallax_err),
            ruwe=_number(gaia["ruwe"][g]) if g >= 0 else None,
            non_single_star=int(single) if single is not None else None,
            duplicated_source=bool(twice) if twice is not None else None,
            teff_k=teff,
            radius_sun=_value(tic, "rad", t) or (given.radius_sun if given else None),
            mass_sun=_value(tic, "mass", t) or (given.mass_sun if given else None),
            contratio=_number(tic["contratio"][t]) if t >= 0 else None,
            is_target=target is not None,
        )


def target_row(both: Catalogues, star: Star, ra_deg: float, dec_deg: float, epoch_year: float) -> int | None:
    """Which of the stars `star` is: by its TIC number, else the one that fits best in place and brightness.

    A place may be of J2000, of 2016 or of the observation, so the nearest of the three counts. None where no star
    within TARGET_ARCSEC has about the brightness. Without a known brightness: the brightest of those about as near as
    the nearest (`TWIN_ARCSEC`).
    """
    if star.tic_id is not None:
        rows = np.flatnonzero(both.tic_ids() == star.tic_id)
        if rows.size:
            return int(rows[0])
    places = both.places()
    if not places.ra_deg.size:
        return None
    away = np.min(
        [separations(ra_deg, dec_deg, *places.at(epoch))[0] for epoch in (TIC_EPOCH_YEAR, 2016.0, epoch_year)], axis=0
    )
    tmag = both.tess_magnitudes()
    fits = (away <= TARGET_ARCSEC) & np.isfinite(tmag)
    if star.tmag is not None and np.isfinite(star.tmag):
        fits &= np.abs(tmag - star.tmag) <= TARGET_MAG
        score = away**2 + ((tmag - star.tmag) / 0.5) ** 2
    else:
        fits &= away <= np.min(away[fits], initial=np.inf) + TWIN_ARCSEC
        score = tmag
    rows = np.flatnonzero(fits)
    return int(rows[np.argmin(score[rows])]) if rows.size else None


def _partners(gaia: GaiaTable, tic: TicTable) -> tuple[IntArray, np.ndarray[Any, np.dtype[np.bool_]]]:
    """For each TIC row its Gaia row or -1, and whether a row without one is the light of a Gaia star over again.

    First by G at Gaia's epoch, then by the TESS magnitude, and at last at J2000 with Gaia's motions, for fast stars of
    which the TIC has no motion.
    """
    g = gaia.values["phot_g_mean_mag"]
    in_t = tess_magnitude(g, gaia.values["bp_rp"])
    here, there = (gaia.values["ra"], gaia.values["dec"]), tic.places().at(gaia.epoch_year)
    has_g = np.isfinite(tic.values["GAIAmag"])
    here_2000, there_2000 = gaia.places().at(TIC_EPOCH_YEAR), tic.places().at(TIC_EPOCH_YEAR)
    rounds = (
        (has_g, here, there, g, tic.values["GAIAmag"]),
        (~has_g, here, there, in_t, tic.values["Tmag"]),
        (has_g | ~has_g, here_2000, there_2000, in_t, tic.values["Tmag"]),
    )
    partner = np.full(tic.ids.size, -1, dtype=np.int64)
    free = np.ones(gaia.numbers.size, dtype=bool)
    for rows, ours, theirs, our_mag, their_mag in rounds:
        which, left = np.flatnonzero(rows & (partner < 0)), np.flatnonzero(free)
        found = match(
            (gaia.numbers[left], tic.gaia_ids[which]),
            ((ours[0][left], ours[1][left]), (theirs[0][which], theirs[1][which])),
            (our_mag[left], their_mag[which]),
        )
        hit = found >= 0
        partner[which[hit]] = left[found[hit]]
        free[left[found[hit]]] = False
    twin = np.zeros(tic.ids.size, dtype=bool)
    for rows, ours, theirs, reach in (
        (tic.gaia_ids > 0, here, there, GAIA_TWIN_ARCSEC),
        (tic.gaia_ids == 0, here_2000, there_2000, TWIN_ARCSEC),  # 2MASS looked at about 2000
    ):
        which = np.flatnonzero((partner < 0) & rows)
        pairs = pairs_within(ours, (theirs[0][which], theirs[1][which]), reach)
        same = ~(in_t[pairs[:, 0]] > tic.values["Tmag"][which[pairs[:, 1]]] + TWIN_MAG)
        twin[which[pairs[same, 1]]] = True
    return partner, twin


def _left_out_notes(flagged: int, galaxies: int) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    if flagged:
        verb = "was" if flagged == 1 else "were"
        notes += (f"{_entries(flagged)} of the TESS Input Catalog marked as artefact or duplicate {verb} left out.",)
    if galaxies:
        verb = "was" if galaxies == 1 else "were"
        notes += (f"{_entries(galaxies)} of the TESS Input Catalog marked as galaxy {verb} left out.",)
    return notes


def _entries(count: int) -> str:
    return f"{count:,} entry" if count == 1 else f"{count:,} entries"


def _taken(values: FloatArray, rows: IntArray) -> FloatArray:
    """values[rows], NaN where a row is -1."""
    return np.append(values, np.nan)[rows]


def _floats(values: Sequence[Any] | None, count: int) -> FloatArray:
    return np.full(count, np.nan) if values is None else np.array(values, dtype=np.float64).reshape(count)


def _whole(value: Any) -> int:
    """A catalogue number, 0 where there is none. A float has lost digits of it, so it counts as none."""
    try:
        return int(value) if not isinstance(value, float) else 0
    except (TypeError, ValueError):
        return 0


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _value(tic: Mapping[str, FloatArray], name: str, row: int) -> Value | None:
    """A positive quantity of the TIC with its error."""
    if row < 0 or not np.isfinite(tic[name][row]) or tic[name][row] <= 0:
        return None
    error = float(tic[f"e_{name}"][row])
    return Value(float(tic[name][row]), error if np.isfinite(error) and error > 0 else None, "TIC")


def _gaia_teff(gaia: Mapping[str, FloatArray], row: int) -> Value | None:
    """Gaia's temperature from photometry with half the width of its 68 % interval."""
    if row < 0 or not np.isfinite(gaia["teff_gspphot"][row]):
        return None
    error = float(gaia["teff_gspphot_upper"][row] - gaia["teff_gspphot_lower"][row]) / 2
    return Value(float(gaia["teff_gspphot"][row]), error if np.isfinite(error) and error > 0 else None, "Gaia DR3")
