"""The stars around a target, brought to the epoch of the observation."""

from __future__ import annotations

from dataclasses import dataclass

from science.stars import Value


@dataclass(frozen=True, slots=True)
class FieldStar:
    """One star of the field. Position and proper motion (mas/yr, ra with cos dec) at `epoch_year`; None where unknown.

    `tmag` is the TESS magnitude and `tmag_source` where it comes from: "TIC", "Gaia colours", "Gaia G only".
    """

    ra_deg: float
    dec_deg: float
    epoch_year: float
    separation_arcsec: float  # from the target
    position_angle_deg: float  # east of north
    tmag: float
    tmag_source: str
    gaia_id: int | None = None  # DR3
    tic_id: int | None = None
    gmag: float | None = None
    bp_rp: float | None = None
    kepmag: float | None = None
    pm_ra_mas: float | None = None
    pm_dec_mas: float | None = None
    parallax_mas: float | None = None
    parallax_err_mas: float | None = None
    ruwe: float | None = None
    non_single_star: int | None = None  # Gaia DR3 bit field: 1 astrometric, 2 spectroscopic, 4 eclipsing binary
    duplicated_source: bool | None = None
    teff_k: Value | None = None
    radius_sun: Value | None = None
    mass_sun: Value | None = None
    contratio: float | None = None  # TIC
    is_target: bool = False

    @property
    def name(self) -> str:
        """Catalogue name: "TIC 123" or "Gaia DR3 456"."""
        return f"TIC {self.tic_id}" if self.tic_id is not None else f"Gaia DR3 {self.gaia_id}"


@dataclass(frozen=True, slots=True)
class StarField:
    """All known stars within `radius_arcsec` of a target, the target first where it was found, then by distance.

    `catalogues` names what it was made of, with the age of what came from the cache; `complete` is False where a limit
    cut the list. `notes` are sentences for the user.
    """

    ra_deg: float
    dec_deg: float
    radius_arcsec: float
    epoch_year: float
    stars: tuple[FieldStar, ...]
    catalogues: tuple[str, ...]
    complete: bool = True
    notes: tuple[str, ...] = ()

    @property
    def target(self) -> FieldStar | None:
        """The target itself, None where the catalogues do not know it."""
        return next((s for s in self.stars if s.is_target), None)

    @property
    def others(self) -> tuple[FieldStar, ...]:
        """All stars but the target."""
        return tuple(s for s in self.stars if not s.is_target)
