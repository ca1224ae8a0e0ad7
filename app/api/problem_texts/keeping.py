"""What is kept, destroyed and handed out."""

from app.api.problem_texts.text import ProblemText, told

KEEPING: dict[str, ProblemText] = {
    # --- retention, legal holds, erasure
    "retentionRuleExists": told(
        409,
        ("Det finns redan en gallringsregel", "Ändra den regel som finns för samma slag av handlingar."),
        ("There is a retention rule already", "Change the rule that there is for the same kind."),
    ),
    "legalHold": told(
        409,
        (
            "En spärr hindrar det",
            "Så länge spärren gäller får inget av det den omfattar gallras, raderas eller skrivas över. Arkivarien kan "
            "häva den.",
        ),
        (
            "A legal hold stands in the way",
            "While it stands, nothing it covers is destroyed, erased or written over. The archivist can lift it.",
        ),
    ),
    "holdLifted": told(
        409,
        ("Spärren är hävd", "Den gäller inte längre. Sätt en ny om det behövs."),
        ("The hold has been lifted", "It no longer stands. Set a new one if needed."),
    ),
    "nothingToHold": told(
        422,
        (
            "Det finns inget sådant att spärra",
            "Ange en arbetsgrupp, ett justerat protokoll eller en person i organisationen.",
        ),
        ("There is no such thing to hold", "Name a working group, a final record or a person of the organisation."),
    ),
    "appendixOpen": told(
        409,
        ("Protokollet har en bilaga som inte är justerad", "Justera bilagan först och lägg fram ett nytt förslag."),
        ("The record has an appendix that is not final", "Make the appendix final first, and propose anew."),
    ),
    "destructionPending": told(
        409,
        ("Gallring är redan föreslagen", "Besluta om förslaget, eller låt parten ta tillbaka det."),
        ("Its destruction is proposed already", "Decide on the proposal, or let the party take it back."),
    ),
    "destructionSettled": told(
        409,
        ("Gallringsförslaget är avgjort", "Gallringen är genomförd eller förslaget har tagits tillbaka."),
        ("The destruction is settled", "It has been carried out, or the proposal has been taken back."),
    ),
    "personHoldsMandate": told(
        409,
        (
            "Personen har ett uppdrag",
            "Parten behöver avsluta uppdraget, och dess sista dag måste ha passerat, innan uppgifterna kan raderas.",
        ),
        ("The person holds a mandate", "The party must end it, and its last day pass, before the data can be erased."),
    ),
    # --- exports
    "selectionTooLarge": told(
        422,
        (
            "Urvalet är för stort för en fil",
            "En fil rymmer högst 5 000 protokoll, 64 MiB text och så många rader som ett kalkylblad. Välj "
            "bland protokollen med finalFrom, finalBefore eller workingGroupId, eller läs JSON. En rapport rymmer "
            "högst 100 enheter eller 50 tillägg, och något över tusen sidor: läs enheterna var för sig, eller JSON.",
        ),
        (
            "The selection is too large for a file",
            "A file holds at most 5,000 records, 64 MiB of text, and as many rows as a spreadsheet. Choose among "
            "the records with finalFrom, finalBefore or workingGroupId, or read JSON. A report holds at most 100 units "
            "or 50 appendices, and a little over a thousand pages: read the units one by one, or JSON.",
        ),
    ),
    "notForThisFormat": told(
        422,
        (
            "Parametern hör till ett annat format",
            "En fil har inga sidor och är alltid hela urvalet. Tabell väljer man bara för CSV, diagram bara "
            "för SVG och Vega-Lite.",
        ),
        (
            "The parameter belongs to another format",
            "A file has no pages and is always the whole selection. A table is chosen for CSV alone, a "
            "chart for SVG and Vega-Lite alone.",
        ),
    ),
}
