"""HTTP as the archive clients use it: allow-listed hosts, time-outs, size limits, retries with jitter and back-off.

`GuardedSession` is an ordinary `requests.Session`, so the real clients (astroquery) run through it unchanged.
"""

from __future__ import annotations

import ipaddress
import random
import socket
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from .errors import ArchiveUnavailable, HostNotAllowed, ServiceUnreachable
from .settings import LOOPBACK_HOSTS, ArchiveSettings, origin_of

USER_AGENT = "larun/0.1 (exoplanet search; python-requests)"

#: Answers that may be different the next time.
RETRY_STATUS = frozenset({429, 500, 502, 503, 504})

_RETRY_ERRORS = (
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


class GuardedSession(requests.Session):
    """A session of one service. Queries (`request` without `stream`) are read whole, retried, and limited in size.

    `service` is the name used in sentences ("MAST"). With `expect_json`, a page of HTML in place of data counts as a
    failure that is tried again. Raises ArchiveUnavailable when all attempts failed, HostNotAllowed when a request or
    a redirect leaves the configured hosts. Other HTTP statuses are returned to the caller.
    """

    def __init__(
        self,
        service: str,
        settings: ArchiveSettings,
        *,
        expect_json: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.service = service
        self.settings = settings
        self.expect_json = expect_json
        self._sleep = sleep
        self._clock = clock
        self._polls = 0
        self.max_redirects = 5
        self.headers["User-Agent"] = USER_AGENT
        if all(host in LOOPBACK_HOSTS for _, host, _ in settings.allowed_origins):
            self.trust_env = False  # a proxy cannot reach this machine's loopback

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send one prepared request, redirects included: called by requests for each hop, so each hop is checked."""
        check_host(request.url or "", self.settings, proxied=bool(kwargs.get("proxies")))
        return super().send(request, **kwargs)

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """As `requests.Session.request`, with the time-outs of the settings and with retries."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = (self.settings.connect_seconds, self.settings.read_seconds)
        streaming = bool(kwargs.pop("stream", False))
        deadline = self._clock() + self.settings.query_seconds
        failure: ArchiveUnavailable | None = None
        for attempt in range(self.settings.attempts):
            asked_to_wait: float | None = None
            try:
                response = super().request(method, url, stream=True, **kwargs)
                if not streaming:
                    self._read_whole(response, deadline)
                if response.status_code in RETRY_STATUS:
                    failure = self._busy(response.status_code)
                    asked_to_wait = retry_after_seconds(response.headers.get("Retry-After"))
                    response.close()
                elif self.expect_json and not streaming and response.ok and looks_like_html(response.content):
                    failure = self._not_data()
                else:
                    if not streaming:
                        self._pause_while_executing(response.content, deadline)
                    return response
            except _RETRY_ERRORS as error:
                failure = self._unreachable(error)
                if isinstance(error, requests.exceptions.ConnectTimeout) and attempt >= 1:
                    break  # a host that does not even shake hands will not do so seconds later
            except requests.exceptions.RequestException as error:
                raise self._unreachable(error) from error
            pause = self._pause(attempt, asked_to_wait)
            if attempt + 1 >= self.settings.attempts or self._clock() + pause >= deadline:
                break
            self._sleep(pause)
        assert failure is not None
        raise failure

    def _read_whole(self, response: requests.Response, deadline: float) -> None:
        """Read the body into the response, within the deadline and the size limit."""
        body = bytearray()
        for chunk in response.iter_content(65536):
            body += chunk
            if len(body) > self.settings.answer_bytes_max:
                response.close()
                raise ArchiveUnavailable(self.service, f"{self.service} sent an answer that is far too large.")
            if self._clock() > deadline:
                response.close()
                raise ArchiveUnavailable(
                    self.service, f"{self.service} answers too slowly at the moment. Try again in a while."
                )
        response._content = bytes(body)

    def _pause_while_executing(self, body: bytes, deadline: float) -> None:
        """astroquery asks again at once while MAST says EXECUTING; wait a little in its place."""
        if b'"EXECUTING"' not in body[:2000] and b'"EXECUTING"' not in body[-2000:]:
            self._polls = 0
            return
        pause = min(0.25 * 1.6**self._polls, 5.0)
        self._polls += 1
        self._sleep(max(0.0, min(pause, deadline - self._clock())))

    def _pause(self, attempt: int, asked: float | None) -> float:
        """Seconds to wait after a failed attempt: doubling, with jitter, or as long as the server asks for."""
        grown = min(self.settings.backoff_seconds * 2.0**attempt, self.settings.longest_pause_seconds)
        pause = grown * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
        if asked is not None:
            pause = max(pause, min(asked, self.settings.longest_pause_seconds))
        return pause

    def _busy(self, status: int) -> ArchiveUnavailable:
        if status == 429:
            sentence = f"{self.service} asks us to slow down. Try again in a few minutes."
        else:
            sentence = f"{self.service} has a fault on its side just now (HTTP {status}). Try again later."
        return ArchiveUnavailable(self.service, sentence)

    def _not_data(self) -> ArchiveUnavailable:
        return ArchiveUnavailable(
            self.service,
            f"{self.service} answered with a web page in place of data, as during maintenance. Try again later.",
        )

    def _unreachable(self, error: Exception) -> ArchiveUnavailable:
        if isinstance(error, requests.exceptions.Timeout):
            sentence = f"{self.service} does not answer in time. Try again later."
        elif isinstance(error, requests.exceptions.TooManyRedirects):
            sentence = f"{self.service} sends us round in circles. Try again later."
        elif isinstance(error, requests.exceptions.SSLError):
            sentence = f"The connection to {self.service} is not secure (bad certificate), so it was not used."
        elif isinstance(error, requests.exceptions.ChunkedEncodingError):
            sentence = f"The connection to {self.service} breaks off again and again. Try again later."
        else:
            sentence = f"{self.service} cannot be reached. Check the internet connection, or try again later."
        return ServiceUnreachable(self.service, sentence)


def check_host(url: str, settings: ArchiveSettings, *, proxied: bool = False) -> None:
    """Raise HostNotAllowed unless `url` leads to a configured service, and to a public address where it is public.

    Raises requests' ConnectionError where the host name has no address, so that it counts as unreachable.
    """
    origin = origin_of(url)
    if origin not in settings.allowed_origins:
        raise HostNotAllowed(f"A request to {origin[1] or 'nowhere'} was stopped: it is not a configured service.")
    if origin[1] in LOOPBACK_HOSTS or proxied:
        return
    try:
        found = socket.getaddrinfo(origin[1], origin[2] or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise requests.exceptions.ConnectionError(f"no address for {origin[1]}") from error
    for entry in found:
        address = ipaddress.ip_address(str(entry[4][0]).split("%")[0])
        if not address.is_global:
            raise HostNotAllowed(f"A request to {origin[1]} was stopped: its address is not a public one.")


def retry_after_seconds(value: str | None) -> float | None:
    """Seconds of a Retry-After header (a number, or an HTTP date), None where absent or unreadable."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def looks_like_html(body: bytes) -> bool:
    """True where a body is a page and not JSON or a table."""
    return body.lstrip()[:1] == b"<"
