"""Why the archives were not asked for what lies around a star, in the words of the report."""

from __future__ import annotations

#: Set, nothing outside is asked for extras: for machines without the internet, and for measuring.
OFFLINE_VARIABLE = "LARUN_OFFLINE"

NO_CATALOGUES_ASKED = "The star catalogues were not asked in this run."
NO_PIXELS_ASKED = "Pixels were not asked for in this run."
SWITCHED_OFF = f"This installation works without the archives ({OFFLINE_VARIABLE} is set)."
NO_POSITION = "Where the star is on the sky is not known: its files give no position."
SIMULATED = "The light is simulated: there is no such star on the sky."

#: Reasons that hold for the next run of the same light as well.
LASTING = frozenset({SWITCHED_OFF, NO_POSITION, SIMULATED})
