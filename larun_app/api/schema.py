"""The JSON schema of the report: `python -m larun_app.api.schema` writes docs/report-schema.json."""

from __future__ import annotations

import json
from pathlib import Path

from data.report import Report

SCHEMA_FILE = Path(__file__).parents[2] / "docs" / "report-schema.json"


def schema_text() -> str:
    """The schema as it is kept in the repository."""
    document = Report.model_json_schema(mode="serialization")
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    print(f"wrote {SCHEMA_FILE}")
