"""Organisations, their units, parties and people, and those that mean to join."""

from app.api.problem_texts.text import ProblemText, told

AGENCIES: dict[str, ProblemText] = {
    # --- interest
    "consentOutdated": told(
        422,
        ("Samtyckestexten har ändrats", "Visa den nuvarande texten och skicka med dess version."),
        ("The consent text has changed", "Show the present text and send its version."),
    ),
    "linkUnknown": told(
        422,
        ("Länken gäller inte", "Anmälan är borttagen, för gammal eller okänd. Anmäl intresse igen."),
        ("The link is not valid", "The registration is erased, too old or unknown. Register interest again."),
    ),
    "personalNumberWritten": told(
        422,
        (
            "Personnummer får inte skrivas här",
            "Texten innehåller något som ser ut som ett personnummer eller samordningsnummer. Ta bort det.",
        ),
        (
            "Personal identity numbers must not be written here",
            "Something in the text looks like a personal identity number or coordination number. Take it out.",
        ),
    ),
    "sidesNotAgreed": told(
        409,
        ("Parterna är inte överens än", "Båda sidor måste ha bekräftat samma innehåll."),
        ("The sides have not agreed yet", "Both sides have to have confirmed the same content."),
    ),
    # --- organisations, units, parties, people, mandates
    "organisationNumberTaken": told(
        409,
        ("Organisationen finns redan", "Det finns redan en organisation med det numret."),
        ("The organisation exists", "There already is an organisation with that number."),
    ),
    "organisationClosed": told(
        409,
        ("Organisationen är stängd", "I en stängd organisation går det här inte längre att göra."),
        ("The organisation is closed", "This can no longer be done in a closed organisation."),
    ),
    "unknownUnit": told(
        422,
        ("Okänd enhet", "Enheten finns inte i organisationen."),
        ("Unknown unit", "The unit does not exist in the organisation."),
    ),
    "externalIdTaken": told(
        409,
        ("Id:t är upptaget", "En annan person eller enhet i organisationen har samma externalId."),
        ("The id is taken", "Another person or unit of the organisation has the same externalId."),
    ),
    "unitCycle": told(
        422,
        ("Enheten skulle ligga under sig själv", "Välj en överordnad enhet som inte ligger under enheten."),
        ("The unit would lie under itself", "Choose a parent that does not lie under the unit."),
    ),
    "unitClosed": told(
        409,
        ("Enheten är avslutad", "En avslutad enhet kan inte ändras eller få underenheter."),
        ("The unit is closed", "A closed unit cannot change or get units below it."),
    ),
    "parentNotYet": told(
        422,
        ("Den överordnade enheten fanns inte då", "Välj en dag då den överordnade enheten fanns."),
        ("The unit above did not exist then", "Choose a day on which the unit above existed."),
    ),
    "unitHasChildren": told(
        409,
        ("Enheten har underenheter", "Flytta eller avsluta underenheterna först."),
        ("The unit has units below it", "Move or close the units below it first."),
    ),
    "changeBeforeHistory": told(
        422,
        ("Datumet ligger före historiken", "En ändring kan inte gälla från en dag före enhetens senaste ändring."),
        ("The date lies before the history", "A change cannot take effect before the unit's latest change."),
    ),
    "dateInFuture": told(
        422,
        ("Datumet ligger i framtiden", "Ändringar gäller från i dag eller tidigare."),
        ("The date lies in the future", "Changes take effect today or earlier."),
    ),
    "datesReversed": told(
        422,
        ("Datumen är omkastade", "Sista dagen kan inte ligga före den första."),
        ("The dates are reversed", "The last day cannot come before the first."),
    ),
    "employerPartyExists": told(
        409,
        ("Arbetsgivarparten finns redan", "En organisation har en arbetsgivarpart."),
        ("The employer party exists", "An organisation has one employer party."),
    ),
    "partyNameTaken": told(
        409,
        ("Parten finns redan", "En part med samma namn finns i organisationen."),
        ("The party exists", "The organisation has a party of the same name."),
    ),
    "partyClosed": told(
        409,
        ("Parten är avslutad", "En avslutad part kan inte ändras eller utse företrädare."),
        ("The party is closed", "A closed party cannot change or appoint representatives."),
    ),
    "emailTaken": told(
        409,
        ("E-postadressen är upptagen", "En annan person har samma e-postadress, eller i SCIM samma userName."),
        ("The e-mail address is taken", "Another person has the same e-mail address, or by SCIM the same userName."),
    ),
    "unknownPerson": told(
        422,
        ("Okänd person", "Personen finns inte i organisationen."),
        ("Unknown person", "The person does not exist in the organisation."),
    ),
    "personInactive": told(
        422,
        ("Personen är inte aktiv", "Välj någon som är aktiv i organisationen."),
        ("The person is not active", "Choose somebody who is active in the organisation."),
    ),
    "unknownWorkingGroup": told(
        422,
        ("Okänd arbetsgrupp", "Parten har ingen plats i någon sådan arbetsgrupp."),
        ("Unknown working group", "The party has no seat in such a working group."),
    ),
    "firstMandateExists": told(
        409,
        (
            "Parten har redan en företrädare",
            "Systemförvaltaren utser bara när parten saknar företrädare. Annars utser den själv.",
        ),
        (
            "The party has a representative",
            "The system administrator appoints only while the party has nobody. Otherwise the party does.",
        ),
    ),
    "firstMandateIsGeneral": told(
        422,
        ("Det första uppdraget gäller hela parten", "Utelämna arbetsgruppen. Parten utser själv till sina grupper."),
        ("The first mandate is for the whole party", "Leave the working group out. The party appoints to its groups."),
    ),
    "bothSides": told(
        409,
        ("Uppdrag på båda sidor", "Ingen kan företräda både arbetsgivaren och en facklig organisation."),
        ("Mandates on both sides", "Nobody can represent both the employer and a union."),
    ),
    "facilitatesForParties": told(
        409,
        (
            "Personen leder samtal här",
            "Ingen har ett uppdrag för en part medan hen har samtal att leda, eller för en tid då hen ledde samtal.",
        ),
        (
            "The person leads sessions here",
            "Nobody holds a mandate with sessions to lead, or for days on which they led one.",
        ),
    ),
    "administratorHoldsMandate": told(
        409,
        ("Systemförvaltare och företrädare", "Den som förvaltar systemet kan inte också företräda en part."),
        ("Administrator and representative", "Nobody can administer the system and represent a party as well."),
    ),
    "mandateEnded": told(
        409,
        ("Uppdraget är avslutat", "Ett uppdrag som har upphört kan inte ändras. Ge ett nytt."),
        ("The mandate has ended", "A mandate that has ended cannot change. Give a new one."),
    ),
    "tooFarBack": told(
        422,
        ("Dagen ligger för långt tillbaka", "Ett uppdrag kan börja gälla högst ett år tillbaka i tiden."),
        ("The day lies too far back", "A mandate can begin no more than a year back."),
    ),
    "lastDayPassed": told(
        422,
        ("Dagen har redan passerat", "Ett uppdrag upphör tidigast i dag. Det som har gjorts i uppdraget består."),
        ("The day has passed", "A mandate ends today at the earliest. What was done under it stands."),
    ),
    "outsideGroupLife": told(
        422,
        (
            "Dagen ligger utanför gruppens tid",
            "Välj en dag från det att gruppen startade till i dag, eller till slutet.",
        ),
        ("The day is outside the group's life", "Choose a day from the group's start until today, or until it closed."),
    ),
}
