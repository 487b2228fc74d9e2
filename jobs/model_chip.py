"""What the model service has for a microcontroller: its figures and the package. Failures are one plain sentence."""

from __future__ import annotations

import os
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from jobs.model_service import CONNECT_SECONDS, KEY_SETTING, URL_SETTING

READ_SECONDS = 10.0
LARGEST_BYTES = 16_000_000


class NoChip(Exception):
    """The network for the microcontroller cannot be had now; the message is a sentence for the user."""


class Microcontroller(BaseModel):
    """Figures of the network on a Cortex-M4, as `GET /model` tells them under `microcontroller`."""

    network_bytes: int = Field(gt=0)
    flash_bytes: int = Field(gt=0)
    ram_bytes: int = Field(gt=0)
    modelled_cycles: int = Field(gt=0)
    clock_hz: int = Field(gt=0)
    modelled_milliseconds: float = Field(gt=0)
    how_modelled: str = ""
    compiler: str = ""
    sha256: str = ""


class ChipModel(BaseModel):
    """The part of `GET /model` that the page about the chip shows."""

    version: str
    microcontroller: Microcontroller
    metrics: dict[str, Any] = Field(default_factory=dict)


def describe() -> ChipModel:
    """Version and figures. Blocking. Raises NoChip."""
    answer = _get("model")
    try:
        told = answer.json()
        if told.get("microcontroller") is None:
            raise NoChip("This model comes without a network for the microcontroller.")
        return ChipModel.model_validate(told)
    except (ValueError, AttributeError, ValidationError) as error:
        raise NoChip("The model service gave an answer that could not be read.") from error


def package() -> bytes:
    """The zip. Blocking. Raises NoChip."""
    answer = _get("export/cortex-m4")
    content = bytes(answer.content)
    if not content.startswith(b"PK") or len(content) > LARGEST_BYTES:
        raise NoChip("The model service gave an answer that could not be read.")
    return content


def _get(path: str) -> Any:
    import requests

    url = os.environ.get(URL_SETTING, "").rstrip("/")
    if not url:
        raise NoChip("No model service is set up here.")
    key = os.environ.get(KEY_SETTING)
    try:
        answer = requests.get(
            f"{url}/{path}", headers={"X-Api-Key": key} if key else {}, timeout=(CONNECT_SECONDS, READ_SECONDS)
        )
    except requests.Timeout as error:
        raise NoChip("The model service did not answer in time.") from error
    except requests.RequestException as error:
        raise NoChip("The model service could not be reached.") from error
    if answer.status_code == 501:
        raise NoChip("This model comes without a network for the microcontroller.")
    if answer.status_code in (401, 403):
        raise NoChip("The model service did not accept the key.")
    if answer.status_code != 200:
        raise NoChip(f"The model service answered with error {answer.status_code}.")
    return answer
