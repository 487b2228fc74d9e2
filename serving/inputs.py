"""What the networks take, from the views and scalars of a signal: the same for training, service and microcontroller.

numpy only. Every view is (1, bins, channels): the light; for the global view the light half a turn on, so that the
other eclipse is seen in the middle too; and the distance from the middle, which a convolution cannot know.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from serving.scalars import SCALARS
from serving.view_grids import GLOBAL_BINS, LOCAL_BINS

Arrays = npt.NDArray[np.float32]

#: By name of the input, without the batch. The scalars are followed by flags that say which of them are known, and
#: by one that says whether there is a secondary view: 872 numbers in all.
INPUT_SHAPES: Final[dict[str, tuple[int, ...]]] = {
    "global": (1, GLOBAL_BINS, 3),
    "local": (1, LOCAL_BINS, 2),
    "secondary": (1, LOCAL_BINS, 2),
    "scalars": (2 * len(SCALARS) + 1,),
}
#: Light is cut here, in depths: flares would otherwise take most of the range of an eight-bit number.
LOWEST, HIGHEST = -1.25, 2.0


def network_inputs(
    global_view: npt.ArrayLike, local_view: npt.ArrayLike, secondary_view: npt.ArrayLike, scalars: npt.ArrayLike
) -> dict[str, Arrays]:
    """Inputs by name (n, *INPUT_SHAPES[name]), float32, from views (n, 201), (n, 61), (n, 61) and scalars (n, 12).

    A secondary view with NaN is absent: its channels are 0. A scalar that is NaN is 0, and its flag too.
    """
    whole, near, other = (np.asarray(v, dtype=np.float32) for v in (global_view, local_view, secondary_view))
    numbers = np.asarray(scalars, dtype=np.float32)
    turned = np.roll(whole, whole.shape[1] // 2, axis=1)
    known = np.isfinite(numbers)
    there = np.isfinite(other).all(axis=1)
    flags = np.concatenate([known, there[:, None]], axis=1).astype(np.float32)
    return {
        "global": _channels(whole, turned),
        "local": _channels(near),
        "secondary": _channels(other) * there[:, None, None, None].astype(np.float32),
        "scalars": np.concatenate([np.where(known, numbers, 0), flags], axis=1).astype(np.float32),
    }


def _channels(*views: Arrays) -> Arrays:
    n, bins = views[0].shape
    away = np.broadcast_to(np.abs(np.linspace(-1, 1, bins, dtype=np.float32)), (n, bins))
    light = [np.clip(np.nan_to_num(v, nan=0.0), LOWEST, HIGHEST) for v in views]
    return np.stack([*light, away], axis=-1)[:, None].astype(np.float32)
