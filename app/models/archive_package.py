"""A final record as files that stand on their own: what the parties approved, how, and how the archive knows it."""

from typing import Annotated, Final, Literal

from pydantic import Field

from app.models.approval import ContentHash, Decision, DecisionStatement
from app.models.archive_key import Thumbprint
from app.models.base import Linked, Output
from app.models.bounds import Hash, Many, Phrase, Word
from app.models.columns import DateOnly, Id, Line, Moment, WholeNumber
from app.models.dialogue_session import SessionTitle
from app.models.party import PartyName, Side
from app.models.session_record import CaseNumber, RecordCorrection

FORMAT: Final = "larande-archive-package"
FORMAT_VERSION: Final = 1
"""What a package says and how its texts are worded. Another one gets another number, and both are verified."""

MOST_FILE_BYTES = 64 * 1024 * 1024

FileHash = Annotated[Hash, Field(description="SHA-256 of the file's bytes, in hexadecimal.")]
FileName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$", max_length=64, json_schema_extra={"example": "record.json"}),
]


class ArchivedParty(Output):
    """A party that the record or a decision on it names.

    One that is in the attendance list is called as it was at the session, another as it was when the package was made.
    """

    id: Id
    name: PartyName
    side: Side


class ArchivedApproval(Output):
    """A party's decision. Who took it is said by function alone."""

    party_id: Id
    mandate_id: Id
    function: Phrase = Field(json_schema_extra={"example": "Ordförande"})
    decision: Decision
    statement: DecisionStatement | None
    decided_at: Moment
    content_hash: ContentHash


class ArchivedApprovals(Output):
    """The decisions by which the record became final."""

    session_record_id: Id
    final_at: Moment
    content_hash: ContentHash
    parties: Many[ArchivedParty]
    approvals: Many[ArchivedApproval]


class ArchivedRegistration(Output):
    """How the archive knows the record."""

    case_number: CaseNumber
    archive_class: Annotated[Line, Field(json_schema_extra={"example": "2.4.1 Samverkan"})]
    retain_until: DateOnly | None = Field(description="Last day it has to be kept; null: no day is set.")
    registered_at: Moment


class ArchivedFile(Output):
    """A file in the package."""

    name: FileName
    media_type: Word = Field(json_schema_extra={"example": "application/json"})
    size: Annotated[WholeNumber, Field(ge=1, le=MOST_FILE_BYTES)] = Field(
        description="In bytes.", json_schema_extra={"example": 2048}
    )
    hash: FileHash


class ArchivingOrganisation(Output):
    """Whose record it is."""

    id: Id
    organisation_number: Word = Field(json_schema_extra={"example": "2021001234"})
    name: Phrase = Field(json_schema_extra={"example": "Myndigheten för provning"})


class ArchiveManifest(Output):
    """What the signature is over: which record it is, and every file with its hash."""

    package_format: Literal["larande-archive-package"]
    format_version: Literal[1]
    api_version: Word = Field(description="Of the service that made it.", json_schema_extra={"example": "1.0.0"})
    organisation: ArchivingOrganisation
    session_record_id: Id
    title: SessionTitle
    final_at: Moment
    appendix_to: RecordCorrection | None = Field(description="The final record that it corrects, if it is an appendix.")
    content_hash: ContentHash
    algorithm: Literal["Ed25519"]
    key_thumbprint: Thumbprint
    files: list[ArchivedFile] = Field(max_length=20)


class ArchivePackageRead(Linked):
    """The package of a final record: ask for it as `application/zip` to get the files."""

    manifest: ArchiveManifest
    signature: Word = Field(
        description="Ed25519 over the bytes of `manifest.json` in the package, in base64.",
        json_schema_extra={"example": "A" * 86 + "=="},
    )
    package_hash: FileHash = Field(description="SHA-256 of the package as a file.")
    approvals: Many[ArchivedApproval]
    registration: ArchivedRegistration | None = Field(description="Null while the archivist has not registered it.")
