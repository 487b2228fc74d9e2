"""Browser sessions: an opaque random id in an HttpOnly cookie, its SHA-256 in the database, looked up at every event.

Local mode (the default): the installation belongs to one person, and whoever reaches it over a loopback address is
that person. No account, no password; the cookie still exists, because it is what the rest of the program checks.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie

from sqlmodel import delete

from data.session import local_user, read_scope, session_scope
from data.tables import User, WebSession, utc_now

COOKIE_NAME = "larun_sid"
#: Over https the browser itself then guarantees: secure, this host only, whole site.
SECURE_COOKIE_NAME = "__Host-larun_sid"
LIFETIME = timedelta(days=365)
TOUCH_EVERY = timedelta(minutes=10)
_MAX_TOKEN_LENGTH = 128


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person for whom an event or request is handled."""

    user_id: str
    name: str
    is_local: bool


def hash_token(token: str) -> str:
    """What the database keeps of a session id. The id has 256 random bits, so a plain hash suffices."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_of(cookie_header: str | None) -> str | None:
    """The session id in a Cookie header, or None."""
    if not cookie_header:
        return None
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(cookie_header)
    except CookieError:
        return None
    for name in (SECURE_COOKIE_NAME, COOKIE_NAME):
        if name in jar and 0 < len(jar[name].value) <= _MAX_TOKEN_LENGTH:
            return jar[name].value
    return None


def viewer_of_cookie(cookie_header: str | None) -> Viewer | None:
    """Who sends this Cookie header; None without a session that is known, not revoked and not expired.

    Reads the database (well under a millisecond on SQLite): call it in a thread from async code.
    """
    token = token_of(cookie_header)
    if token is None:
        return None
    digest = hash_token(token)
    now = utc_now()
    with read_scope() as db:
        row = db.get(WebSession, digest)
        if row is None or row.revoked or (row.expires_at is not None and row.expires_at <= now):
            return None
        user = db.get(User, row.user_id)
        if user is None:
            return None
        stale = now - row.last_seen > TOUCH_EVERY
        viewer = Viewer(user_id=user.id, name=user.name, is_local=user.kind == "local")
    if stale:
        _touch(digest)
    return viewer


def _touch(digest: str) -> None:
    with session_scope() as db:
        row = db.get(WebSession, digest)
        if row is not None:
            row.last_seen = utc_now()
            db.add(row)


def start_local_session() -> str:
    """A new session for the one local person; returns the id for the cookie. Forgets expired sessions on the way."""
    token = secrets.token_urlsafe(32)
    now = utc_now()
    with session_scope() as db:
        db.exec(delete(WebSession).where(WebSession.expires_at < now))  # type: ignore[arg-type, operator]
        user = local_user(db)
        db.add(WebSession(token_hash=hash_token(token), user_id=user.id, expires_at=now + LIFETIME))
    return token


def revoke(token: str) -> None:
    """End a session: from now on its events are refused, also on sockets that are still open."""
    with session_scope() as db:
        row = db.get(WebSession, hash_token(token))
        if row is not None:
            row.revoked = True
            db.add(row)


def cookie_header_for(token: str, *, https: bool) -> str:
    """Set-Cookie value: not readable by scripts, not sent by other sites' forms."""
    name = SECURE_COOKIE_NAME if https else COOKIE_NAME
    parts = [f"{name}={token}", "Path=/", f"Max-Age={int(LIFETIME.total_seconds())}", "HttpOnly", "SameSite=Lax"]
    if https:
        parts.append("Secure")
    return "; ".join(parts)


def header_value(headers: Mapping[bytes, bytes] | list[tuple[bytes, bytes]], name: bytes) -> str | None:
    """One header of an ASGI scope as text."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    for key, value in pairs:
        if key.lower() == name:
            return value.decode("latin-1")
    return None
