"""What a signal can be, in the order in which every network, table and answer holds it."""

from __future__ import annotations

from typing import Final

CLASSES: Final = ("planet", "eb", "beb", "variable", "artifact", "no_signal")

#: What people read.
LABELS: Final = {
    "planet": "Planet",
    "eb": "Eclipsing binary",
    "beb": "Background eclipsing binary",
    "variable": "Variable star",
    "artifact": "Artifact",
    "no_signal": "No signal",
}

PLANET: Final = CLASSES.index("planet")
#: A label of the training sets: a variable star or a systematic, not told apart by those who looked.
JUNK: Final = -1
