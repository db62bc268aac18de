"""The steps of a restore, what each still needs, and what is asked of the services; free of Qt."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.services.restores import Opening, PointView


class Step(StrEnum):
    """The pages, in their order."""

    WHERE = "where"
    POINT = "point"
    FILES = "files"
    TARGET = "target"
    RUN = "run"


class Place(StrEnum):
    """Where the backup is read from."""

    PLAN = "plan"
    FOLDER = "folder"
    URL = "url"


class Secret(StrEnum):
    """What opens it."""

    KEPT = "kept"
    PASSPHRASE = "passphrase"
    CODE = "code"


_SECRET = ("sas", "passphrase", "code")


class Answers(Struct, frozen=True):
    """What was answered so far; secrets never appear in a representation."""

    plan: Plan | None = None
    place: Place = Place.FOLDER
    folder: str = ""
    url: str = ""
    sas: str = ""
    secret: Secret = Secret.PASSPHRASE
    passphrase: str = ""
    code: str = ""
    point: PointView | None = None
    nothing_chosen: bool = False
    to: str = ""
    overwrite: bool = False

    def __repr__(self) -> str:
        shown = (name for name in self.__struct_fields__ if name not in _SECRET)
        return f"Answers({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def begin(plan: Plan | None) -> Answers:
    """Give the first answers: a plan is read from its account with what is kept here."""
    if plan is None:
        return Answers()
    return Answers(plan=plan, place=Place.PLAN, secret=Secret.KEPT)


def store_of(plan: Plan) -> str:
    """Name the vault container of a plan, as a path or an address."""
    destination = plan.destination
    if destination.is_folder:
        return str(Path(destination.account) / destination.vault)
    return f"{destination.account.rstrip('/')}/{destination.vault}"


def opening(answers: Answers) -> Opening:
    """Say how the repository is to be opened."""
    match answers.place:
        case Place.PLAN:
            assert answers.plan is not None
            stores: tuple[str, ...] = (store_of(answers.plan),)
        case Place.FOLDER:
            stores = tuple(line.strip() for line in answers.folder.splitlines() if line.strip())
        case Place.URL:
            stores = (answers.url.strip(),)
    by_url = answers.place is Place.URL
    return Opening(
        stores=stores,
        passphrase=answers.passphrase if answers.secret is Secret.PASSPHRASE else None,
        recovery_code=answers.code if answers.secret is Secret.CODE else None,
        sas=(answers.sas.strip().lstrip("?") or None) if by_url else None,
    )


def missing(step: Step, answers: Answers) -> str | None:
    """Give the words key of what a step still needs, or None."""
    match step:
        case Step.WHERE:
            return _missing_where(answers)
        case Step.POINT:
            return None if answers.point is not None else "restore.need.point"
        case Step.FILES:
            return "restore.need.files" if answers.nothing_chosen else None
        case Step.TARGET:
            return None if answers.to.strip() else "restore.need.target"
        case Step.RUN:
            return None


def _missing_where(answers: Answers) -> str | None:
    if answers.place is Place.FOLDER and not answers.folder.strip():
        return "restore.need.folder"
    if answers.place is Place.URL and not answers.url.strip().startswith(("https://", "http://")):
        return "restore.need.url"
    if answers.secret is Secret.PASSPHRASE and not answers.passphrase:
        return "restore.need.passphrase"
    if answers.secret is Secret.CODE and not answers.code.strip():
        return "restore.need.code"
    return None
