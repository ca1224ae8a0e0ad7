"""What other systems meet: changes, webhooks, service clients."""

from app.api.problem_texts.text import ProblemText, told

SYSTEMS: dict[str, ProblemText] = {
    # --- changes, webhooks, failed jobs
    "cursorExpired": told(
        410,
        (
            "Platsen i ändringsflödet finns inte kvar",
            "Ändringar sparas i 30 dagar. Börja om så här: hämta /changes utan cursor och spara den cursor du får, läs "
            "sedan listorna över det du får se, och hämta därefter ändringar med den sparade.",
        ),
        (
            "That place in the feed is gone",
            "Changes are kept for 30 days. Start over like this: get /changes without a cursor and keep the cursor you "
            "are given, then read the lists of what you may see, and then get changes with the one you kept.",
        ),
    ),
    "sightHasChanged": told(
        410,
        (
            "Du får se mer än när du fick din cursor",
            "Det som tillkommit finns inte i flödet. Börja om så här: hämta /changes utan cursor och spara den cursor "
            "du får, läs sedan listorna över det du får se, och hämta därefter ändringar med den sparade.",
        ),
        (
            "You may see more than when you were given this cursor",
            "What has been added is not in the feed. Start over like this: get /changes without a cursor and keep the "
            "cursor you are given, then read the lists of what you may see, and then get changes with the one you "
            "kept.",
        ),
    ),
    "targetRefused": told(
        422,
        (
            "Dit skickas inga meddelanden",
            "Adressen leder till ett nät som inte är öppet för webhooks. Den som driver installationen kan lista nät "
            "som ska vara det (LARANDE_WEBHOOK_NETWORKS).",
        ),
        (
            "No messages are sent there",
            "The address leads to a network that is not open to webhooks. Whoever runs the installation can list "
            "networks that are (LARANDE_WEBHOOK_NETWORKS).",
        ),
    ),
    "targetUnknown": told(
        422,
        ("Adressen går inte att hitta", "Servernamnet finns inte i DNS, eller så svarar namnservrarna inte just nu."),
        ("The address cannot be found", "The host is not in DNS, or the name servers do not answer now."),
    ),
    "typeNotInScopes": told(
        422,
        ("Det får klienten inte läsa", "Välj bara slag av saker som klientens behörigheter omfattar."),
        ("The client may not read that", "Choose only kinds of things that the client's scopes name."),
    ),
    "overlapRuns": told(
        409,
        (
            "En tidigare hemlighet gäller fortfarande",
            "Hemligheten byttes för mindre än 24 timmar sedan och mottagaren kan ännu sakna den nya. Vänta tills den "
            "äldre har slutat gälla (formerUntil). Har den nuvarande läckt eller aldrig kommit fram: skicka "
            "endsOverlap: true, så slutar den äldre att gälla genast.",
        ),
        (
            "A former secret still counts",
            "The secret was replaced less than 24 hours ago, and the receiver may not have the new one yet. Wait until "
            "the older one has ended (formerUntil). If the present one has leaked, or never arrived: send "
            "endsOverlap: true, and the older one ends now.",
        ),
    ),
    "unknownDelivery": told(
        422,
        (
            "Okänt meddelande",
            "Den här mottagaren har inte fått något meddelande med det id:t, eller inte de senaste 30 dagarna.",
        ),
        ("Unknown delivery", "This endpoint has had no delivery with that id, or not in the last 30 days."),
    ),
    "jobSettled": told(
        409,
        ("Jobbet är redan avgjort", "Det har lagts tillbaka i kön eller kasserats."),
        ("The job is settled already", "It has been put back in the queue or discarded."),
    ),
    # --- service clients
    "clientRefused": told(
        401,
        (
            "Klienten släpps inte in",
            "Kontrollera id, hemlighet och giltighetstid, och att anropet kommer från en adress som klienten får "
            "anropa från.",
        ),
        (
            "The client is not let in",
            "Check its id, secret and expiry, and that the request comes from an address it may call from.",
        ),
    ),
    "scopeNotGranted": told(
        422,
        (
            "Klienten har inte den behörigheten",
            "Begär bara det som klienten är registrerad för, eller utelämna scope.",
        ),
        ("The client does not have that scope", "Ask only for what the client is registered for, or leave scope out."),
    ),
    "scopeNotForKind": told(
        422,
        (
            "Behörigheten passar inte klientens slag",
            "Ett personalsystem kan få behörighet till personer och enheter, en integratör till justerade "
            "protokoll och släppta resultat.",
        ),
        (
            "The scope does not fit the client's kind",
            "An HR system can be given people and units, an integrator final records and released results.",
        ),
    ),
    "expiryUnfit": told(
        422,
        (
            "Giltighetstiden passar inte",
            "Den ska ligga i framtiden: högst två år för en klient, och för en hemlighet inte längre än klienten.",
        ),
        (
            "The expiry does not fit",
            "It must lie in the future: at most two years for a client, and for a secret no later than its client's.",
        ),
    ),
    "serviceClientEnded": told(
        409,
        ("Klienten är avslutad", "Den släpps inte in längre. Registrera en ny om den behövs."),
        ("The client has ended", "It is not let in any more. Register a new one if it is needed."),
    ),
    "consentNotNeeded": told(
        409,
        ("Här behövs inget medgivande", "Klienten läser varken protokoll eller resultat."),
        ("No consent is needed here", "The client reads neither records nor results."),
    ),
    "twoSecretsLive": told(
        409,
        (
            "Klienten har redan två hemligheter",
            "Ta bort den som inte används längre. När en hemlighet senast användes syns hos klienten.",
        ),
        (
            "The client has two secrets already",
            "Remove the one that is no longer in use. The client shows when each was last used.",
        ),
    ),
}
