"""Asking the model service what kind of signal this is. A failure is a plain sentence, never an exception."""

from __future__ import annotations

import os
import random
import time
from typing import Any, get_args

from pydantic import ValidationError

from data.classification_report import Branch, Classification

URL_SETTING = "LARUN_MODEL_URL"
KEY_SETTING = "LARUN_MODEL_KEY"
CONNECT_SECONDS = 2.0
READ_SECONDS = 15.0
ATTEMPTS = 3  # the first and two retries
LONGEST_WAIT_SECONDS = 5.0  # however long the service asks for
_TRANSIENT = frozenset({429, 500, 502, 503, 504})
_NO_SUCH_PART = 501
_BRANCHES = frozenset(get_args(Branch))


class ModelService:
    """The service that LARUN_MODEL_URL names, as one run sees it: once found to be down, it is not asked again."""

    def __init__(self, *, read_seconds: float = READ_SECONDS) -> None:
        self._url = os.environ.get(URL_SETTING, "").rstrip("/")
        self._read_seconds = read_seconds
        self._down = "" if self._url else "No model service is set up here."
        self._combines = True

    def classify(self, signal: dict[str, Any]) -> Classification:
        """The answer on one signal in the form of `POST /ensemble`, or of `POST /classify` where the service has no
        combination with vetting numbers; `not_run` with the reason when none came."""
        if self._combines:
            told = self._ask("ensemble", signal)
            if told is not None:
                return told
            self._combines = False
        told = self._ask("classify", {k: v for k, v in signal.items() if k != "vetting"})
        return told if told is not None else _not_run("The model service does not classify signals.")

    def _ask(self, part: str, signal: dict[str, Any]) -> Classification | None:
        """None where the service says that it comes without that part."""
        if self._down:
            return _not_run(self._down)
        import requests

        key = os.environ.get(KEY_SETTING)
        reason, wait = "", 0.0
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(wait or 0.2 * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 (spreads the retries)
            wait = 0.0
            try:
                answer = requests.post(
                    f"{self._url}/{part}",
                    json={"signals": [signal], "explain": True, "version": None},
                    headers={"X-Api-Key": key} if key else {},
                    timeout=(CONNECT_SECONDS, self._read_seconds),
                )
            except requests.Timeout:
                reason = "The model service did not answer in time."
            except requests.ConnectionError:
                reason = "The model service could not be reached."
            except (requests.RequestException, ValueError):
                return _not_run("The signal could not be sent to the model service.")
            else:
                if answer.status_code == 200:
                    return _read(answer)
                if answer.status_code == _NO_SUCH_PART:
                    return None
                if answer.status_code in (401, 403):
                    reason = "The model service did not accept the key."
                    break
                reason = f"The model service answered with error {answer.status_code}."
                if answer.status_code not in _TRANSIENT:
                    return _not_run(_detail(answer) or reason)
                wait = _seconds(answer.headers.get("Retry-After"))
        self._down = reason
        return _not_run(reason)


def _read(answer: Any) -> Classification:
    try:
        body = answer.json()
        (result,) = body["results"]
        return Classification.model_validate(
            {
                "outcome": "done",
                "label": result["label"],
                "probabilities": result["probabilities"],
                "student_probabilities": result.get("student"),
                "planet_with_vetting": (result.get("combined") or {}).get("planet"),
                # inputs that a later service may have are none of ours to explain
                "explanation": [b for b in result.get("explanation") or () if b["branch"] in _BRANCHES],
                "model_version": body["model"]["version"],
            }
        )
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError):
        return _not_run("The model service gave an answer that could not be read.")


def _seconds(retry_after: str | None) -> float:
    try:
        return min(max(float(retry_after or 0.0), 0.0), LONGEST_WAIT_SECONDS)
    except ValueError:
        return 0.0


def _detail(answer: Any) -> str | None:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return None
    return detail if isinstance(detail, str) else None


def _not_run(reason: str) -> Classification:
    return Classification(outcome="not_run", reason=reason)
