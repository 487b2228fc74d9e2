"""Drafts in the database: one a person, saved at every change."""

from __future__ import annotations

from pydantic import ValidationError

from data.session import read_scope, session_scope
from data.tables import Run, WizardDraft, utc_now
from larun_app.wizard.draft import Draft


def load(owner_id: str) -> Draft:
    """The person's draft; an empty one where there is none or where it is of a version we no longer understand."""
    with read_scope() as session:
        row = session.get(WizardDraft, owner_id)
        document = dict(row.document) if row is not None else {}
    try:
        return Draft.model_validate(document)
    except ValidationError:
        return Draft()


def save(owner_id: str, draft: Draft) -> None:
    """Keep a draft."""
    with session_scope() as session:
        row = session.get(WizardDraft, owner_id) or WizardDraft(owner_id=owner_id)
        row.document = draft.model_dump(mode="json")
        row.updated_at = utc_now()
        session.add(row)


def clear(owner_id: str) -> None:
    """Forget the draft: its run has started, or it was cancelled."""
    with session_scope() as session:
        row = session.get(WizardDraft, owner_id)
        if row is not None:
            session.delete(row)


def request_of_run(owner_id: str, run_id: str) -> dict[str, object] | None:
    """The stored request of one of the person's runs, to start a new one from; None where there is none."""
    with read_scope() as session:
        run = session.get(Run, run_id)
        return dict(run.request) if run is not None and run.owner_id == owner_id else None
