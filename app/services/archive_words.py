"""The words of archive packages, in both languages. Those of a format version never change: packages are compared with
them letter by letter."""

from app.models.approval import Decision
from app.models.columns import Language
from app.models.dialogue_session import AttendanceStatus, MeetingForm
from app.models.party import Side
from app.models.session_record import HandedOverTo

SV, EN = Language.SWEDISH, Language.ENGLISH
Words = dict[Language, str]

HEADINGS: dict[str, Words] = {
    "record": {SV: "PROTOKOLL FRÅN PARTSGEMENSAMT SAMTAL", EN: "RECORD OF A JOINT CONVERSATION"},
    "appendix": {
        SV: "TILLÄGG TILL PROTOKOLL FRÅN PARTSGEMENSAMT SAMTAL",
        EN: "APPENDIX TO A RECORD OF A JOINT CONVERSATION",
    },
    "registration": {SV: "DIARIEFÖRING", EN: "REGISTRATION"},
    "attendances": {SV: "NÄRVARO", EN: "ATTENDANCE"},
    "answers": {SV: "GRUPPENS SVAR", EN: "THE GROUP'S ANSWERS"},
    "picture": {SV: "DEN GEMENSAMMA BILDEN", EN: "THE SHARED PICTURE"},
    "statements": {SV: "PARTERNAS UTTALANDEN", EN: "STATEMENTS BY THE PARTIES"},
    "actions": {SV: "ÖVERENSKOMNA ÅTGÄRDER", EN: "AGREED ACTIONS"},
    "handovers": {SV: "FRÅGOR SOM LÄMNAS ÖVER", EN: "MATTERS HANDED OVER"},
    "approvals": {SV: "JUSTERING", EN: "APPROVAL"},
    "hashes": {SV: "KONTROLLSUMMOR (SHA-256)", EN: "CHECKSUMS (SHA-256)"},
}
LABELS: dict[str, Words] = {
    "title": {SV: "Rubrik", EN: "Title"},
    "organisation": {SV: "Organisation", EN: "Organisation"},
    "number": {SV: "Organisationsnummer", EN: "Organisation number"},
    "record": {SV: "Protokollets id", EN: "Record id"},
    "corrects": {SV: "Tillägg till protokoll", EN: "Appendix to record"},
    "character": {SV: "Karaktär", EN: "Character"},
    "started": {SV: "Samtalet började", EN: "Conversation began"},
    "form": {SV: "Mötesform", EN: "Form of meeting"},
    "place": {SV: "Plats", EN: "Place"},
    "facilitator": {SV: "Samtalsledarens funktion", EN: "Facilitator's function"},
    "template": {SV: "Samtalsunderlag", EN: "Dialogue template"},
    "group": {SV: "Arbetsgruppens id", EN: "Working group id"},
    "session": {SV: "Samtalets id", EN: "Session id"},
    "final": {SV: "Slutligt", EN: "Final since"},
    "case": {SV: "Diarienummer", EN: "Case number"},
    "class": {SV: "Arkivklass", EN: "Archive class"},
    "retained": {SV: "Gallras tidigast efter", EN: "Kept at least until"},
    "registered": {SV: "Registrerat", EN: "Registered"},
    "employees": {SV: "Medarbetare", EN: "Employees"},
    "owner": {SV: "Ansvarig funktion", EN: "Owning function"},
    "due": {SV: "Senast", EN: "Due"},
    "question": {SV: "Gäller frågan", EN: "About the question"},
    "to": {SV: "Lämnas till", EN: "Handed over to"},
    "content": {SV: "Protokollets innehåll", EN: "Content of the record"},
    "corrected": {SV: "Protokollet som avses", EN: "The record referred to"},
    "method": {SV: "Samtalsunderlaget", EN: "Dialogue template"},
}
SENTENCES: dict[str, Words] = {
    "dialogue": {
        SV: "Dialog. Det är inte en förhandling enligt medbestämmandelagen (MBL).",
        EN: "Dialogue. It is not a negotiation under the Swedish Co-determination Act (MBL).",
    },
    "unregistered": {
        SV: "Protokollet var inte diariefört när paketet skapades.",
        EN: "The record was not registered when the package was made.",
    },
    "no_end": {SV: "inget datum är satt", EN: "no date is set"},
    "counted": {SV: "räknade, inte namngivna", EN: "counted, not named"},
    "uncounted": {SV: "antalet är inte antecknat", EN: "their number is not noted"},
    "nobody": {SV: "Ingen företrädare är antecknad.", EN: "No representative is noted."},
    "no_answers": {SV: "Inga svar är antecknade.", EN: "No answers are noted."},
    "no_picture": {SV: "Ingen gemensam bild är antecknad.", EN: "No shared picture is noted."},
    "no_statements": {SV: "Ingen part har lämnat något uttalande.", EN: "No party has made a statement."},
    "no_actions": {SV: "Inga åtgärder är överenskomna.", EN: "No actions are agreed."},
    "no_handovers": {SV: "Ingen fråga lämnas över.", EN: "No matter is handed over."},
    "unrecognisable": {
        SV: "När protokollet sändes för justering bekräftades att ingen enskild kan kännas igen i texten.",
        EN: "When the record was sent for review it was confirmed that nobody can be recognised in the text.",
    },
    "recognisable": {
        SV: "Det är inte bekräftat att ingen enskild kan kännas igen i texten.",
        EN: "It is not confirmed that nobody can be recognised in the text.",
    },
    "same": {
        SV: "De parter vars beslut anges här har beslutat om exakt samma innehåll, med kontrollsumman nedan.",
        EN: "The parties whose decisions stand here decided on exactly the same content, with the checksum below.",
    },
    # A decision that was withdrawn does not stand. Nobody's silence is consent.
    "undecided": {
        SV: "har inte fattat något beslut som gäller.",
        EN: "has made no decision that stands.",
    },
    "as_written": {
        SV: "Indragen text står som den skrevs. Frågorna är samtalsunderlagets. Tider är svensk tid.",
        EN: "Indented text stands as it was written. The questions are the template's. Times are Swedish time.",
    },
    "how": {
        SV: "Hur äktheten kontrolleras står i LASMIG.txt.",
        EN: "README.txt says how to check that this is authentic.",
    },
    "differs": {SV: "Det här ser parten annorlunda på:", EN: "Where the party sees things differently:"},
    "dissent": {SV: "Skiljaktig mening:", EN: "Dissent:"},
    "comment": {SV: "Partens kommentar:", EN: "The party's comment:"},
    "unknown": {SV: "Fråga", EN: "Question"},
    "version": {SV: "version", EN: "version"},
}
SIDES: dict[Side, Words] = {
    Side.EMPLOYER: {SV: "arbetsgivarpart", EN: "employer party"},
    Side.UNION: {SV: "arbetstagarpart", EN: "union party"},
}
FORMS: dict[MeetingForm, Words] = {
    MeetingForm.ON_SITE: {SV: "på plats", EN: "on site"},
    MeetingForm.REMOTE: {SV: "på distans", EN: "remote"},
    MeetingForm.HYBRID: {SV: "på plats och på distans", EN: "on site and remote"},
}
ATTENDED: dict[AttendanceStatus, Words] = {
    AttendanceStatus.PRESENT: {SV: "närvarande", EN: "present"},
    AttendanceStatus.EXCUSED: {SV: "frånvarande med anmält förhinder", EN: "excused"},
    AttendanceStatus.ABSENT: {SV: "frånvarande", EN: "absent"},
}
BODIES: dict[HandedOverTo, Words] = {
    HandedOverTo.COOPERATION_GROUP: {SV: "samverkansgruppen", EN: "the cooperation group"},
    HandedOverTo.MBL_SECTION_ELEVEN: {
        SV: "förhandling enligt 11 § medbestämmandelagen (MBL)",
        EN: "negotiation under section 11 of the Co-determination Act (MBL)",
    },
    HandedOverTo.MBL_SECTION_NINETEEN: {
        SV: "information enligt 19 § medbestämmandelagen (MBL)",
        EN: "information under section 19 of the Co-determination Act (MBL)",
    },
    HandedOverTo.SAFETY_COMMITTEE: {SV: "skyddskommittén", EN: "the safety committee"},
}
DECIDED: dict[Decision, Words] = {
    Decision.APPROVE: {SV: "godkänner", EN: "approves"},
    Decision.APPROVE_WITH_DISSENT: {SV: "godkänner med skiljaktig mening", EN: "approves with dissent"},
    Decision.REQUEST_CHANGE: {SV: "begär en ändring", EN: "asks for a change"},
}
