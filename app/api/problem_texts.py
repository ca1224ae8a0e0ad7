"""Reason codes with their status and plain words in both languages."""

from dataclasses import dataclass
from typing import Literal

Texts = dict[Literal["sv", "en"], str]


@dataclass(frozen=True)
class ProblemText:
    status: int
    title: Texts
    detail: Texts


def _p(status: int, sv: tuple[str, str], en: tuple[str, str]) -> ProblemText:
    return ProblemText(status, {"sv": sv[0], "en": en[0]}, {"sv": sv[1], "en": en[1]})


PROBLEMS: dict[str, ProblemText] = {
    # --- what the protocol itself refuses
    "malformed": _p(
        400,
        (
            "Begäran kan inte läsas",
            "Innehållet är inte giltig JSON (eller, för /auth/token, ett giltigt formulär) i UTF-8, "
            "eller så finns ett namn två gånger.",
        ),
        (
            "The request cannot be read",
            "The body is not valid JSON (or, for /auth/token, a valid form) in UTF-8, or a name occurs twice.",
        ),
    ),
    "hostInvalid": _p(
        400,
        ("HTTP-huvudet Host kan inte läsas", "Host ska vara ett värdnamn, om det behövs följt av kolon och port."),
        ("The Host header cannot be read", "Host must be a host name, followed by colon and port if needed."),
    ),
    "addressUnreadable": _p(
        400,
        (
            "Adressens parametrar kan inte läsas",
            "Det som står efter frågetecknet ska vara procentkodad UTF-8, som i ?name=V%C3%A5rd.",
        ),
        (
            "The address's parameters cannot be read",
            "What follows the question mark must be percent-encoded UTF-8, as in ?name=V%C3%A5rd.",
        ),
    ),
    "authorizationTwice": _p(
        400,
        ("HTTP-huvudet Authorization finns två gånger", "Skicka det en gång, med den token som begäran gäller."),
        ("The Authorization header is there twice", "Send it once, with the token the request is made with."),
    ),
    "headerTwice": _p(
        400,
        (
            "Ett HTTP-huvud finns två gånger",
            "Skicka Content-Type, Idempotency-Key och If-Match högst en gång var; If-Match med en enda ETag.",
        ),
        (
            "A header is there twice",
            "Send Content-Type, Idempotency-Key and If-Match at most once each, If-Match with a single ETag.",
        ),
    ),
    "methodNotAllowed": _p(
        405,
        ("Metoden finns inte här", "Adressen finns, men inte för den här metoden. Se HTTP-huvudet Allow."),
        ("No such method here", "The address exists, but not for this method. See the Allow header."),
    ),
    "notAcceptable": _p(
        406,
        ("Formatet finns inte", "Svaret finns som application/json, och i de andra format som dokumentet anger."),
        ("No such format", "The answer exists as application/json, and in the other formats that the document names."),
    ),
    "bodyTooLarge": _p(
        413,
        ("Innehållet är för stort", "En begäran får vara högst 1 MiB, ett enkätsvar högst 128 KiB."),
        ("The body is too large", "A request may be at most 1 MiB, a survey answer at most 128 KiB."),
    ),
    # limits
    "requestUnreadable": _p(
        400,
        ("Begäran är inte giltig HTTP", "Det som kom kan inte läsas som en HTTP-begäran. Anslutningen stängs."),
        ("The request is not valid HTTP", "What came cannot be read as an HTTP request. The connection is closed."),
    ),
    "requestTooSlow": _p(
        408,
        ("Begäran tog för lång tid", "Hela begäran kom inte fram i tid. Anslutningen stängs; försök igen."),
        ("The request took too long", "Not all of the request arrived in time. The connection is closed; try again."),
    ),
    "addressTooLong": _p(
        414,
        ("Adressen är för lång", "Adressen med sina parametrar får vara högst 8 KiB."),
        ("The address is too long", "The address with its parameters may be at most 8 KiB."),
    ),
    "headersTooLarge": _p(
        431,
        ("HTTP-huvudena är för stora", "De får vara högst 32 KiB tillsammans."),
        ("The headers are too large", "They may be at most 32 KiB together."),
    ),
    "tooManyRequests": _p(
        429,
        (
            "För många förfrågningar",
            "Du skickar fler anrop än tjänsten klarar om den ska räcka till alla. Vänta så länge som HTTP-huvudet "
            "Retry-After säger.",
        ),
        (
            "Too many requests",
            "You send more requests than the service can take if it is to be there for everyone. Wait as long as the "
            "Retry-After header says.",
        ),
    ),
    "contentEncodingUnsupported": _p(
        415,
        ("Innehållet är komprimerat", "Skicka innehållet som det är, utan HTTP-huvudet Content-Encoding."),
        ("The body is compressed", "Send the body as it is, without the Content-Encoding header."),
    ),
    "unsupportedMediaType": _p(
        415,
        (
            "Formatet på innehållet stöds inte",
            "Skicka innehållet som application/json och säg det i Content-Type. /auth/token tar också "
            "application/x-www-form-urlencoded. En import är själva filen, inget formulär: text/csv, "
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet eller application/json.",
        ),
        (
            "The body's format is not supported",
            "Send the body as application/json, and say so in Content-Type. /auth/token takes "
            "application/x-www-form-urlencoded as well. An import is the file itself, not a form: text/csv, "
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet or application/json.",
        ),
    ),
    "validationFailed": _p(
        422,
        ("Uppgifterna stämmer inte", "En eller flera uppgifter saknas eller har fel form. Rätta dem och försök igen."),
        (
            "The data is not valid",
            "One or more details are missing or have the wrong form. Correct them and try again.",
        ),
    ),
    "unknownParameter": _p(
        422,
        ("Okänd parameter", "Adressen har en frågeparameter som inte finns här."),
        ("Unknown parameter", "The address has a query parameter that does not exist here."),
    ),
    "parameterTwice": _p(
        422,
        ("Samma parameter finns två gånger", "Varje frågeparameter får finnas bara en gång i adressen."),
        ("The same parameter is there twice", "Each query parameter may be in the address only once."),
    ),
    "preconditionRequired": _p(
        428,
        (
            "If-Match saknas",
            "Läs resursen först och skicka dess ETag i If-Match, så att ingen annans ändring går förlorad.",
        ),
        (
            "If-Match is missing",
            "Read the resource first and send its ETag in If-Match, so that nobody's change is lost.",
        ),
    ),
    "idempotencyKeyInvalid": _p(
        422,
        ("Idempotency-Key har fel form", "Nyckeln ska ha 1–100 synliga ASCII-tecken, till exempel ett UUID."),
        ("Idempotency-Key has the wrong form", "The key has 1–100 visible ASCII characters, for instance a UUID."),
    ),
    "unexpected": _p(
        500,
        ("Något gick fel hos oss", "Felet är loggat under numret i instance. Försök gärna igen."),
        ("Something went wrong on our side", "It is logged under the number in instance. Please try again."),
    ),
    "unexpectedUnlogged": _p(
        500,
        (
            "Något gick fel hos oss",
            "Av sådana fel loggas bara antalet, för ingen ska kunna kopplas till ett svar. Försök igen; är svaret "
            "redan sparat får du veta det då.",
        ),
        (
            "Something went wrong on our side",
            "Of such faults only the number is logged, so that nobody can be tied to an answer. Try again; if the "
            "answer is already stored, you will be told so.",
        ),
    ),
    "databaseAway": _p(
        503,
        (
            "Tjänsten är tillfälligt borta",
            "Databasen kan inte nås just nu. Ingenting har sparats. Försök igen om en stund.",
        ),
        ("The service is away for a moment", "The database cannot be reached now. Nothing was stored. Try again soon."),
    ),
    "serverBusy": _p(
        503,
        (
            "Tjänsten är upptagen",
            "Just nu pågår så många förfrågningar som tjänsten klarar samtidigt. Försök igen strax, se Retry-After.",
        ),
        (
            "The service is busy",
            "As many requests as the service can bear at once are under way. Try again shortly, see Retry-After.",
        ),
    ),
    "keyStoreAway": _p(
        503,
        (
            "Nycklarna kan inte förvaras just nu",
            "Den plats där omgångens nycklar förvaras kan inte nås. Ingenting har sparats. Försök igen om en stund.",
        ),
        (
            "Keys cannot be kept now",
            "The place where the keys of rounds are kept cannot be reached. Nothing was stored. Try again soon.",
        ),
    ),
    "archiveKeysAway": _p(
        503,
        (
            "Arkivpaket kan inte undertecknas just nu",
            "Tjänsten har ingen plats där nycklarna för arkivpaket förvaras, och undertecknar därför inga. Protokollet "
            "kan läsas som vanligt. Be den som sköter tjänsten om hjälp.",
        ),
        (
            "Archive packages cannot be signed now",
            "The service has no place where the keys of archive packages are kept, and so it signs none. The record "
            "can be read as usual. Ask whoever runs the service for help.",
        ),
    ),
    # --- who and whether
    "notSignedIn": _p(
        401,
        ("Du är inte inloggad", "Skicka en åtkomsttoken i HTTP-huvudet Authorization: Bearer."),
        ("You are not signed in", "Send an access token in the header Authorization: Bearer."),
    ),
    "tokenInvalid": _p(
        401,
        ("Inloggningen gäller inte längre", "Förnya åtkomsttoken eller logga in igen."),
        ("The sign-in is no longer valid", "Renew the access token or sign in again."),
    ),
    "notFound": _p(
        404,
        ("Finns inte", "Det finns inget på adressen som du kan se."),
        ("Not found", "There is nothing at this address that you can see."),
    ),
    "notYourRole": _p(
        403,
        (
            "Inte ditt uppdrag",
            "Det här hör till någon annans uppdrag eller roll.",
        ),
        ("Not your role", "This belongs to somebody else's mandate or role."),
    ),
    "consentPending": _p(
        403,
        (
            "Parterna har inte samtyckt än",
            "Klienten har en behörighet som räcker, men den ger inget förrän båda parter har samtyckt till den "
            "(`POST /service-clients/{serviceClientId}/approvals`).",
        ),
        (
            "The parties have not consented yet",
            "The client has a scope that would do, but it gives nothing until both sides have consented to it "
            "(`POST /service-clients/{serviceClientId}/approvals`).",
        ),
    ),
    "facilitatorMayNotApprove": _p(
        403,
        ("Samtalsledaren godkänner inte", "Den som lett samtalet kan inte godkänna protokollet."),
        ("The facilitator does not approve", "Whoever led the session cannot approve its record."),
    ),
    # --- sign-in
    "credentialsRefused": _p(
        401,
        ("Det gick inte att logga in", "E-postadressen eller lösenordet stämmer inte."),
        ("Sign-in failed", "The e-mail address or the password is not right."),
    ),
    "tooManyAttempts": _p(
        429,
        ("För många försök", "Vänta så länge som Retry-After säger och försök igen."),
        ("Too many attempts", "Wait as long as Retry-After says and try again."),
    ),
    "refreshTokenRefused": _p(
        401,
        (
            "Inloggningen kan inte förnyas",
            "Logga in igen. Om en gammal token användes har hela inloggningen avslutats.",
        ),
        ("The sign-in cannot be renewed", "Sign in again. If an old token was used, the whole sign-in has been ended."),
    ),
    "invitationRefused": _p(
        422,
        ("Länken gäller inte", "Länken är använd, ersatt, för gammal eller okänd. Be om en ny."),
        ("The link is not valid", "The link is used, replaced, too old or unknown. Ask for a new one."),
    ),
    # --- interest
    "consentOutdated": _p(
        422,
        ("Samtyckestexten har ändrats", "Visa den nuvarande texten och skicka med dess version."),
        ("The consent text has changed", "Show the present text and send its version."),
    ),
    "linkUnknown": _p(
        422,
        ("Länken gäller inte", "Anmälan är borttagen, för gammal eller okänd. Anmäl intresse igen."),
        ("The link is not valid", "The registration is erased, too old or unknown. Register interest again."),
    ),
    "personalNumberWritten": _p(
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
    "sidesNotAgreed": _p(
        409,
        ("Parterna är inte överens än", "Båda sidor måste ha bekräftat samma innehåll."),
        ("The sides have not agreed yet", "Both sides have to have confirmed the same content."),
    ),
    # --- identity providers
    "authorisationRefused": _p(
        401,
        (
            "Inloggningen gick inte igenom",
            "Inloggningsförsöket har redan använts, har gått ut eller är ogiltigt. Börja om.",
        ),
        (
            "The sign-in did not go through",
            "This attempt to sign in has been used already, has expired or is not valid. Start again.",
        ),
    ),
    "identityNotLinked": _p(
        403,
        (
            "Kontot är inte kopplat till någon här",
            "Be om en inbjudan och logga in med den första gången. Därefter räcker ditt vanliga konto.",
        ),
        (
            "The account is not linked to anybody here",
            "Ask for an invitation and sign in with it the first time. After that, your usual account is enough.",
        ),
    ),
    "identityTaken": _p(
        409,
        ("Kontot är redan kopplat", "Kontot hos er inloggningstjänst är kopplat till någon annan här."),
        ("The account is linked already", "The account at your identity provider is linked to somebody else here."),
    ),
    "identityProviderAway": _p(
        503,
        (
            "Inloggningstjänsten svarar inte",
            "Er inloggningstjänst kan inte användas just nu. Den som redan är inloggad märker inget. Försök igen om en "
            "stund.",
        ),
        (
            "The identity provider does not answer",
            "Your identity provider cannot be used now. Whoever is signed in already notices nothing. Try again soon.",
        ),
    ),
    "unknownIdentityProvider": _p(
        422,
        ("Okänd inloggningstjänst", "Det finns ingen sådan inloggningstjänst som kan användas här."),
        ("Unknown identity provider", "There is no such identity provider that can be used here."),
    ),
    "issuerTaken": _p(
        409,
        ("Inloggningstjänsten finns redan", "En inloggningstjänst med samma utfärdare (issuer) är redan registrerad."),
        ("The identity provider exists already", "An identity provider with the same issuer is registered already."),
    ),
    "signsInElsewhere": _p(
        422,
        (
            "Organisationen loggar in på annat sätt",
            "Er organisation använder en inloggningstjänst, så det finns inga lösenord här. Använd inbjudan för att "
            "koppla ditt konto där.",
        ),
        (
            "The organisation signs in elsewhere",
            "Your organisation uses an identity provider, so there are no passwords here. Use the invitation to link "
            "your account there.",
        ),
    ),
    "domainClaimed": _p(
        409,
        ("Domänen finns redan", "Organisationen har redan anmält domänen."),
        ("The domain is there already", "The organisation has claimed the domain already."),
    ),
    "domainTaken": _p(
        409,
        (
            "Domänen tillhör en annan organisation",
            "En annan organisation har bekräftat domänen. Den organisationen måste först ge upp domänen.",
        ),
        (
            "The domain is another organisation's",
            "Another organisation has verified the domain. It must give it up first.",
        ),
    ),
    "domainVerified": _p(
        409,
        ("Domänen är redan bekräftad", "Ingenting behöver göras."),
        ("The domain is verified already", "Nothing needs to be done."),
    ),
    "domainNotVerified": _p(
        409,
        (
            "Domänen är inte bekräftad",
            "Lägg in posten i DNS och bekräfta domänen innan den knyts till en inloggningstjänst.",
        ),
        (
            "The domain is not verified",
            "Put the record into DNS and verify the domain before it is bound to an identity provider.",
        ),
    ),
    "domainNotProved": _p(
        409,
        (
            "Posten finns inte i DNS",
            "Posten i dnsRecord syns inte ännu. Det kan ta några timmar från det att den har lagts in. Försök igen.",
        ),
        (
            "The record is not in DNS",
            "The record in dnsRecord cannot be seen yet. It may take a few hours after it was put there. Try again.",
        ),
    ),
    "nameServiceAway": _p(
        503,
        ("DNS svarar inte", "Domänen kan inte kontrolleras just nu. Försök igen om en stund."),
        ("DNS does not answer", "The domain cannot be checked now. Try again soon."),
    ),
    "passwordTooCommon": _p(
        422,
        (
            "Lösenordet är för lätt att gissa",
            "Välj en längre mening som varken är ditt namn eller din adress eller finns bland läckta lösenord.",
        ),
        (
            "The password is too easy to guess",
            "Choose a longer sentence that is in no list of leaked passwords and is not your name or address.",
        ),
    ),
    "crossSiteRequest": _p(
        403,
        (
            "Begäran kommer från en annan webbplats",
            "Det här tas bara emot från tjänstens egna sidor och från de webbplatser som tjänsten har godkänt.",
        ),
        (
            "The request comes from another site",
            "This is only taken from the service's own pages and from sites that the service has listed.",
        ),
    ),
    "signInEnded": _p(
        409,
        (
            "Inloggningen är redan avslutad",
            "Du är utloggad där. Hämta listan igen för att se vilka som finns kvar.",
        ),
        (
            "The sign-in has already ended",
            "You are signed out there. Read the list again to see where you are signed in.",
        ),
    ),
    # --- passwords and second factors
    "secondFactorRequired": _p(
        401,
        (
            "En engångskod behövs",
            "Skicka också oneTimeCode (i ett formulär: one_time_code): koden i din app, eller en reservkod.",
        ),
        (
            "A one-time code is needed",
            "Send oneTimeCode (in a form: one_time_code) as well: the code in your app, or a recovery code.",
        ),
    ),
    "oneTimeCodeRefused": _p(
        401,
        (
            "Engångskoden stämmer inte",
            "Koden är fel, för gammal eller redan använd. Vänta på nästa, och se till att telefonens klocka går rätt.",
        ),
        (
            "The one-time code is not right",
            "The code is wrong, too old or already used. Wait for the next, and see that the phone's clock is right.",
        ),
    ),
    "secondFactorMissing": _p(
        403,
        ("Tvåstegsverifiering krävs", "Slå på den (/me/second-factor). Innan dess går inget annat att göra."),
        ("A second factor is demanded", "Switch it on (/me/second-factor). Until then that is all you can do."),
    ),
    "secondFactorActive": _p(
        409,
        ("Tvåstegsverifiering är redan påslagen", "Stäng av den först för att byta app eller telefon."),
        ("The second factor is already on", "Switch it off first to change the app or the phone."),
    ),
    "secondFactorInactive": _p(
        409,
        (
            "Tvåstegsverifiering är inte påslagen",
            "Kontot har ingen tvåstegsverifiering, och ingen är på väg: en begärd hemlighet gäller i 15 minuter.",
        ),
        (
            "The second factor is not on",
            "The account has none, and none is on its way: a secret that was asked for counts for 15 minutes.",
        ),
    ),
    "signInTooOld": _p(
        403,
        (
            "Logga in igen först",
            "Det här kräver att du har loggat in inom de senaste fem minuterna, via er inloggningstjänst om ni har en. "
            "Logga in igen och gör om det. Ingenting ändrades.",
        ),
        (
            "Sign in again first",
            "This takes a sign-in within the last five minutes, through your identity provider if you have one. Sign "
            "in again and repeat it. Nothing was changed.",
        ),
    ),
    "proofRefused": _p(
        403,
        (
            "Lösenordet eller koden stämmer inte",
            "Ange lösenordet igen, eller en ny kod från appen, för att visa att det är du. Ingenting har ändrats.",
        ),
        (
            "The password or the code is not right",
            "Give the password again, or a new code from the app, to show that it is you. Nothing was changed.",
        ),
    ),
    "invitedRecently": _p(
        409,
        ("En inbjudan är redan på väg", "Vänta tio minuter innan du ber om en till."),
        ("An invitation is already on its way", "Wait ten minutes before you ask for another."),
    ),
    # --- concurrency
    "staleVersion": _p(
        412,
        ("Någon annan hann före", "Resursen har ändrats sedan du läste den. Läs den igen och gör om ändringen."),
        (
            "Somebody else has changed it",
            "The resource has changed since you read it. Read it again and redo the change.",
        ),
    ),
    "idempotencyKeyReused": _p(
        409,
        (
            "Nyckeln är redan använd",
            "Samma Idempotency-Key har använts för en annan begäran. Välj en ny nyckel för varje ny begäran.",
        ),
        (
            "The key is already used",
            "The same Idempotency-Key was used for another request. Choose a new key for each new request.",
        ),
    ),
    # --- shape of the request
    "nothingToChange": _p(
        422,
        ("Inget att ändra", "Skicka minst ett fält."),
        ("Nothing to change", "Send at least one field."),
    ),
    "cursorInvalid": _p(
        422,
        (
            "Okänd plats i listan",
            "Följ länken next som den är, med samma sortering. En cursor för /changes gäller bara för den klient som "
            "fick den.",
        ),
        (
            "Unknown place in the list",
            "Follow the next link as it is, with the same order. A cursor for /changes is good only for the client "
            "that got it.",
        ),
    ),
    # --- changes, webhooks, failed jobs
    "cursorExpired": _p(
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
    "sightHasChanged": _p(
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
    "targetRefused": _p(
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
    "targetUnknown": _p(
        422,
        ("Adressen går inte att hitta", "Servernamnet finns inte i DNS, eller så svarar namnservrarna inte just nu."),
        ("The address cannot be found", "The host is not in DNS, or the name servers do not answer now."),
    ),
    "typeNotInScopes": _p(
        422,
        ("Det får klienten inte läsa", "Välj bara slag av saker som klientens behörigheter omfattar."),
        ("The client may not read that", "Choose only kinds of things that the client's scopes name."),
    ),
    "overlapRuns": _p(
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
    "unknownDelivery": _p(
        422,
        (
            "Okänt meddelande",
            "Den här mottagaren har inte fått något meddelande med det id:t, eller inte de senaste 30 dagarna.",
        ),
        ("Unknown delivery", "This endpoint has had no delivery with that id, or not in the last 30 days."),
    ),
    "jobSettled": _p(
        409,
        ("Jobbet är redan avgjort", "Det har lagts tillbaka i kön eller kasserats."),
        ("The job is settled already", "It has been put back in the queue or discarded."),
    ),
    # --- organisations, units, parties, people, mandates
    "organisationNumberTaken": _p(
        409,
        ("Organisationen finns redan", "Det finns redan en organisation med det numret."),
        ("The organisation exists", "There already is an organisation with that number."),
    ),
    "organisationClosed": _p(
        409,
        ("Organisationen är stängd", "I en stängd organisation går det här inte längre att göra."),
        ("The organisation is closed", "This can no longer be done in a closed organisation."),
    ),
    "unknownUnit": _p(
        422,
        ("Okänd enhet", "Enheten finns inte i organisationen."),
        ("Unknown unit", "The unit does not exist in the organisation."),
    ),
    "externalIdTaken": _p(
        409,
        ("Id:t är upptaget", "En annan person eller enhet i organisationen har samma externalId."),
        ("The id is taken", "Another person or unit of the organisation has the same externalId."),
    ),
    "unitCycle": _p(
        422,
        ("Enheten skulle ligga under sig själv", "Välj en överordnad enhet som inte ligger under enheten."),
        ("The unit would lie under itself", "Choose a parent that does not lie under the unit."),
    ),
    "unitClosed": _p(
        409,
        ("Enheten är avslutad", "En avslutad enhet kan inte ändras eller få underenheter."),
        ("The unit is closed", "A closed unit cannot change or get units below it."),
    ),
    "parentNotYet": _p(
        422,
        ("Den överordnade enheten fanns inte då", "Välj en dag då den överordnade enheten fanns."),
        ("The unit above did not exist then", "Choose a day on which the unit above existed."),
    ),
    "unitHasChildren": _p(
        409,
        ("Enheten har underenheter", "Flytta eller avsluta underenheterna först."),
        ("The unit has units below it", "Move or close the units below it first."),
    ),
    "changeBeforeHistory": _p(
        422,
        ("Datumet ligger före historiken", "En ändring kan inte gälla från en dag före enhetens senaste ändring."),
        ("The date lies before the history", "A change cannot take effect before the unit's latest change."),
    ),
    "dateInFuture": _p(
        422,
        ("Datumet ligger i framtiden", "Ändringar gäller från i dag eller tidigare."),
        ("The date lies in the future", "Changes take effect today or earlier."),
    ),
    "datesReversed": _p(
        422,
        ("Datumen är omkastade", "Sista dagen kan inte ligga före den första."),
        ("The dates are reversed", "The last day cannot come before the first."),
    ),
    "employerPartyExists": _p(
        409,
        ("Arbetsgivarparten finns redan", "En organisation har en arbetsgivarpart."),
        ("The employer party exists", "An organisation has one employer party."),
    ),
    "partyNameTaken": _p(
        409,
        ("Parten finns redan", "En part med samma namn finns i organisationen."),
        ("The party exists", "The organisation has a party of the same name."),
    ),
    "partyClosed": _p(
        409,
        ("Parten är avslutad", "En avslutad part kan inte ändras eller utse företrädare."),
        ("The party is closed", "A closed party cannot change or appoint representatives."),
    ),
    "emailTaken": _p(
        409,
        ("E-postadressen är upptagen", "En annan person har samma e-postadress, eller i SCIM samma userName."),
        ("The e-mail address is taken", "Another person has the same e-mail address, or by SCIM the same userName."),
    ),
    "unknownPerson": _p(
        422,
        ("Okänd person", "Personen finns inte i organisationen."),
        ("Unknown person", "The person does not exist in the organisation."),
    ),
    "personInactive": _p(
        422,
        ("Personen är inte aktiv", "Välj någon som är aktiv i organisationen."),
        ("The person is not active", "Choose somebody who is active in the organisation."),
    ),
    "unknownWorkingGroup": _p(
        422,
        ("Okänd arbetsgrupp", "Parten har ingen plats i någon sådan arbetsgrupp."),
        ("Unknown working group", "The party has no seat in such a working group."),
    ),
    "firstMandateExists": _p(
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
    "firstMandateIsGeneral": _p(
        422,
        ("Det första uppdraget gäller hela parten", "Utelämna arbetsgruppen. Parten utser själv till sina grupper."),
        ("The first mandate is for the whole party", "Leave the working group out. The party appoints to its groups."),
    ),
    "bothSides": _p(
        409,
        ("Uppdrag på båda sidor", "Ingen kan företräda både arbetsgivaren och en facklig organisation."),
        ("Mandates on both sides", "Nobody can represent both the employer and a union."),
    ),
    "facilitatesForParties": _p(
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
    "administratorHoldsMandate": _p(
        409,
        ("Systemförvaltare och företrädare", "Den som förvaltar systemet kan inte också företräda en part."),
        ("Administrator and representative", "Nobody can administer the system and represent a party as well."),
    ),
    "mandateEnded": _p(
        409,
        ("Uppdraget är avslutat", "Ett uppdrag som har upphört kan inte ändras. Ge ett nytt."),
        ("The mandate has ended", "A mandate that has ended cannot change. Give a new one."),
    ),
    "tooFarBack": _p(
        422,
        ("Dagen ligger för långt tillbaka", "Ett uppdrag kan börja gälla högst ett år tillbaka i tiden."),
        ("The day lies too far back", "A mandate can begin no more than a year back."),
    ),
    "lastDayPassed": _p(
        422,
        ("Dagen har redan passerat", "Ett uppdrag upphör tidigast i dag. Det som har gjorts i uppdraget består."),
        ("The day has passed", "A mandate ends today at the earliest. What was done under it stands."),
    ),
    "outsideGroupLife": _p(
        422,
        (
            "Dagen ligger utanför gruppens tid",
            "Välj en dag från det att gruppen startade till i dag, eller till slutet.",
        ),
        ("The day is outside the group's life", "Choose a day from the group's start until today, or until it closed."),
    ),
    # --- working groups and joint decisions
    "unknownParty": _p(
        422,
        ("Okänd part", "Parten finns inte i organisationen eller är avslutad."),
        ("Unknown party", "The party does not exist in the organisation or is closed."),
    ),
    "tableOneSided": _p(
        422,
        ("Bordet har bara en sida", "En arbetsgrupp behöver arbetsgivaren och minst en facklig organisation."),
        ("The table has one side only", "A working group needs the employer and at least one union."),
    ),
    "ownPartyMissing": _p(
        422,
        ("Din egen part saknas", "Den som föreslår en arbetsgrupp har själv en plats i den."),
        ("Your own party is missing", "Whoever proposes a working group has a seat in it."),
    ),
    "groupNotForming": _p(
        409,
        ("Arbetsgruppen har redan startat", "Det som båda parter har godkänt ändras inte."),
        ("The working group has started", "What both sides have approved does not change."),
    ),
    "groupNotStarted": _p(
        409,
        ("Arbetsgruppen är inte igång", "Gruppen behöver ha startat och inte vara avslutad."),
        ("The working group is not running", "The group must have started and not be closed."),
    ),
    "groupClosed": _p(
        409,
        ("Arbetsgruppen är avslutad", "En avslutad grupp kan läsas men inte ändras."),
        ("The working group is closed", "A closed group can be read but not changed."),
    ),
    "contentChanged": _p(
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
    "partyHasDecided": _p(
        409,
        ("Parten har redan beslutat", "Ta tillbaka det tidigare beslutet om ni vill ändra er."),
        ("The party has decided", "Withdraw the earlier decision if you change your mind."),
    ),
    "personHasDecided": _p(
        409,
        ("Du har redan beslutat för en annan part", "Parterna ska företrädas av olika personer."),
        ("You have decided for another party", "The parties must be represented by different people."),
    ),
    "chooseMandate": _p(
        422,
        ("Ange vilket uppdrag", "Du har uppdrag för flera parter vid bordet. Ange mandateId."),
        ("Say which mandate", "You hold mandates of several parties at this table. Give mandateId."),
    ),
    "changeRequested": _p(
        409,
        (
            "En ändring är begärd",
            "En part har begärt ändring. Ändra innehållet, eller låt parten ta tillbaka sin begäran.",
        ),
        ("A change is requested", "A party has asked for a change. Edit the content, or let the party withdraw."),
    ),
    "decisionTaken": _p(
        409,
        ("Beslutet är redan fattat", "Det som båda parter har godkänt kan inte tas tillbaka av en."),
        ("The decision is taken", "What both sides have approved cannot be withdrawn by one."),
    ),
    "approvalVoided": _p(
        409,
        ("Beslutet gäller inte längre", "Det har redan tagits tillbaka eller fallit när innehållet ändrades."),
        ("The decision no longer counts", "It was withdrawn or fell when the content changed."),
    ),
    # --- dialogue templates
    "unknownTemplate": _p(
        422,
        ("Okänt samtalsunderlag", "Underlaget finns inte eller är inte publicerat."),
        ("Unknown dialogue template", "The template does not exist or is not published."),
    ),
    "templateNotDraft": _p(
        409,
        ("Underlaget är publicerat", "En publicerad version ändras aldrig. Gör en ny version."),
        ("The template is published", "A published version never changes. Make a new version."),
    ),
    "templateNotPublished": _p(
        409,
        ("Steget går inte", "Ett utkast kan publiceras och ett publicerat underlag dras tillbaka."),
        ("That step is not open", "A draft can be published, and a published template retired."),
    ),
    "templateVersionTaken": _p(
        409,
        ("Versionen finns redan", "Det finns redan en version med det numret."),
        ("The version exists", "There already is a version of that number."),
    ),
    "templateIncomplete": _p(
        422,
        ("Underlaget är inte färdigt", "Alla texter behöver finnas på de språk underlaget säger sig ha."),
        ("The template is not complete", "All texts must exist in the languages the template says it has."),
    ),
    "templateTextMissing": _p(
        422,
        ("En text saknas", "Texten är inte skriven på det här språket."),
        ("A text is missing", "The text is not written in this language."),
    ),
    "templateMinutesDiffer": _p(
        422,
        ("Tiden går inte ihop", "Den sammanlagda tiden ska vara summan av stegens minuter."),
        ("The time does not add up", "The total must be the sum of the steps' minutes."),
    ),
    "templateGroupSizeReversed": _p(
        422,
        ("Gruppstorleken går inte ihop", "Den minsta gruppen är större än den största."),
        ("The group size does not fit", "The smallest group is larger than the largest."),
    ),
    "templateStepsOutOfOrder": _p(
        422,
        ("Stegen är inte i ordning", "Stegen numreras 1, 2, 3 i den ordning de står."),
        ("The steps are out of order", "Steps are numbered 1, 2, 3 in the order they stand."),
    ),
    "templateQuestionRepeated": _p(
        422,
        ("Samma fråge-id två gånger", "Varje fråga i underlaget behöver ett eget id."),
        ("The same question id twice", "Every question of the template needs an id of its own."),
    ),
    "templateSourceMissing": _p(
        422,
        ("Underlaget saknar innehåll", "Ange vilken version det bygger på, eller skicka både nyckel och innehåll."),
        ("The template has no content", "Say which version it is derived from, or send both key and content."),
    ),
    # --- sessions, records, actions
    "facilitatorHoldsMandate": _p(
        422,
        ("Samtalsledaren företräder en part", "Välj någon som inte har uppdrag för någon part i organisationen."),
        ("The facilitator represents a party", "Choose somebody who holds no mandate in the organisation."),
    ),
    "sessionClosed": _p(
        409,
        ("Samtalet är avslutat", "Ett hållet eller inställt samtal kan inte få den ändringen."),
        ("The session is over", "A held or cancelled session cannot get that change."),
    ),
    "sessionHeld": _p(
        409,
        ("Samtalet är hållet", "Efter samtalet kan bara närvaro och antal medarbetare rättas."),
        ("The session was held", "After the session only attendance and head-count can be corrected."),
    ),
    "sessionNotYet": _p(
        409,
        ("Samtalet har inte börjat", "Ett samtal kan inte hållas före sin tid. Ändra tiden först."),
        ("The session has not begun", "A session cannot be held before its time. Change the time first."),
    ),
    "notForThisStep": _p(
        422,
        (
            "Uppgiften hör inte till det här steget",
            "Fältet betyder ingenting för det steg som begärs i to. Utelämna det.",
        ),
        ("Not part of this step", "The field says nothing about the step asked for in to. Leave it out."),
    ),
    "transitionRefused": _p(
        409,
        ("Steget går inte härifrån", "Det som steget bygger på är inte klart än, eller så är det redan förbi."),
        ("That step is not open from here", "What the step builds on is not done yet, or it is past already."),
    ),
    "reasonMissing": _p(
        422,
        ("Skäl saknas", "Skriv varför."),
        ("A reason is missing", "Write why."),
    ),
    "unknownMandate": _p(
        422,
        ("Okänt uppdrag", "Uppdraget gäller inte vid det här bordet."),
        ("Unknown mandate", "The mandate does not count at this table."),
    ),
    "namedTwice": _p(
        422,
        ("Något nämns två gånger", "Varje uppdrag och varje part nämns en gång."),
        ("Named twice", "Each mandate and each party is named once."),
    ),
    "attendanceOneSided": _p(
        409,
        (
            "En sida saknas",
            "Arbetsgivaren och minst en facklig organisation ska vara närvarande eller ha anmält förhinder.",
        ),
        ("One side is missing", "The employer and at least one union must be present or excused."),
    ),
    "unknownQuestion": _p(
        422,
        ("Okänd fråga", "Underlaget har ingen sådan fråga för den här sortens svar."),
        ("Unknown question", "The template has no such question for this kind of answer."),
    ),
    "recordIsFinal": _p(
        409,
        ("Protokollet är justerat", "Det som är justerat ändras aldrig. Skriv en bilaga."),
        ("The record is final", "What is final never changes. Write an appendix."),
    ),
    "recordNotFinal": _p(
        409,
        ("Protokollet är inte justerat", "Båda sidor behöver ha godkänt det först."),
        ("The record is not final", "Both sides must have approved it first."),
    ),
    "recordEmpty": _p(
        409,
        ("Protokollet är tomt", "Skriv minst ett svar eller en gemensam bild före granskning."),
        ("The record is empty", "Write at least one answer or the shared picture before review."),
    ),
    "notUnderReview": _p(
        409,
        ("Protokollet är inte under granskning", "Det behöver skickas för granskning först."),
        ("The record is not under review", "It must be sent for review first."),
    ),
    "reviewDeadlinePassed": _p(
        409,
        ("Tiden har gått ut", "Granskningstiden är slut. Ingens tystnad är ett samtycke; skicka det igen."),
        ("The deadline has passed", "The review is over. Nobody's silence is consent; send it again."),
    ),
    "reviewDeadlineMissing": _p(
        422,
        ("Granskningstid saknas", "Ange en tid i framtiden, högst ett år bort."),
        ("The review deadline is missing", "Give a time in the future, at most a year away."),
    ),
    "confirmationMissing": _p(
        422,
        ("Bekräftelse saknas", "Bekräfta att ingen enskild person kan kännas igen i texten."),
        ("A confirmation is missing", "Confirm that no individual can be recognised in the text."),
    ),
    "effectMissing": _p(
        422,
        ("Effekten saknas", "Skriv vad åtgärden gav."),
        ("The effect is missing", "Write what the action gave."),
    ),
    "actionSettled": _p(
        409,
        ("Åtgärden är avslutad", "En åtgärd som är klar eller avförd kan inte ändras så."),
        ("The action is settled", "An action that is done or dropped cannot be changed like that."),
    ),
    # --- instruments
    "instrumentVersionTaken": _p(
        409,
        ("Versionen finns redan", "Organisationen har redan den versionen av instrumentet. Ge den ett nytt nummer."),
        ("The version exists", "The organisation already has that version of the instrument. Give it a new number."),
    ),
    "instrumentRetired": _p(
        409,
        (
            "Instrumentet är draget tillbaka",
            "Det som är draget tillbaka kommer inte i bruk igen. Läs in en ny version.",
        ),
        ("The instrument is retired", "What is retired does not come back into use. Import a new version."),
    ),
    "instrumentFaulty": _p(
        422,
        (
            "Instrumentet går inte ihop",
            "Något i innehållet saknas eller säger emot sig självt. Rätta det och försök igen.",
        ),
        (
            "The instrument does not hold together",
            "Something in it is missing or contradicts itself. Correct it and try again.",
        ),
    ),
    "instrumentTextMissing": _p(
        422,
        ("En text saknas", "Texten är inte skriven på det här språket, som instrumentet säger sig ha."),
        ("A text is missing", "The text is not written in this language, which the instrument says it has."),
    ),
    "instrumentScaleUneven": _p(
        422,
        ("Skalan går inte ihop", "Stegen ska vara hela tal i följd från det minsta: 1, 2, 3 och så vidare."),
        (
            "The scale does not hold together",
            "Its points are whole numbers in a row from the least: 1, 2, 3 and so on.",
        ),
    ),
    "instrumentIdRepeated": _p(
        422,
        ("Samma id två gånger", "Dimensioner, påståenden och öppna frågor behöver var sitt id; zoner var sin nyckel."),
        ("The same id twice", "Dimensions, items and open questions each need an id of their own, zones a key."),
    ),
    "instrumentDimensionUnknown": _p(
        422,
        ("Okänd dimension", "Instrumentet har ingen dimension med den nyckeln."),
        ("Unknown dimension", "The instrument has no dimension of that key."),
    ),
    "instrumentDimensionEmpty": _p(
        422,
        ("Dimensionen är tom", "Minst ett påstående behöver höra till dimensionen."),
        ("The dimension is empty", "At least one item must belong to the dimension."),
    ),
    "instrumentClimateRepeated": _p(
        422,
        ("Två mäter samma sak", "En annan dimension står redan för den delen av lärklimatet."),
        ("Two measure the same", "Another dimension already stands for that part of the learning climate."),
    ),
    "instrumentMinimumTooLarge": _p(
        422,
        ("Kravet går inte att nå", "Så många finns inte: ingen person kan få något värde, hur den än svarar."),
        ("The minimum cannot be met", "There are not so many: nobody can get a score, however they answer."),
    ),
    "instrumentZonesOutOfOrder": _p(
        422,
        ("Zonerna är inte i ordning", "Den första börjar vid 0 och varje följande högre än den före."),
        ("The zones are out of order", "The first begins at 0, and each of the others above the one before."),
    ),
    # --- surveys
    "roundNotDraft": _p(
        409,
        ("Omgången är inget utkast", "Det som är föreslaget ändras inte. Ta först tillbaka omgången till utkast."),
        ("The round is no draft", "What is proposed does not change. Take the round back to draft first."),
    ),
    "roundNotProposed": _p(
        409,
        ("Omgången är inte föreslagen", "Parterna beslutar om en omgång när den är föreslagen och inte öppnad än."),
        ("The round is not proposed", "The parties decide on a round once it is proposed and not yet open."),
    ),
    "roundDecided": _p(
        409,
        (
            "Omgången är redan öppnad eller inställd",
            "Det här går bara innan omgången har öppnats. En omgång som har öppnats och inte är släppt kan avbrytas om "
            "båda sidor beslutar det: föreslå en ändring med abandon.",
        ),
        (
            "The round is open or cancelled already",
            "This can only be done before the round is opened. One that has opened and is not released can be "
            "abandoned if both sides decide so: propose a change with abandon.",
        ),
    ),
    "roundNotOpen": _p(
        409,
        ("Omgången är inte öppen", "Det går från det att båda sidor har godkänt omgången tills den stänger."),
        ("The round is not open", "This is possible from when both sides have approved the round until it closes."),
    ),
    "roundNotUnderWay": _p(
        409,
        (
            "Omgången pågår inte",
            "Det går från det att båda sidor har godkänt omgången tills resultatet är släppt eller omgången inställd.",
        ),
        (
            "The round is not under way",
            "This is possible from when both sides have approved the round until the result is released or the round "
            "cancelled.",
        ),
    ),
    "roundHasOneKey": _p(
        409,
        (
            "Omgången har en gemensam nyckel",
            "Tjänsten gör den när omgången öppnas. Slå på två nycklar om varje sida ska ha en egen.",
        ),
        (
            "The round has one key",
            "The service makes it when the round opens. Turn on two keys if each side is to have its own.",
        ),
    ),
    "roundKeysMissing": _p(
        409,
        ("En nyckel saknas", "Båda sidor gör var sin nyckel innan omgången föreslås. Se keyHolders."),
        ("A key is missing", "Both sides make a key each before the round is proposed. See keyHolders."),
    ),
    "roundTooLarge": _p(
        422,
        ("Omgången är för stor", "En omgång har högst 5 000 enheter och 1 000 000 anställda. Välj färre enheter."),
        ("The round is too large", "A round has at most 5,000 units and 1,000,000 employees. Choose fewer units."),
    ),
    "roundTooSmall": _p(
        409,
        (
            "Omgången är för liten",
            "De inbjudna är färre än tröskeln, så inget resultat skulle kunna visas. Välj en större enhet eller se "
            "över antalet anställda.",
        ),
        (
            "The round is too small",
            "Fewer are invited than the threshold, so that no result could be shown. Choose a larger unit, or look "
            "over the head-counts.",
        ),
    ),
    "roundTooSoon": _p(
        409,
        (
            "För nära en annan omgång",
            "En annan omgång frågar några av samma anställda. Mellan två sådana omgångar går minst 56 dagar, så att "
            "skillnaden mellan resultaten inte kan röja några få.",
        ),
        (
            "Too near another round",
            "Another round asks some of the same employees. At least 56 days pass between two such rounds, so that "
            "the difference between the results cannot give a few away.",
        ),
    ),
    "closesBeforeOpening": _p(
        422,
        ("Tiderna är omkastade", "Omgången ska stänga efter att den har öppnat."),
        ("The times are reversed", "The round must close after it opens."),
    ),
    "openTooLong": _p(
        422,
        ("Omgången är öppen för länge", "En omgång kan vara öppen i högst 90 dagar."),
        ("The round is open for too long", "A round can be open for at most 90 days."),
    ),
    "opensTooLate": _p(
        422,
        ("Omgången öppnar för långt fram", "En omgång kan öppna högst ett år fram i tiden."),
        ("The round opens too far ahead", "A round can open at most one year ahead."),
    ),
    "closingTimePassed": _p(
        409,
        ("Stängningstiden har passerat", "Ta tillbaka omgången till utkast och välj en senare tid."),
        ("The closing time has passed", "Take the round back to draft and choose a later time."),
    ),
    "newClosingTimeUnfit": _p(
        422,
        (
            "Stängningstiden går inte",
            "Välj en annan tid än den som gäller: i framtiden, efter öppningen och högst 90 dagar efter den. Utan tid "
            "stängs omgången så snart båda sidor har beslutat det.",
        ),
        (
            "That closing time will not do",
            "Choose another time than the present one: in the future, after the opening, and at most 90 days after "
            "it. With null the round closes as soon as both sides have decided so.",
        ),
    ),
    "unknownInstrument": _p(
        422,
        ("Okänd enkät", "Enkäten finns inte, är inte er organisations att använda eller har dragits tillbaka."),
        ("Unknown instrument", "The instrument does not exist, is not your organisation's to use, or is retired."),
    ),
    "noOpenQuestions": _p(
        422,
        ("Enkäten har inga öppna frågor", "Slå av fritext eller välj en enkät med öppna frågor."),
        ("The instrument has no open questions", "Turn free text off, or choose an instrument with open questions."),
    ),
    "unitOutsideGroup": _p(
        422,
        ("Enheten ligger utanför arbetsgruppen", "Välj gruppens egen enhet eller en som i dag ligger under den."),
        ("The unit lies outside the working group", "Choose the group's own unit, or one that lies below it today."),
    ),
    "unitOutsideRound": _p(
        422,
        ("Enheten ligger utanför omgången", "Enheten ligger inte under omgångens översta enhet i dag."),
        ("The unit lies outside the round", "The unit does not lie below the round's top unit today."),
    ),
    "closingTimeOrAbandon": _p(
        422,
        (
            "Stängningstid eller avbruten omgång",
            "Föreslå ett av två. closesAt ger omgången en ny stängningstid; null betyder att den stängs så snart båda "
            "sidor har beslutat det. abandon avbryter den: den ställs in, och alla svar förstörs olästa.",
        ),
        (
            "A closing time, or an abandoned round",
            "Propose one of the two. closesAt gives the round another closing time; null means that it closes as soon "
            "as both sides have decided so. abandon cancels it, and all answers are destroyed unread.",
        ),
    ),
    "amendmentPending": _p(
        409,
        ("En ändring är redan föreslagen", "Besluta om den, eller låt parten ta tillbaka sitt förslag."),
        ("A change is proposed already", "Decide on that one, or let the party take its proposal back."),
    ),
    "amendmentSettled": _p(
        409,
        ("Förslaget är avgjort", "Det har beslutats eller tagits tillbaka. Lägg fram ett nytt."),
        ("The proposal is settled", "It has been decided or taken back. Make a new one."),
    ),
    "surveyTokenUnknown": _p(
        401,
        (
            "Länken leder inte till någon enkät",
            "Kontrollera att hela länken eller koden är med. Är den det kan enkäten vara avslutad.",
        ),
        (
            "The link leads to no survey",
            "Check that all of the link or code is there. If it is, the survey may be over.",
        ),
    ),
    "surveyTokensDiffer": _p(
        422,
        ("Två olika koder", "Koden i HTTP-huvudet Authorization och den i innehållet ska vara samma. En räcker."),
        (
            "Two different tokens",
            "The token in the Authorization header and in the body must be the same. One will do.",
        ),
    ),
    "surveyNotOpenYet": _p(
        409,
        ("Enkäten har inte öppnat än", "Länken gäller. Försök igen när enkäten har öppnat."),
        ("The survey is not open yet", "The link is valid. Try again when the survey has opened."),
    ),
    "surveyClosed": _p(
        409,
        ("Enkäten är stängd", "Tiden för att svara har gått ut. Inga fler svar tas emot."),
        ("The survey is closed", "The time for answering is over. No more answers are taken."),
    ),
    "surveyAlreadyAnswered": _p(
        409,
        (
            "Länken är redan använd",
            "Ett svar är sparat, och länken kan användas en gång. Svaret kan inte visas eller ändras av någon.",
        ),
        (
            "The link has been used",
            "An answer is stored, and the link is good for one. The answer cannot be shown or changed, by us either.",
        ),
    ),
    "surveyAnswerRefused": _p(
        422,
        (
            "Svaret passar inte enkäten",
            "Ingenting är sparat och länken kan användas igen. Rätta svaret och skicka det på nytt.",
        ),
        (
            "The answer does not fit the survey",
            "Nothing was stored and the link can be used again. Correct it and send it anew.",
        ),
    ),
    "surveyAnswerEmpty": _p(
        422,
        ("Svaret är tomt", "Svara på minst en fråga. Ingenting är sparat och länken kan användas igen."),
        ("The answer is empty", "Answer at least one question. Nothing was stored and the link can be used again."),
    ),
    "surveyItemUnknown": _p(
        422,
        ("Frågan ställs inte", "Frågan ställs inte i den här enkäten."),
        ("The question is not asked", "The question is not asked in this survey."),
    ),
    "surveyAnswerNotOffered": _p(
        422,
        ("Svaret går inte att välja", "Svaret är inget av dem som går att välja på frågan."),
        ("The answer is not offered", "The answer is none of those that can be chosen for the question."),
    ),
    "surveyTextTooLong": _p(
        422,
        ("Texten är för lång", "Texten har fler tecken än frågan tillåter, se maxCharacters i formuläret."),
        (
            "The text is too long",
            "The text has more characters than the question allows; see maxCharacters in the form.",
        ),
    ),
    "surveyBusy": _p(
        503,
        ("Många svarar just nu", "Ingenting är sparat. Försök igen om en liten stund; länken gäller."),
        ("Many are answering now", "Nothing was stored. Try again in a little while; the link is still valid."),
    ),
    "surveyRoundNotBegun": _p(
        409,
        ("Mätningen har inte börjat", "En påminnelse kan skickas först när det går att svara."),
        ("The survey round has not begun", "A reminder can be sent once it is possible to answer."),
    ),
    "surveyRoundHasBegun": _p(
        409,
        (
            "Mätningen har börjat",
            "Inbjudningar kan makuleras bara innan det går att svara. Nu kan någon redan ha använt sin.",
        ),
        (
            "The survey round has begun",
            "Invitations can be voided only before it is possible to answer. Somebody may have used theirs by now.",
        ),
    ),
    "unitNotInRound": _p(
        422,
        ("Enheten finns inte i mätningen", "Välj en av de enheter som mätningen visar var för sig."),
        ("The unit is not in the survey round", "Choose one of the units that stand on their own in the round."),
    ),
    "worksElsewhere": _p(
        422,
        (
            "Adressen hör till någon i en annan enhet",
            "Den som är registrerad i en enhet bjuds in i den enhet av mätningen som hör till den, och räknas där.",
        ),
        (
            "The address belongs to somebody in another unit",
            "Whoever is registered in a unit is invited and counted in the unit of the round that it belongs to.",
        ),
    ),
    "neededForThisKind": _p(
        422,
        ("En uppgift saknas", "Den här sortens inbjudan behöver fältet."),
        ("Something is missing", "This kind of invitation needs the field."),
    ),
    "notForThisKind": _p(
        422,
        ("Uppgiften hör inte hit", "Den här sortens inbjudan har inget sådant fält."),
        ("This does not belong here", "This kind of invitation has no such field."),
    ),
    "nobodyToInvite": _p(
        409,
        (
            "Det finns ingen att bjuda in",
            "Ingen är registrerad på enheten, eller så är alla som är det redan inbjudna.",
        ),
        ("There is nobody to invite", "Nobody is registered in the unit, or everybody who is has been invited."),
    ),
    "moreThanHeadcount": _p(
        409,
        (
            "Inbjudningarna räcker till fler än enheten har",
            "Tillsammans med tidigare inbjudningar blir det fler än det antal anställda som båda sidor har godkänt för "
            "enheten. Var och en ska bara kunna svara en gång.",
        ),
        (
            "There would be more invitations than people in the unit",
            "With earlier invitations there would be more than the number of employees that both sides have approved "
            "for the unit. Each of them is to answer once only.",
        ),
    ),
    "slipsHandedOut": _p(
        409,
        (
            "Lapparna är redan utlämnade",
            "Länkarna visades en gång, i det första svaret, och finns inte sparade. Kom de inte fram kan enhetens "
            "inbjudningar makuleras innan mätningen börjar, och nya lappar skapas.",
        ),
        (
            "The slips have been handed out",
            "The links were shown once, in the first answer, and are not stored. If they did not arrive, the unit's "
            "invitations can be voided before the round begins, and new slips made.",
        ),
    ),
    "remindedRecently": _p(
        409,
        (
            "En påminnelse har nyss skickats",
            "Alla kan påminnas en gång per dygn. Se HTTP-huvudet Retry-After.",
        ),
        ("A reminder was sent recently", "Everyone can be reminded once in 24 hours. See the Retry-After header."),
    ),
    "keyWordsMiscounted": _p(
        422,
        ("Det ska vara 24 ord", "Skriv alla nyckelns ord i den ordning de visades, med mellanslag emellan."),
        ("There must be 24 words", "Enter all words of the key in the order they were shown, with spaces between."),
    ),
    "keyWordUnknown": _p(
        422,
        (
            "Ett ord är felskrivet",
            "Minst ett av orden finns inte i listan som nycklar tas ur. Jämför ord för ord med det ni skrev ner.",
        ),
        (
            "A word is misspelt",
            "At least one of the words is not in the list that keys are made from. Compare them, word by word, with "
            "what you wrote down.",
        ),
    ),
    "keyWordsMixedUp": _p(
        422,
        (
            "Orden bildar ingen nyckel",
            "Varje ord finns i listan, men något är utbytt mot ett annat eller står på fel plats. Jämför ord för ord "
            "med det ni skrev ner.",
        ),
        (
            "The words make no key",
            "Each word is in the list, but one was exchanged for another or stands in the wrong place. Compare them, "
            "word by word, with what you wrote down.",
        ),
    ),
    "keyWordsOfAnother": _p(
        422,
        (
            "Orden är inte er nyckel till den här omgången",
            "De kan vara den andra sidans nyckel eller höra till en annan omgång. Finns det ett papper till?",
        ),
        (
            "The words are not your key to this round",
            "They may be the other side's key, or belong to another round. Is there one more sheet of paper?",
        ),
    ),
    "roundNotClosed": _p(
        409,
        (
            "Omgången väntar inte på nycklar",
            "Nycklarna lämnas när omgången har stängt och innan resultatet är släppt.",
        ),
        (
            "The round is not waiting for keys",
            "Keys are handed in once the round has closed and before the result is released.",
        ),
    ),
    "resultsNotReleased": _p(
        409,
        (
            "Resultatet är inte släppt än",
            "Innan omgången har stängt visas ingenting, för någon. Sedan släpps resultatet till båda sidor samtidigt.",
        ),
        (
            "The result is not released yet",
            "Until the round has closed nothing is shown, to anyone. Then both sides get the result at the same time.",
        ),
    ),
    "textsReleased": _p(
        409,
        ("Texterna är släppta", "Båda sidor har godkänt texterna. Det som är släppt ändras aldrig."),
        ("The texts are released", "Both sides have approved the texts. What is released never changes."),
    ),
    "unknownText": _p(
        422,
        ("Okänd text", "Texten finns inte bland dem som granskas."),
        ("Unknown text", "The text is not among those under review."),
    ),
    # --- service clients
    "clientRefused": _p(
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
    "scopeNotGranted": _p(
        422,
        (
            "Klienten har inte den behörigheten",
            "Begär bara det som klienten är registrerad för, eller utelämna scope.",
        ),
        ("The client does not have that scope", "Ask only for what the client is registered for, or leave scope out."),
    ),
    "scopeNotForKind": _p(
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
    "expiryUnfit": _p(
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
    "serviceClientEnded": _p(
        409,
        ("Klienten är avslutad", "Den släpps inte in längre. Registrera en ny om den behövs."),
        ("The client has ended", "It is not let in any more. Register a new one if it is needed."),
    ),
    "consentNotNeeded": _p(
        409,
        ("Här behövs inget medgivande", "Klienten läser varken protokoll eller resultat."),
        ("No consent is needed here", "The client reads neither records nor results."),
    ),
    "twoSecretsLive": _p(
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
    # --- retention, legal holds, erasure
    "retentionRuleExists": _p(
        409,
        ("Det finns redan en gallringsregel", "Ändra den regel som finns för samma slag av handlingar."),
        ("There is a retention rule already", "Change the rule that there is for the same kind."),
    ),
    "legalHold": _p(
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
    "holdLifted": _p(
        409,
        ("Spärren är hävd", "Den gäller inte längre. Sätt en ny om det behövs."),
        ("The hold has been lifted", "It no longer stands. Set a new one if needed."),
    ),
    "nothingToHold": _p(
        422,
        (
            "Det finns inget sådant att spärra",
            "Ange en arbetsgrupp, ett justerat protokoll eller en person i organisationen.",
        ),
        ("There is no such thing to hold", "Name a working group, a final record or a person of the organisation."),
    ),
    "appendixOpen": _p(
        409,
        ("Protokollet har en bilaga som inte är justerad", "Justera bilagan först och lägg fram ett nytt förslag."),
        ("The record has an appendix that is not final", "Make the appendix final first, and propose anew."),
    ),
    "destructionPending": _p(
        409,
        ("Gallring är redan föreslagen", "Besluta om förslaget, eller låt parten ta tillbaka det."),
        ("Its destruction is proposed already", "Decide on the proposal, or let the party take it back."),
    ),
    "destructionSettled": _p(
        409,
        ("Gallringsförslaget är avgjort", "Gallringen är genomförd eller förslaget har tagits tillbaka."),
        ("The destruction is settled", "It has been carried out, or the proposal has been taken back."),
    ),
    "personHoldsMandate": _p(
        409,
        (
            "Personen har ett uppdrag",
            "Parten behöver avsluta uppdraget, och dess sista dag måste ha passerat, innan uppgifterna kan raderas.",
        ),
        ("The person holds a mandate", "The party must end it, and its last day pass, before the data can be erased."),
    ),
    # --- HR syncing
    "unionDataRefused": _p(
        422,
        (
            "Uppgifter om fackligt medlemskap tas inte emot",
            "Något i begäran ser ut att säga vem som hör till ett fackförbund. Ta bort det i källsystemet; inget av "
            "det har sparats.",
        ),
        (
            "Union membership is not accepted",
            "Something in the request looks as if it told who belongs to a union. Remove it in the source system; "
            "nothing of it has been stored.",
        ),
    ),
    "personalNumberRefused": _p(
        422,
        (
            "Personnummer tas inte emot som identitet",
            "Det som skickades som id ser ut som ett personnummer eller samordningsnummer. Använd till exempel ett "
            "anställningsnummer eller ett objekt-id.",
        ),
        (
            "Personal identity numbers are not accepted as an id",
            "What was sent as an id looks like a personal identity number or coordination number. Use an employee "
            "number or an object id, for example.",
        ),
    ),
    "deactivationBrake": _p(
        409,
        (
            "Så många kan inte avaktiveras utan bekräftelse",
            "Fler skulle avaktiveras inom ett dygn än organisationen tillåter (deactivationBrakePercent). En "
            "systemadministratör bekräftar hur många som har slutat, med "
            "POST /organisations/{organisationId}/deactivation-releases; skicka sedan igen.",
        ),
        (
            "So many cannot be deactivated without confirmation",
            "More people would be deactivated within a day than the organisation allows (deactivationBrakePercent). A "
            "system administrator confirms how many have left, with "
            "POST /organisations/{organisationId}/deactivation-releases; then send it again.",
        ),
    ),
    "unitBrake": _p(
        409,
        (
            "Så många enheter kan inte stängas utan bekräftelse",
            "Fler enheter skulle stängas inom ett dygn än organisationen tillåter. Är det rätt? Be en "
            "systemadministratör att släppa igenom så många enheter (`create_deactivation_release`) och skicka sedan "
            "samma sak igen.",
        ),
        (
            "So many units cannot be closed without confirmation",
            "More units would be closed within a day than the organisation allows. If that is right, ask a system "
            "administrator to release so many units (`create_deactivation_release`), and then send the same again.",
        ),
    ),
    "personLeadsSession": _p(
        409,
        ("Personen ska leda ett samtal framöver", "Låt först någon annan leda samtalet, eller ställ in det."),
        ("The person leads a session to come", "Let somebody else lead it, or cancel it, first."),
    ),
    "personStillActive": _p(
        409,
        (
            "Personen är fortfarande aktiv",
            "Gör personen inaktiv först. Medan den är aktiv är det bara personen själv som kan radera.",
        ),
        (
            "The person is still active",
            "Make the person inactive first. While active, only they can erase themselves.",
        ),
    ),
    # --- exports
    "selectionTooLarge": _p(
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
    "notForThisFormat": _p(
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
    # --- imports and unit trees
    "fileEncoding": _p(
        422,
        ("Filens teckenkodning kan inte läsas", "Spara filen som UTF-8 eller Windows-1252 och skicka den igen."),
        ("The file's encoding cannot be read", "Save the file as UTF-8 or Windows-1252 and send it again."),
    ),
    "fileForm": _p(
        422,
        ("Filen kan inte läsas som en tabell", "Den är skadad eller har en annan form än den som Content-Type säger."),
        ("The file cannot be read as a table", "It is damaged, or of another form than Content-Type says."),
    ),
    "fileTooLarge": _p(
        422,
        (
            "Filen är för stor",
            "Den har fler rader eller kolumner, längre celler eller mer uppackat innehåll än vad som läses.",
        ),
        ("The file is too large", "It has more rows or columns, longer cells or more unpacked content than is read."),
    ),
    "fileEmpty": _p(
        422,
        ("Filen har inga kolumner", "Den första raden ska namnge kolumnerna."),
        ("The file has no columns", "The first row has to name the columns."),
    ),
    "columnTwice": _p(
        422,
        (
            "En kolumn finns två gånger",
            "Varje fält fylls av högst en kolumn, och ett kolumnnamn får bara förekomma en gång.",
        ),
        ("A column is there twice", "Each field is filled by one column at most, and each column name is there once."),
    ),
    "columnUnnamed": _p(
        422,
        ("En kolumn saknar namn", "Raden har fler celler än den första raden har namn."),
        ("A column has no name", "The row has more cells than the first row has names."),
    ),
    "columnMissing": _p(
        422,
        ("En kolumn saknas", "Filen måste ha en kolumn för externalId."),
        ("A column is missing", "The file must have a column for externalId."),
    ),
    "unknownColumn": _p(
        422,
        (
            "Kolumnen är inte känd",
            "Numret är kolumnens, räknat från vänster. Ange med PUT /organisations/{organisationId}/import-mapping "
            "vilket av importens fält den fyller (columns), eller att den inte ska läsas (ignoredColumns).",
        ),
        (
            "The column is not known",
            "The number is the column's, counted from the left. Say with "
            "PUT /organisations/{organisationId}/import-mapping which field of imports it fills (columns), or that it "
            "is not read (ignoredColumns).",
        ),
    ),
    "unknownImportField": _p(
        422,
        (
            "Fältet finns inte",
            "Importen har inget sådant fält för en kolumn att fylla. Fälten står i docs/import-files.md, till exempel "
            "externalId, name och email för personer.",
        ),
        (
            "There is no such field",
            "Imports have no such field for a column to fill. The fields stand in docs/import-files.md, as externalId, "
            "name and email of people.",
        ),
    ),
    "columnEmpty": _p(
        422,
        ("En cell som behövs är tom", "Fyll i den cell som anges."),
        ("A cell that is needed is empty", "Fill in the cell that is named."),
    ),
    "cellInvalid": _p(
        422,
        ("En cell kan inte läsas", "Värdet har inte den form som fältet kräver."),
        ("A cell cannot be read", "The value does not have the form that the field requires."),
    ),
    "cellIsFormula": _p(
        422,
        ("Värdet är en formel", "Personers namn och adresser får inte börja med =, +, - eller @."),
        ("The value is a formula", "The names and addresses of people must not begin with =, +, - or @."),
    ),
    "rowTwice": _p(
        422,
        ("Raden finns två gånger", "Samma id får ha högst en rad per dag. Ingen av raderna med det id:t tas in."),
        ("The row is there twice", "An id may have at most one row a day. None of the rows with that id is taken in."),
    ),
    "unitTwice": _p(
        422,
        ("Enheten finns två gånger", "Varje externalId får bara förekomma en gång i trädet."),
        ("The unit is there twice", "An externalId may occur only once in the tree."),
    ),
    "unitWithoutPeriod": _p(
        422,
        ("Enheten saknar period", "En enhet behöver minst en period med namn och plats."),
        ("The unit has no period", "A unit needs at least one period with a name and a place."),
    ),
    "periodsOverlap": _p(
        422,
        ("Perioder går in i varandra", "En period ska sluta dagen innan nästa börjar."),
        ("Periods overlap", "A period has to end on the day before the next begins."),
    ),
    "periodsLeaveGap": _p(
        422,
        ("Det finns ett glapp mellan perioder", "En period ska börja dagen efter att den förra har slutat."),
        ("There is a gap between periods", "A period has to begin on the day after the one before it has ended."),
    ),
    "planStale": _p(
        409,
        (
            "Planen stämmer inte längre",
            "Något som planen ändrar har ändrats sedan dess. Skicka filen igen för en ny plan.",
        ),
        (
            "The plan does not fit any more",
            "Something that the plan changes has changed since. Send the file again for a new plan.",
        ),
    ),
    "planHashDiffers": _p(
        409,
        ("Det är en annan plan", "Ange det hashvärde som importen visar."),
        ("It is another plan", "Name the hash that the import shows."),
    ),
    "importSettled": _p(
        409,
        ("Importen kan inte genomföras", "Den är redan genomförd, har fel eller har blivit för gammal."),
        ("The import cannot be applied", "It has been applied already, has errors or has become too old."),
    ),
    "importApplying": _p(
        409,
        (
            "En import genomförs just nu",
            "Vänta tills den är klar: importens state visar det. Försök sedan igen.",
        ),
        (
            "An import is being applied",
            "Wait until it is done, which its state shows. Then try again.",
        ),
    ),
    "planGone": _p(
        410,
        (
            "Planen finns inte kvar",
            "En plan nämner människor och sparas bara tills den är genomförd, har misslyckats eller har blivit för "
            "gammal. Rapporten med alla antal finns i importen; skicka filen igen för en ny plan.",
        ),
        (
            "The plan is gone",
            "A plan names people, and is kept only until it is applied, has failed or has become too old. The report "
            "with all the numbers is in the import; send the file again for a new plan.",
        ),
    ),
}


FIELD_TEXTS: dict[str, Texts] = {
    "network_form": {
        "sv": "Ska vara en IP-adress eller ett nät, som 192.0.2.7 eller 192.0.2.0/28.",
        "en": "Must be an IP address or a network, as in 192.0.2.7 or 192.0.2.0/28.",
    },
    "missing": {"sv": "Fältet saknas.", "en": "The field is missing."},
    "extra_forbidden": {"sv": "Fältet finns inte här.", "en": "There is no such field here."},
    "string_type": {"sv": "Ska vara text.", "en": "Must be text."},
    "string_unicode": {"sv": "Texten är inte giltig Unicode.", "en": "The text is not valid Unicode."},
    "string_too_short": {"sv": "Ska ha minst {min_length} tecken.", "en": "Needs at least {min_length} characters."},
    "string_too_long": {"sv": "Får ha högst {max_length} tecken.", "en": "May have at most {max_length} characters."},
    "string_pattern_mismatch": {"sv": "Har fel form.", "en": "Has the wrong form."},
    "control_character": {"sv": "Styrtecken är inte tillåtna.", "en": "Control characters are not allowed."},
    "int_type": {"sv": "Ska vara ett heltal.", "en": "Must be a whole number."},
    "int_parsing": {"sv": "Ska vara ett heltal.", "en": "Must be a whole number."},
    "int_from_float": {"sv": "Ska vara ett heltal.", "en": "Must be a whole number."},
    "bool_type": {"sv": "Ska vara true eller false.", "en": "Must be true or false."},
    "greater_than_equal": {"sv": "Ska vara minst {ge}.", "en": "Must be at least {ge}."},
    "less_than_equal": {"sv": "Får vara högst {le}.", "en": "May be at most {le}."},
    "uuid_type": {"sv": "Ska vara ett UUID.", "en": "Must be a UUID."},
    "uuid_parsing": {"sv": "Ska vara ett UUID.", "en": "Must be a UUID."},
    "enum": {"sv": "Är inget av de tillåtna värdena.", "en": "Is none of the allowed values."},
    "literal_error": {"sv": "Är inget av de tillåtna värdena.", "en": "Is none of the allowed values."},
    "date_as_number": {"sv": "Datum skrivs som text.", "en": "Dates are written as text."},
    "null_refused": {
        "sv": "Lämna bort fältet i stället för att skicka null.",
        "en": "Leave the field out instead of sending null.",
    },
    "date_format": {"sv": "Datum skrivs ÅÅÅÅ-MM-DD.", "en": "Dates are written YYYY-MM-DD."},
    "date_from_datetime_parsing": {"sv": "Datumet finns inte.", "en": "There is no such date."},
    "date_parsing": {"sv": "Datumet finns inte.", "en": "There is no such date."},
    "datetime_format": {
        "sv": "Tid skrivs enligt RFC 3339 med Z eller förskjutning, 2026-11-23T13:00:00Z.",
        "en": "A time is written as in RFC 3339 with Z or an offset, 2026-11-23T13:00:00Z.",
    },
    "datetime_parsing": {"sv": "Tiden finns inte.", "en": "There is no such time."},
    "datetime_from_date_parsing": {"sv": "Tiden finns inte.", "en": "There is no such time."},
    "date_range": {"sv": "Året ska vara 1900 till 2999.", "en": "The year must be 1900 to 2999."},
    "timezone_aware": {"sv": "Tiden saknar zon.", "en": "The time has no zone."},
    "organisation_number_form": {
        "sv": "Ett organisationsnummer har tio siffror, den tredje minst 2.",
        "en": "An organisation number has ten digits, the third at least 2.",
    },
    "organisation_number_checksum": {"sv": "Kontrollsiffran stämmer inte.", "en": "The check digit does not fit."},
    "url_form": {
        "sv": "Ska vara en https-adress utan användarnamn, lösenord och fragment; http går bara inom samma maskin.",
        "en": "Must be an https address without name, password or fragment; http only within the same machine.",
    },
    "email_form": {"sv": "Är ingen e-postadress.", "en": "Is not an e-mail address."},
    "issuer_form": {
        "sv": "Ska vara en https-adress, skriven exakt som hos utfärdaren.",
        "en": "Must be an https address, written exactly as the issuer does.",
    },
    "domain_form": {"sv": "Är ingen domän.", "en": "Is not a domain."},
    "password_without_link": {"sv": "Hör till linkToMe.", "en": "It belongs to linkToMe."},
    "one_of_two": {"sv": "Välj ett av sätten.", "en": "Choose one of the ways."},
    "statement_missing": {
        "sv": "Skriv vad som skiljer eller vad som bör ändras.",
        "en": "Say what differs or what should change.",
    },
    "password_or_code": {
        "sv": "Skicka antingen lösenordet eller en engångskod.",
        "en": "Send either the password or a one-time code.",
    },
    "hold_on_two": {"sv": "En spärr gäller en enda sak.", "en": "A hold is on one thing."},
    "repeated": {"sv": "Samma värde finns två gånger.", "en": "The same value is there twice."},
    "list_type": {"sv": "Ska vara en lista.", "en": "Must be a list."},
    "too_short": {"sv": "Ska ha minst {min_length} delar.", "en": "Needs at least {min_length} entries."},
    "too_long": {"sv": "Får ha högst {max_length} delar.", "en": "May have at most {max_length} entries."},
    "dict_type": {"sv": "Ska vara ett objekt.", "en": "Must be an object."},
    "model_attributes_type": {"sv": "Ska vara ett objekt.", "en": "Must be an object."},
    "model_type": {"sv": "Ska vara ett objekt.", "en": "Must be an object."},
    "value_error": {"sv": "Värdet har fel form.", "en": "The value has the wrong form."},
    "other": {"sv": "Värdet har fel form.", "en": "The value has the wrong form."},
}
