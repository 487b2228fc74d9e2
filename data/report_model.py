"""The base of all models of the report."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ReportModel(BaseModel):
    """Base: closed documents, numbers finite or null."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="null")
