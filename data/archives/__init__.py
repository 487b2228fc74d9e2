"""The outside archives: one client a service, with cache, time-outs, retries and a plain word when one is down."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .services import ServiceStatus
    from .settings import ArchiveSettings


def doctor(settings: ArchiveSettings | None = None) -> list[ServiceStatus]:
    """Which services answer within 5 seconds. See `services.doctor`."""
    from .services import doctor as ask  # requests is only needed by those who ask

    return ask(settings)
