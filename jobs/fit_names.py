"""What the parameters of a fit are called, in words and in a paper, and in which order they are told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ParameterName:
    """Words for a person; symbol and unit for LaTeX (math mode for the symbol)."""

    words: str
    symbol: str
    latex_unit: str = ""


#: In the order of every table. What is not here (logarithms, √e cos ω …) was sampled, but is told in another form.
NAMES: dict[str, ParameterName] = {
    "period_days": ParameterName("Period", "P", "d"),
    "epoch_bjd": ParameterName("Mid-transit time", "T_0", r"BJD$_{\rm TDB}$"),
    "radius_ratio": ParameterName("Radius, planet over star", r"R_{\rm p}/R_\star"),
    "impact_parameter": ParameterName("Impact parameter", "b"),
    "duration_hours": ParameterName("Length of the transit, first to fourth contact", "T_{14}", "h"),
    "full_duration_hours": ParameterName("Length between second and third contact", "T_{23}", "h"),
    "depth_ppm": ParameterName("Depth at mid-transit", r"\delta", "ppm"),
    "scaled_axis": ParameterName("Orbit over stellar radius", r"a/R_\star"),
    "inclination_deg": ParameterName("Inclination", "i", r"$^\circ$"),
    "density_transit_gcc": ParameterName("Density of the star from the transit", r"\rho_\star", r"g\,cm$^{-3}$"),
    "eccentricity": ParameterName("Eccentricity", "e"),
    "omega_deg": ParameterName("Argument of periastron", r"\omega", r"$^\circ$"),
    "radius_earth": ParameterName("Radius of the planet", r"R_{\rm p}", r"$R_\oplus$"),
    "semi_major_axis_au": ParameterName("Semi-major axis", "a", "au"),
    "equilibrium_temperature_k": ParameterName("Equilibrium temperature, albedo 0", r"T_{\rm eq}", "K"),
    "insolation_earth": ParameterName("Insolation", "S", r"$S_\oplus$"),
    "u1": ParameterName("Limb darkening, linear", "u_1"),
    "u2": ParameterName("Limb darkening, quadratic", "u_2"),
    "q1": ParameterName("Limb darkening, q1", "q_1"),
    "q2": ParameterName("Limb darkening, q2", "q_2"),
    "dilution": ParameterName("Share of foreign light", "D"),
}

_OF_BLOCKS = {
    "noise_ppm": ParameterName("Scatter of a point", r"\sigma", "ppm"),
    "baseline_ppm": ParameterName("Level beside the transits", r"\mu", "ppm"),
}


def name_of(parameter: str) -> ParameterName | None:
    """Names of a parameter; of a block's ("noise_ppm:S16") with the block in them. None for what is told otherwise."""
    known = NAMES.get(parameter)
    if known is not None:
        return known
    base, _, block = parameter.partition(":")
    found = _OF_BLOCKS.get(base)
    if found is None or not block:
        return None
    plain = "".join(c for c in block if c.isalnum() or c in " .-")
    return ParameterName(f"{found.words}, {block}", rf"{found.symbol}_{{\rm {plain}}}", found.latex_unit)


def order_of(parameter: str) -> tuple[int, str]:
    """Key to sort parameters in the order of the tables; unknown ones at the end."""
    names = list(NAMES)
    return (names.index(parameter), "") if parameter in NAMES else (len(names), parameter)
