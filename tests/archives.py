"""An archive package built without a database, for the many that are altered, and the means to alter it."""

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.models.archive_package import ArchivedApprovals, ArchivedRegistration, ArchivingOrganisation
from app.models.session_record import RecordContent
from app.models.template_content import TemplateContent
from app.services.archive_files import package
from app.services.archive_keys import ArchiveKey
from app.services.archive_texts import Archived
from app.services.archive_zips import unzipped, zipped
from app.services.content_hash import canonical, content_hash
from app.services.template_content import written
from tests.content import shipped_pack

Json = dict[str, Any]

FINAL_AT = "2026-11-26T14:03:05Z"
FINAL = datetime(2026, 11, 26, 14, 3, 5, tzinfo=UTC)


def an_id(number: int) -> str:
    return str(UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + number))


def a_key(seed: int = 1) -> ArchiveKey:
    """The same key each time."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return ArchiveKey(pem, datetime(2026, 1, 1, tzinfo=UTC))


@cache
def _template() -> Any:
    return next(each.content for each in shipped_pack().templates if each.key == "kvalitet-och-kompetens")


EMPLOYER, SACO, SEKO = an_id(1), an_id(2), an_id(3)


@dataclass
class Facts:
    """What a package is made of, to be changed at will before it is made."""

    content: Json = field(default_factory=lambda: copy.deepcopy(CONTENT))
    template: Json = field(default_factory=lambda: written(_template()))
    approvals: Json = field(default_factory=lambda: copy.deepcopy(APPROVALS))
    registration: Json | None = field(default_factory=lambda: copy.deepcopy(REGISTRATION))
    organisation: Json = field(default_factory=lambda: copy.deepcopy(ORGANISATION))
    key: ArchiveKey = field(default_factory=a_key)
    hashed: bool = True
    """Whether the hashes are put right after changes."""

    def archived(self) -> Archived:
        if self.hashed:
            self.content["dialogueTemplate"]["contentHash"] = content_hash(self.template)
            found = content_hash(self.content)
            self.approvals["contentHash"] = found
            for each in self.approvals["approvals"]:
                each["contentHash"] = found
        return Archived(
            ArchivingOrganisation.model_validate(self.organisation),
            RecordContent.model_validate(self.content),
            ArchivedApprovals.model_validate(self.approvals),
            None if self.registration is None else ArchivedRegistration.model_validate(self.registration),
            TemplateContent.model_validate(self.template),
        )

    def package(self) -> bytes:
        archived = self.archived()
        return package(archived, canonical(self.content), canonical(self.template), self.key, "1.0.0").content


def files_of(content: bytes) -> dict[str, bytes]:
    return unzipped(content)


def zip_of(files: dict[str, bytes]) -> bytes:
    """As the program makes it, of whatever files."""
    return zipped(files, FINAL)


ORGANISATION: Json = {"id": an_id(100), "organisationNumber": "2021001234", "name": "Myndigheten för åäö"}
REGISTRATION: Json = {
    "caseNumber": "MHV 2026/0412",
    "archiveClass": "2.4.1 Samverkan",
    "retainUntil": "2036-12-31",
    "registeredAt": "2026-12-01T08:00:00Z",
}
CONTENT: Json = {
    "title": "Det väl utförda arbetet, första samtalet",
    "legalCharacter": "dialogue",
    "workingGroupId": an_id(20),
    "dialogueSessionId": an_id(21),
    "appendixTo": None,
    "dialogueTemplate": {
        "id": an_id(22),
        "key": "kvalitet-och-kompetens",
        "templateVersion": "1.0.0",
        "contentHash": None,
    },
    "startedAt": "2026-07-01T11:30:00Z",
    "meetingForm": "hybrid",
    "place": "Sammanträdesrummet Ålen",
    "facilitatorFunction": "Verksamhetsutvecklare",
    "attendances": [
        {
            "mandateId": an_id(11),
            "partyId": EMPLOYER,
            "partyName": "Arbetsgivaren",
            "function": "Enhetschef",
            "status": "present",
        },
        {"mandateId": an_id(12), "partyId": SACO, "partyName": "Saco-S", "function": "Ordförande", "status": "excused"},
    ],
    "employeeHeadcount": 7,
    "answers": {"q2": "Att provet går att lita på.", "q3": "Två i rummet.\n\nOch tid."},
    "sharedPicture": "Tiden för handledning har minskat.",
    "statements": [{"partyId": SACO, "answers": {"q5": "Vi frågar våra."}, "differences": "Kvällarna är tyngre."}],
    "actions": [
        {
            "id": an_id(30),
            "questionId": "q6",
            "what": "Avsätta en timme i veckan.",
            "ownerFunction": "Enhetschef",
            "dueOn": "2026-12-24",
        }
    ],
    "handovers": [{"handedOverTo": "mbl19", "matter": "Bemanning under kvällspass.", "caseNumber": None}],
    "noIndividualRecognisable": True,
}


def _approval(number: int, party: str, function: str, decision: str = "approve", statement: str | None = None) -> Json:
    return {
        "partyId": party,
        "mandateId": an_id(10 + number),
        "function": function,
        "decision": decision,
        "statement": statement,
        "decidedAt": f"2026-11-26T14:03:{number:02d}Z",
        "contentHash": "",
    }


APPROVALS: Json = {
    "sessionRecordId": an_id(40),
    "finalAt": FINAL_AT,
    "contentHash": "",
    "parties": [
        {"id": EMPLOYER, "name": "Arbetsgivaren", "side": "employer"},
        {"id": SACO, "name": "Saco-S", "side": "union"},
        {"id": SEKO, "name": "Seko", "side": "union"},
    ],
    "approvals": [
        _approval(1, EMPLOYER, "Enhetschef"),
        _approval(2, SACO, "Ordförande", "approveWithDissent", "Vi ser allvarligare på tiden."),
        _approval(3, SEKO, "Sektionsordförande"),
    ],
}
