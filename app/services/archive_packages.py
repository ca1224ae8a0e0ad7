"""A final record as a signed package for the archive: the same for everyone who may read the record."""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.approval import Approval
from app.models.archive_package import (
    ArchivedApproval,
    ArchivedApprovals,
    ArchivedParty,
    ArchivedRegistration,
    ArchivePackageRead,
    ArchivingOrganisation,
)
from app.models.dialogue_session import DialogueSession
from app.models.dialogue_template import DialogueTemplate
from app.models.mandate import Mandate
from app.models.organisation import Organisation
from app.models.party import Party
from app.models.session_record import RecordContent, RecordRegistration, SessionRecord
from app.models.template_content import TemplateContent
from app.services import wall
from app.services.archive_files import Package, package, sha256
from app.services.archive_keys import ArchiveKey
from app.services.archive_texts import Archived
from app.services.content_hash import canonical
from app.services.errors import Code, Refusal
from app.services.work import Work, admit

# In one statement: in several, half of a record could be signed that is destroyed meanwhile.
_FACTS: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        Approval,
        col(Mandate.function),
        RecordRegistration,
        col(Organisation.id).label("organisation_id"),
        col(Organisation.organisation_number),
        col(Organisation.name),
        col(DialogueTemplate.content).label("template"),
    )
    .select_from(SessionRecord)
    .join(Organisation, col(Organisation.id) == col(SessionRecord.organisation_id))
    .join(DialogueSession, col(DialogueSession.id) == col(SessionRecord.dialogue_session_id))
    .join(DialogueTemplate, col(DialogueTemplate.id) == col(DialogueSession.dialogue_template_id))
    .join(Approval, sa.and_(col(Approval.subject_id) == col(SessionRecord.id), col(Approval.voided_at).is_(None)))
    .join(Mandate, col(Mandate.id) == col(Approval.mandate_id))
    .outerjoin(RecordRegistration, col(RecordRegistration.session_record_id) == col(SessionRecord.id))
    .where(col(SessionRecord.id) == sa.bindparam("record_id"))
    .order_by(col(Approval.id))
)
_PARTIES = (
    sa.select(col(Party.id), col(Party.name), col(Party.side))
    .where(col(Party.id).in_(sa.bindparam("party_ids", expanding=True)))
    .order_by(col(Party.id))
)


class Altered(Exception):
    """What is stored is not what was approved. It is not signed."""


@dataclass(frozen=True)
class Gathered:
    """All that a package is made of."""

    version: int
    archived: Archived
    content: Any
    template: Any


@dataclass(frozen=True)
class Made:
    """A package with what is shown of it."""

    shown: ArchivePackageRead
    content: bytes


async def gather(work: Work, record_id: UUID) -> Gathered:
    """What the package says as of now. Wants a transaction, and changes nothing."""
    await wall.only_reading(work.session)
    record = await admit(work, "read_archive_package", SessionRecord, record_id)
    return await gathered(work, record)


async def gathered(work: Work, record: SessionRecord) -> Gathered:
    """What there is to say of a final record that the actor may read."""
    # A service client sees no table, mandate or template. What is taken of them is said by the record itself, by the
    # decisions on it or by the questions it answers.
    async with wall.beyond(work.session):
        found = (await work.session.execute(_FACTS, {"record_id": record.id})).all()
        if not found:
            raise Refusal(Code.NOT_FOUND)
        content = RecordContent.model_validate(record.content)
        decided = [(each.Approval, each.function) for each in found]
        archived = Archived(
            organisation=ArchivingOrganisation(
                id=found[0].organisation_id, organisation_number=found[0].organisation_number, name=found[0].name
            ),
            content=content,
            approvals=_approvals(record, content, decided, await _parties(work, content, decided)),
            registration=_registration(found[0].RecordRegistration),
            template=TemplateContent.model_validate(found[0].template),
        )
    return Gathered(record.version, archived, record.content, found[0].template)


async def make(gathered: Gathered, key: ArchiveKey, api_version: str) -> Made:
    """The package, signed in a thread: no transaction need be open meanwhile."""
    archived = gathered.archived
    made = await asyncio.to_thread(_made, archived, gathered.content, gathered.template, key, api_version)
    return Made(
        ArchivePackageRead(
            version=gathered.version,
            manifest=made.manifest,
            signature=base64.b64encode(made.signature).decode(),
            package_hash=sha256(made.content),
            approvals=archived.approvals.approvals,
            registration=archived.registration,
        ),
        made.content,
    )


def _made(archived: Archived, content: Any, template: Any, key: ArchiveKey, api_version: str) -> Package:
    record, method = canonical(content), canonical(template)
    if sha256(record) != archived.approvals.content_hash:
        raise Altered("the content of a final record")
    if sha256(method) != archived.content.dialogue_template.content_hash:
        raise Altered("the dialogue template of a final record")
    return package(archived, record, method, key, api_version)


async def _parties(work: Work, content: RecordContent, decided: Sequence[tuple[Approval, str]]) -> list[ArchivedParty]:
    """Whom the record names, called what it calls them where it does."""
    called = {each.party_id: each.party_name for each in content.attendances}
    named = {*called, *(each.party_id for each in content.statements), *(each.party_id for each, _ in decided)}
    rows = await work.session.execute(_PARTIES, {"party_ids": list(named)})
    return [ArchivedParty(id=each.id, name=called.get(each.id, each.name), side=each.side) for each in rows]


def _approvals(
    record: SessionRecord,
    content: RecordContent,
    decided: Sequence[tuple[Approval, str]],
    parties: list[ArchivedParty],
) -> ArchivedApprovals:
    held = {each.mandate_id: each.function for each in content.attendances}
    return ArchivedApprovals.model_validate(
        {
            "session_record_id": record.id,
            "final_at": record.final_at,
            "content_hash": record.content_hash,
            "parties": parties,
            "approvals": [
                ArchivedApproval(
                    party_id=each.party_id,
                    mandate_id=each.mandate_id,
                    function=held.get(each.mandate_id, function),
                    decision=each.decision,
                    statement=each.statement,
                    decided_at=each.decided_at,
                    content_hash=each.content_hash,
                )
                for each, function in decided
            ],
        }
    )


def _registration(registration: RecordRegistration | None) -> ArchivedRegistration | None:
    if registration is None:
        return None
    return ArchivedRegistration(
        case_number=registration.case_number,
        archive_class=registration.archive_class,
        retain_until=registration.retain_until,
        registered_at=registration.registered_at,
    )
