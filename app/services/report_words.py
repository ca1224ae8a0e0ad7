"""The words of reports for people, in both languages. Those of archive packages as well are in `archive_words`."""

from app.models.template_content import RecordKind, StepForm
from app.services.archive_words import EN, SV, Words

RECORD: dict[str, Words] = {
    "record": {SV: "Slutligt protokoll från partsgemensamt samtal", EN: "Final record of a joint conversation"},
    "appendix": {
        SV: "Slutligt tillägg till protokoll från partsgemensamt samtal",
        EN: "Final appendix to a record of a joint conversation",
    },
    "unregistered": {SV: "inte diariefört", EN: "not registered"},
    "attendances": {SV: "Närvaro", EN: "Attendance"},
    "representatives": {SV: "Parternas företrädare", EN: "The parties' representatives"},
    "party": {SV: "Part", EN: "Party"},
    "function": {SV: "Funktion", EN: "Function"},
    "attended": {SV: "Närvaro", EN: "Attendance"},
    "answers": {SV: "Gruppens svar", EN: "The group's answers"},
    "picture": {SV: "Den gemensamma bilden", EN: "The shared picture"},
    "statements": {SV: "Parternas uttalanden", EN: "Statements by the parties"},
    "actions": {SV: "Överenskomna åtgärder", EN: "Agreed actions"},
    "agreed": {SV: "Åtgärderna som de godkändes", EN: "The actions as they were approved"},
    "number": {SV: "Nr", EN: "No."},
    "what": {SV: "Åtgärd", EN: "Action"},
    "handovers": {SV: "Frågor som lämnas över", EN: "Matters handed over"},
    "handed_over": {SV: "Vart frågorna lämnas", EN: "Where the matters go"},
    "matter": {SV: "Fråga", EN: "Matter"},
    "approvals": {SV: "Justering", EN: "Approval"},
    "decisions": {SV: "Parternas beslut", EN: "The parties' decisions"},
    "decision": {SV: "Beslut", EN: "Decision"},
    "when": {SV: "Tidpunkt", EN: "When"},
    "hashes": {SV: "Kontrollsummor (SHA-256)", EN: "Checksums (SHA-256)"},
    "how": {
        SV: "Kontrollsumman som parterna har godkänt räknas på innehållet som kanonisk JSON (RFC 8785), så som "
        "tjänsten lämnar ut det. Den här utskriften är inte undertecknad. Det är arkivpaketet.",
        EN: "The checksum that the parties approved is computed over the content as canonical JSON (RFC 8785), as the "
        "service hands it out. This printout is not signed. The archive package is.",
    },
    "appendices": {SV: "Tillägg", EN: "Appendices"},
    "no_appendices": {
        SV: "Protokollet har inga slutliga tillägg.",
        EN: "The record has no final appendices.",
    },
}

SCRIPT: dict[str, Words] = {
    "script": {SV: "Körschema för samtalsledaren", EN: "Script for the facilitator"},
    "cancelled": {SV: "Samtalet är inställt.", EN: "The session has been cancelled."},
    "character": {
        SV: "Samtalet är dialog. Det är inte en förhandling enligt medbestämmandelagen (MBL). En fråga som hör hemma i "
        "förhandling, samverkan eller skyddskommitté lämnas över dit.",
        EN: "The conversation is dialogue. It is not a negotiation under the Swedish Co-determination Act (MBL). A "
        "matter that belongs in negotiation, cooperation or the safety committee is handed over there.",
    },
    "date": {SV: "Dag", EN: "Day"},
    "time": {SV: "Tid", EN: "Time"},
    "place": {SV: "Plats", EN: "Place"},
    "form": {SV: "Mötesform", EN: "Form of meeting"},
    "facilitator": {SV: "Samtalsledarens funktion", EN: "Facilitator's function"},
    "template": {SV: "Samtalsunderlag", EN: "Dialogue template"},
    "version": {SV: "version", EN: "version"},
    "length": {SV: "Längd", EN: "Length"},
    "minutes": {SV: "minuter", EN: "minutes"},
    "length_in": {SV: "Minuter", EN: "Minutes"},
    "group": {SV: "Gruppens storlek", EN: "Size of a group"},
    "people": {SV: "personer", EN: "people"},
    "composition": {SV: "Deltagare", EN: "Participants"},
    "parties": {SV: "Parterna", EN: "The parties"},
    "purpose": {SV: "Syfte", EN: "Purpose"},
    "unsuitable": {SV: "Passar inte", EN: "Not suitable"},
    "preparations": {SV: "Förbered", EN: "Prepare"},
    "roles": {SV: "Roller", EN: "Roles"},
    "rules": {SV: "Samtalsregler", EN: "Ground rules"},
    "inclusion": {SV: "Så att alla kan delta", EN: "So that everyone can take part"},
    "plan": {SV: "Tidsplan", EN: "Timetable"},
    "planned": {SV: "Momenten i ordning, svensk tid", EN: "The steps in order, Swedish time"},
    "clock": {SV: "Klockan", EN: "Time"},
    "step": {SV: "Moment", EN: "Step"},
    "how": {SV: "Arbetsform", EN: "How"},
    "opening": {SV: "Inledande ord", EN: "Opening words"},
    "questions": {SV: "Frågor", EN: "Questions"},
    "ask_on": {SV: "Fråga vidare", EN: "Go on to ask"},
    "notes": {SV: "Till samtalsledaren", EN: "For the facilitator"},
    "output": {SV: "Momentet lämnar efter sig", EN: "What the step leaves behind"},
    "watch_outs": {SV: "Var uppmärksam på", EN: "Watch out for"},
    "exclusions": {SV: "Skriv aldrig ner", EN: "Never write down"},
    "escalation": {SV: "När en fråga hör hemma någon annanstans", EN: "When a matter belongs elsewhere"},
    "follow_ups": {SV: "Uppföljning", EN: "Follow-up"},
    "followed": {SV: "Vad som görs efter samtalet", EN: "What is done after the session"},
    "day": {SV: "Dag", EN: "Day"},
    "what": {SV: "Vad", EN: "What"},
    "variants": {SV: "Varianter", EN: "Variants"},
}
FORMS: dict[StepForm, Words] = {
    StepForm.PLENARY: {SV: "alla tillsammans", EN: "everyone together"},
    StepForm.GROUP: {SV: "i grupp", EN: "in groups"},
    StepForm.PAIR: {SV: "två och två", EN: "in pairs"},
    StepForm.INDIVIDUAL: {SV: "var och en för sig", EN: "each by themselves"},
    StepForm.INDIVIDUAL_THEN_PAIR: {SV: "var för sig, sedan två och två", EN: "by yourself, then in pairs"},
    StepForm.INDIVIDUAL_THEN_GROUP: {SV: "var för sig, sedan i grupp", EN: "by yourself, then in groups"},
    StepForm.PARTY_THEN_PLENARY: {SV: "part för part, sedan alla", EN: "party by party, then everyone"},
}
RECORDED: dict[RecordKind, Words] = {
    RecordKind.GROUP: {SV: "Skriv gruppens svar.", EN: "Write the group's answer."},
    RecordKind.PARTY: {SV: "Varje part skriver sitt eget svar.", EN: "Each party writes its own answer."},
    RecordKind.NONE: {SV: "Skrivs inte ner.", EN: "Is not written down."},
    RecordKind.ACTION: {
        SV: "Skriv som åtgärd: vad, ansvarig funktion och senast när.",
        EN: "Write as an action: what, owning function, and by when.",
    },
}

CHART: dict[str, Words] = {
    "indexes": {SV: "Index för varje dimension, från 0 till 100", EN: "Index of each dimension, from 0 to 100"},
    "shares": {SV: "Svarens fördelning för varje dimension", EN: "How answers are spread in each dimension"},
    "as_table": {SV: "{}, som tabell", EN: "{}, as a table"},
    "favourable": {SV: "gynnsamma", EN: "favourable"},
    "neutral": {SV: "varken eller", EN: "neutral"},
    "unfavourable": {SV: "ogynnsamma", EN: "unfavourable"},
    "interval_shown": {
        SV: "Det svarta strecket visar osäkerhetsintervallet.",
        EN: "The black line shows the uncertainty interval.",
    },
    "hidden": {SV: "visas inte", EN: "not shown"},
}

RESULT: dict[str, Words] = {
    "result": {SV: "Resultat av enkäten", EN: "Survey result"},
    "unit_result": {SV: "En enhets resultat av enkäten", EN: "A unit's survey result"},
    "intro": {
        SV: "Resultatet är detsamma för arbetsgivaren och de fackliga organisationerna. Ingenting rangordnas. Lägg "
        "inte ihop tal: de är avrundade, och en enhet omfattar också enheterna under den.",
        EN: "The result is the same for the employer and the unions. Nothing is ranked. Do not add up figures: they "
        "are rounded, and a unit includes the units below it.",
    },
    "round": {SV: "Mätning", EN: "Round"},
    "instrument": {SV: "Enkät", EN: "Questionnaire"},
    "version": {SV: "version", EN: "version"},
    "answered": {SV: "Svarstid", EN: "Open for answers"},
    "released": {SV: "Släppt", EN: "Released"},
    "threshold": {SV: "Visas för", EN: "Shown for"},
    "at_least": {SV: "grupper med minst {} svar", EN: "groups with at least {} answers"},
    "units": {SV: "Enheter i mätningen", EN: "Units in the round"},
    "participation": {SV: "Hela mätningen", EN: "The whole round"},
    "within": {SV: "Ingår i", EN: "Part of"},
    "zones": {SV: "Samtalszoner", EN: "Conversation zones"},
    "provisional_zones": {SV: "Preliminära samtalszoner", EN: "Provisional conversation zones"},
    "from": {SV: "från {}", EN: "from {}"},
    "dimensions": {SV: "Dimensionerna", EN: "The dimensions"},
    "dimension": {SV: "Dimension", EN: "Dimension"},
    "index": {SV: "Index", EN: "Index"},
    "interval": {SV: "Osäkerhetsintervall", EN: "Uncertainty interval"},
    "zone": {SV: "Samtalszon", EN: "Conversation zone"},
    "spread": {SV: "Svarens fördelning", EN: "How answers are spread"},
    "statements": {SV: "Påståendena", EN: "The statements"},
    "statement": {SV: "Påstående", EN: "Statement"},
    "on_scale": {SV: "Svar på skalan", EN: "Answers on the scale"},
    "dont_know": {SV: "Vet ej", EN: "Don't know"},
    "standing_alone": {SV: "Påståenden som står för sig", EN: "Statements that stand alone"},
    "compared": {SV: "Att jämföra med", EN: "To compare with"},
    "parent": {SV: "Enheten ovanför", EN: "The unit above"},
    "others": {SV: "Övriga i mätningen", EN: "All others in the round"},
    "organisations": {SV: "Andra organisationer", EN: "Other organisations"},
    "trend": {SV: "Sedan den tidigare mätningen", EN: "Since the earlier round"},
    "earlier": {SV: "Tidigare mätning", EN: "Earlier round"},
    "templates": {SV: "Samtalsunderlag att börja med", EN: "Dialogue templates to begin with"},
    "templates_for": {
        SV: "För de dimensioner som har lägst index, som de var när resultatet släpptes.",
        EN: "For the dimensions with the lowest index, as the templates were when the result was released.",
    },
    "no_template": {SV: "inget samtalsunderlag", EN: "no template"},
    "hashes": {SV: "Kontrollsumma (SHA-256)", EN: "Checksum (SHA-256)"},
}
UNSHOWN: dict[str, Words] = {
    "notEnoughAnswers": {SV: "visas inte", EN: "not shown"},
    "nearlyEveryoneAnswered": {SV: "nästan alla ingår", EN: "nearly everyone included"},
    "endOfScale": {SV: "skalans ände", EN: "end of the scale"},
}
