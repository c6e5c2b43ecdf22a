"""Stores what a person left in forms in a file outside the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.durable_files import replace_file
from sla_tracker.errors import N_, Refused
from sla_tracker.regular_files import read_regular
from sla_tracker.services.form_drafts import MOST_DRAFTS, FormDraft
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.config.deployment import Deployment

KEPT_FOR = timedelta(days=7)
"""How long drafts are kept: they hold what people wrote, and an erasure does not reach those of other logins."""
LARGEST = 8 << 20
"""Bytes."""
FILE_MODE = 0o600


@dataclass(frozen=True, slots=True)
class DraftFile:
    """The file with the drafts of one person, for one login and deployment."""

    file: Path

    def load(self, now: datetime) -> dict[str, FormDraft]:
        """Return the drafts that are not too old; skips anything else in the file."""
        try:
            found = json.loads(read_regular(self.file, LARGEST))
        except (OSError, ValueError, RecursionError):
            return {}
        drafts = {key: _read(value) for key, value in found.items()} if isinstance(found, dict) else {}
        return {
            key: draft
            for key, draft in drafts.items()
            if draft is not None and timedelta(0) <= now - draft.left_at < KEPT_FOR
        }

    def change(self, changed: Mapping[str, FormDraft | None], now: datetime) -> None:
        """Put drafts into the file; None deletes one. Raises Refused.

        Others stay: another terminal of the same person may have left them.
        """
        merged = {**self.load(now), **changed}
        kept = {key: draft for key, draft in merged.items() if draft is not None and not draft.secret}
        latest = sorted(kept, key=lambda key: kept[key].left_at)[-MOST_DRAFTS:]
        try:
            if not latest:
                self.delete()
                return
            self.file.parent.mkdir(parents=True, exist_ok=True)
            content = json.dumps({key: _written(kept[key]) for key in latest}, ensure_ascii=False)
            replace_file(self.file, content.encode(), mode=FILE_MODE)
        except OSError as error:
            raise Refused(
                N_("What was filled in cannot be kept in {file}: {why}"), file=self.file, why=error
            ) from error

    def delete(self) -> None:
        """Delete the file; raises OSError."""
        self.file.unlink(missing_ok=True)


def _written(draft: FormDraft) -> dict[str, object]:
    return {"given": draft.given, "left": draft.left, "left_at": draft.left_at.isoformat()}


def _read(value: object) -> FormDraft | None:
    try:
        match value:
            case {"given": list() as given, "left": list() as left, "left_at": str() as left_at}:
                at = datetime.fromisoformat(left_at)
                is_sound = at.tzinfo is not None and len(given) == len(left)
                if is_sound and all(one is None or isinstance(one, str | bool) for one in (*given, *left)):
                    return FormDraft(tuple(given), tuple(left), at)
    except ValueError:
        pass
    return None


def drafts_of(deployment: Deployment, person: str) -> DraftFile:
    """Return the draft file of a person at the present login.

    It lies in the user's state folder, for a trial in the deployment.
    """
    if deployment.basics.trial:
        return DraftFile(deployment.folder / ".seen" / f"forms-{_digest(person)}.json")
    from platformdirs import user_state_path

    name = _digest(f"{deployment.folder.resolve()} {person}")
    return DraftFile(user_state_path("sla_tracker") / f"forms-{name}.json")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
