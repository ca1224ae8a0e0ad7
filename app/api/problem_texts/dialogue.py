"""Working groups, templates, sessions, records and actions."""

from app.api.problem_texts.text import ProblemText, told

DIALOGUE: dict[str, ProblemText] = {
    # --- working groups and joint decisions
    "unknownParty": told(
        422,
        ("Okänd part", "Parten finns inte i organisationen eller är avslutad."),
        ("Unknown party", "The party does not exist in the organisation or is closed."),
    ),
    "tableOneSided": told(
        422,
        ("Bordet har bara en sida", "En arbetsgrupp behöver arbetsgivaren och minst en facklig organisation."),
        ("The table has one side only", "A working group needs the employer and at least one union."),
    ),
    "ownPartyMissing": told(
        422,
        ("Din egen part saknas", "Den som föreslår en arbetsgrupp har själv en plats i den."),
        ("Your own party is missing", "Whoever proposes a working group has a seat in it."),
    ),
    "groupNotForming": told(
        409,
        ("Arbetsgruppen har redan startat", "Det som båda parter har godkänt ändras inte."),
        ("The working group has started", "What both sides have approved does not change."),
    ),
    "groupNotStarted": told(
        409,
        ("Arbetsgruppen är inte igång", "Gruppen behöver ha startat och inte vara avslutad."),
        ("The working group is not running", "The group must have started and not be closed."),
    ),
    "groupClosed": told(
        409,
        ("Arbetsgruppen är avslutad", "En avslutad grupp kan läsas men inte ändras."),
        ("The working group is closed", "A closed group can be read but not changed."),
    ),
    "contentChanged": told(
        409,
        (
            "Innehållet har ändrats",
            "Ditt beslut gäller en tidigare version av innehållet. Läs den nuvarande och besluta om den.",
        ),
        (
            "The content has changed",
            "Your decision is about an earlier version of the content. Read the present one and decide on that.",
        ),
    ),
    "partyHasDecided": told(
        409,
        ("Parten har redan beslutat", "Ta tillbaka det tidigare beslutet om ni vill ändra er."),
        ("The party has decided", "Withdraw the earlier decision if you change your mind."),
    ),
    "personHasDecided": told(
        409,
        ("Du har redan beslutat för en annan part", "Parterna ska företrädas av olika personer."),
        ("You have decided for another party", "The parties must be represented by different people."),
    ),
    "chooseMandate": told(
        422,
        ("Ange vilket uppdrag", "Du har uppdrag för flera parter vid bordet. Ange mandateId."),
        ("Say which mandate", "You hold mandates of several parties at this table. Give mandateId."),
    ),
    "changeRequested": told(
        409,
        (
            "En ändring är begärd",
            "En part har begärt ändring. Ändra innehållet, eller låt parten ta tillbaka sin begäran.",
        ),
        ("A change is requested", "A party has asked for a change. Edit the content, or let the party withdraw."),
    ),
    "decisionTaken": told(
        409,
        ("Beslutet är redan fattat", "Det som båda parter har godkänt kan inte tas tillbaka av en."),
        ("The decision is taken", "What both sides have approved cannot be withdrawn by one."),
    ),
    "approvalVoided": told(
        409,
        ("Beslutet gäller inte längre", "Det har redan tagits tillbaka eller fallit när innehållet ändrades."),
        ("The decision no longer counts", "It was withdrawn or fell when the content changed."),
    ),
    # --- dialogue templates
    "unknownTemplate": told(
        422,
        ("Okänt samtalsunderlag", "Underlaget finns inte eller är inte publicerat."),
        ("Unknown dialogue template", "The template does not exist or is not published."),
    ),
    "templateNotDraft": told(
        409,
        ("Underlaget är publicerat", "En publicerad version ändras aldrig. Gör en ny version."),
        ("The template is published", "A published version never changes. Make a new version."),
    ),
    "templateNotPublished": told(
        409,
        ("Steget går inte", "Ett utkast kan publiceras och ett publicerat underlag dras tillbaka."),
        ("That step is not open", "A draft can be published, and a published template retired."),
    ),
    "templateVersionTaken": told(
        409,
        ("Versionen finns redan", "Det finns redan en version med det numret."),
        ("The version exists", "There already is a version of that number."),
    ),
    "templateIncomplete": told(
        422,
        ("Underlaget är inte färdigt", "Alla texter behöver finnas på de språk underlaget säger sig ha."),
        ("The template is not complete", "All texts must exist in the languages the template says it has."),
    ),
    "templateTextMissing": told(
        422,
        ("En text saknas", "Texten är inte skriven på det här språket."),
        ("A text is missing", "The text is not written in this language."),
    ),
    "templateMinutesDiffer": told(
        422,
        ("Tiden går inte ihop", "Den sammanlagda tiden ska vara summan av stegens minuter."),
        ("The time does not add up", "The total must be the sum of the steps' minutes."),
    ),
    "templateGroupSizeReversed": told(
        422,
        ("Gruppstorleken går inte ihop", "Den minsta gruppen är större än den största."),
        ("The group size does not fit", "The smallest group is larger than the largest."),
    ),
    "templateStepsOutOfOrder": told(
        422,
        ("Stegen är inte i ordning", "Stegen numreras 1, 2, 3 i den ordning de står."),
        ("The steps are out of order", "Steps are numbered 1, 2, 3 in the order they stand."),
    ),
    "templateQuestionRepeated": told(
        422,
        ("Samma fråge-id två gånger", "Varje fråga i underlaget behöver ett eget id."),
        ("The same question id twice", "Every question of the template needs an id of its own."),
    ),
    "templateSourceMissing": told(
        422,
        ("Underlaget saknar innehåll", "Ange vilken version det bygger på, eller skicka både nyckel och innehåll."),
        ("The template has no content", "Say which version it is derived from, or send both key and content."),
    ),
    # --- followed guides
    "unknownGuide": told(
        422,
        ("Okänt processtöd", "Det finns inget sådant processtöd i den versionen."),
        ("Unknown process guide", "There is no such version of a guide."),
    ),
    "guideFollowedAlready": told(
        409,
        ("Gruppen följer redan ett processtöd", "Gå igenom det eller avsluta det innan ni börjar med ett annat."),
        ("The group follows a guide already", "Complete that one, or end following it, before you begin another."),
    ),
    "guideNotFollowed": told(
        409,
        ("Gruppen följer inte längre processtödet", "Det är genomgånget eller avslutat, och finns kvar att läsa."),
        ("The group no longer follows the guide", "It has been completed or ended, and can still be read."),
    ),
    "phaseNotEarlier": told(
        422,
        ("Fasen ligger inte tidigare", "Ange en fas som kommer före den ni är i. Framåt går ni en fas i taget."),
        ("The phase is no earlier one", "Give a phase that comes before the one you are in. You go on one at a time."),
    ),
    "phaseNotBegun": told(
        422,
        ("Ni har inte kommit till den fasen", "Skatta en fas som gruppen är i eller har varit i."),
        ("You have not come to that phase", "Rate a phase that the group is in or has been in."),
    ),
    # --- sessions, records, actions
    "facilitatorHoldsMandate": told(
        422,
        ("Samtalsledaren företräder en part", "Välj någon som inte har uppdrag för någon part i organisationen."),
        ("The facilitator represents a party", "Choose somebody who holds no mandate in the organisation."),
    ),
    "sessionClosed": told(
        409,
        ("Samtalet är avslutat", "Ett hållet eller inställt samtal kan inte få den ändringen."),
        ("The session is over", "A held or cancelled session cannot get that change."),
    ),
    "sessionHeld": told(
        409,
        ("Samtalet är hållet", "Efter samtalet kan bara närvaro och antal medarbetare rättas."),
        ("The session was held", "After the session only attendance and head-count can be corrected."),
    ),
    "sessionNotYet": told(
        409,
        ("Samtalet har inte börjat", "Ett samtal kan inte hållas före sin tid. Ändra tiden först."),
        ("The session has not begun", "A session cannot be held before its time. Change the time first."),
    ),
    "notForThisStep": told(
        422,
        (
            "Uppgiften hör inte till det här steget",
            "Fältet betyder ingenting för det steg som begärs i to. Utelämna det.",
        ),
        ("Not part of this step", "The field says nothing about the step asked for in to. Leave it out."),
    ),
    "transitionRefused": told(
        409,
        ("Steget går inte härifrån", "Det som steget bygger på är inte klart än, eller så är det redan förbi."),
        ("That step is not open from here", "What the step builds on is not done yet, or it is past already."),
    ),
    "reasonMissing": told(
        422,
        ("Skäl saknas", "Skriv varför."),
        ("A reason is missing", "Write why."),
    ),
    "unknownMandate": told(
        422,
        ("Okänt uppdrag", "Uppdraget gäller inte vid det här bordet."),
        ("Unknown mandate", "The mandate does not count at this table."),
    ),
    "namedTwice": told(
        422,
        ("Något nämns två gånger", "Varje uppdrag och varje part nämns en gång."),
        ("Named twice", "Each mandate and each party is named once."),
    ),
    "attendanceOneSided": told(
        409,
        (
            "En sida saknas",
            "Arbetsgivaren och minst en facklig organisation ska vara närvarande eller ha anmält förhinder.",
        ),
        ("One side is missing", "The employer and at least one union must be present or excused."),
    ),
    "unknownQuestion": told(
        422,
        ("Okänd fråga", "Underlaget har ingen sådan fråga för den här sortens svar."),
        ("Unknown question", "The template has no such question for this kind of answer."),
    ),
    "recordIsFinal": told(
        409,
        ("Protokollet är justerat", "Det som är justerat ändras aldrig. Skriv en bilaga."),
        ("The record is final", "What is final never changes. Write an appendix."),
    ),
    "recordNotFinal": told(
        409,
        ("Protokollet är inte justerat", "Båda sidor behöver ha godkänt det först."),
        ("The record is not final", "Both sides must have approved it first."),
    ),
    "recordEmpty": told(
        409,
        ("Protokollet är tomt", "Skriv minst ett svar eller en gemensam bild före granskning."),
        ("The record is empty", "Write at least one answer or the shared picture before review."),
    ),
    "notUnderReview": told(
        409,
        ("Protokollet är inte under granskning", "Det behöver skickas för granskning först."),
        ("The record is not under review", "It must be sent for review first."),
    ),
    "reviewDeadlinePassed": told(
        409,
        ("Tiden har gått ut", "Granskningstiden är slut. Ingens tystnad är ett samtycke; skicka det igen."),
        ("The deadline has passed", "The review is over. Nobody's silence is consent; send it again."),
    ),
    "reviewDeadlineMissing": told(
        422,
        ("Granskningstid saknas", "Ange en tid i framtiden, högst ett år bort."),
        ("The review deadline is missing", "Give a time in the future, at most a year away."),
    ),
    "confirmationMissing": told(
        422,
        ("Bekräftelse saknas", "Bekräfta att ingen enskild person kan kännas igen i texten."),
        ("A confirmation is missing", "Confirm that no individual can be recognised in the text."),
    ),
    "effectMissing": told(
        422,
        ("Effekten saknas", "Skriv vad åtgärden gav."),
        ("The effect is missing", "Write what the action gave."),
    ),
    "actionSettled": told(
        409,
        ("Åtgärden är avslutad", "En åtgärd som är klar eller avförd kan inte ändras så."),
        ("The action is settled", "An action that is done or dropped cannot be changed like that."),
    ),
    # --- what was learned
    "unknownSession": told(
        422,
        ("Okänt samtal", "Arbetsgruppen har inget sådant samtal."),
        ("Unknown session", "The working group has no such session."),
    ),
    "personNamed": told(
        422,
        (
            "Texten namnger en person",
            "Skriv vad arbetet lärde er, och inte vem det gällde. Vilket namn det är sägs inte.",
        ),
        (
            "The text names a person",
            "Write what the work taught you, and not whom it was about. Which name it is, is not said.",
        ),
    ),
    "learningNotOwn": told(
        409,
        ("Lärdomen är föreslagen eller delad", "Ta tillbaka förslaget först. Det som är delat tas aldrig bort."),
        ("It is proposed or shared", "Take the proposal back first. What is shared is never taken out."),
    ),
    "learningNotProposed": told(
        409,
        ("Lärdomen är inte föreslagen", "Någon av parterna behöver först föreslå att den delas."),
        ("It is not proposed", "One of the parties must first propose to share it."),
    ),
    "learningShared": told(
        409,
        (
            "Lärdomen är delad",
            "Det som är delat ändras aldrig. Skriv ned det ni har lärt er sedan dess som en ny lärdom.",
        ),
        ("It is shared", "What is shared never changes. Write what you have learned since as an entry of its own."),
    ),
}
