"""What the protocol, the limits and the form of a request refuse."""

from app.api.problem_texts.text import ProblemText, told

REQUESTS: dict[str, ProblemText] = {
    # --- what the protocol itself refuses
    "malformed": told(
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
    "hostInvalid": told(
        400,
        ("HTTP-huvudet Host kan inte läsas", "Host ska vara ett värdnamn, om det behövs följt av kolon och port."),
        ("The Host header cannot be read", "Host must be a host name, followed by colon and port if needed."),
    ),
    "addressUnreadable": told(
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
    "authorizationTwice": told(
        400,
        ("HTTP-huvudet Authorization finns två gånger", "Skicka det en gång, med den token som begäran gäller."),
        ("The Authorization header is there twice", "Send it once, with the token the request is made with."),
    ),
    "headerTwice": told(
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
    "methodNotAllowed": told(
        405,
        ("Metoden finns inte här", "Adressen finns, men inte för den här metoden. Se HTTP-huvudet Allow."),
        ("No such method here", "The address exists, but not for this method. See the Allow header."),
    ),
    "notAcceptable": told(
        406,
        ("Formatet finns inte", "Svaret finns som application/json, och i de andra format som dokumentet anger."),
        ("No such format", "The answer exists as application/json, and in the other formats that the document names."),
    ),
    "bodyTooLarge": told(
        413,
        ("Innehållet är för stort", "En begäran får vara högst 1 MiB, ett enkätsvar högst 128 KiB."),
        ("The body is too large", "A request may be at most 1 MiB, a survey answer at most 128 KiB."),
    ),
    # limits
    "requestUnreadable": told(
        400,
        ("Begäran är inte giltig HTTP", "Det som kom kan inte läsas som en HTTP-begäran. Anslutningen stängs."),
        ("The request is not valid HTTP", "What came cannot be read as an HTTP request. The connection is closed."),
    ),
    "requestTooSlow": told(
        408,
        ("Begäran tog för lång tid", "Hela begäran kom inte fram i tid. Anslutningen stängs; försök igen."),
        ("The request took too long", "Not all of the request arrived in time. The connection is closed; try again."),
    ),
    "addressTooLong": told(
        414,
        ("Adressen är för lång", "Adressen med sina parametrar får vara högst 8 KiB."),
        ("The address is too long", "The address with its parameters may be at most 8 KiB."),
    ),
    "headersTooLarge": told(
        431,
        ("HTTP-huvudena är för stora", "De får vara högst 32 KiB tillsammans."),
        ("The headers are too large", "They may be at most 32 KiB together."),
    ),
    "tooManyRequests": told(
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
    "contentEncodingUnsupported": told(
        415,
        ("Innehållet är komprimerat", "Skicka innehållet som det är, utan HTTP-huvudet Content-Encoding."),
        ("The body is compressed", "Send the body as it is, without the Content-Encoding header."),
    ),
    "unsupportedMediaType": told(
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
    "validationFailed": told(
        422,
        ("Uppgifterna stämmer inte", "En eller flera uppgifter saknas eller har fel form. Rätta dem och försök igen."),
        (
            "The data is not valid",
            "One or more details are missing or have the wrong form. Correct them and try again.",
        ),
    ),
    "unknownParameter": told(
        422,
        ("Okänd parameter", "Adressen har en frågeparameter som inte finns här."),
        ("Unknown parameter", "The address has a query parameter that does not exist here."),
    ),
    "parameterTwice": told(
        422,
        ("Samma parameter finns två gånger", "Varje frågeparameter får finnas bara en gång i adressen."),
        ("The same parameter is there twice", "Each query parameter may be in the address only once."),
    ),
    "preconditionRequired": told(
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
    "idempotencyKeyInvalid": told(
        422,
        ("Idempotency-Key har fel form", "Nyckeln ska ha 1–100 synliga ASCII-tecken, till exempel ett UUID."),
        ("Idempotency-Key has the wrong form", "The key has 1–100 visible ASCII characters, for instance a UUID."),
    ),
    "unexpected": told(
        500,
        ("Något gick fel hos oss", "Felet är loggat under numret i instance. Försök gärna igen."),
        ("Something went wrong on our side", "It is logged under the number in instance. Please try again."),
    ),
    "unexpectedUnlogged": told(
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
    "databaseAway": told(
        503,
        (
            "Tjänsten är tillfälligt borta",
            "Databasen kan inte nås just nu. Ingenting har sparats. Försök igen om en stund.",
        ),
        ("The service is away for a moment", "The database cannot be reached now. Nothing was stored. Try again soon."),
    ),
    "serverBusy": told(
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
    "keyStoreAway": told(
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
    "archiveKeysAway": told(
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
    "notSignedIn": told(
        401,
        ("Du är inte inloggad", "Skicka en åtkomsttoken i HTTP-huvudet Authorization: Bearer."),
        ("You are not signed in", "Send an access token in the header Authorization: Bearer."),
    ),
    "tokenInvalid": told(
        401,
        ("Inloggningen gäller inte längre", "Förnya åtkomsttoken eller logga in igen."),
        ("The sign-in is no longer valid", "Renew the access token or sign in again."),
    ),
    "notFound": told(
        404,
        ("Finns inte", "Det finns inget på adressen som du kan se."),
        ("Not found", "There is nothing at this address that you can see."),
    ),
    "notYourRole": told(
        403,
        (
            "Inte ditt uppdrag",
            "Det här hör till någon annans uppdrag eller roll.",
        ),
        ("Not your role", "This belongs to somebody else's mandate or role."),
    ),
    "consentPending": told(
        403,
        (
            "Parterna har inte samtyckt än",
            "Klienten har en behörighet som räcker, men den ger inget förrän båda sidor har samtyckt till den "
            "(`POST /service-clients/{serviceClientId}/approvals`).",
        ),
        (
            "The parties have not consented yet",
            "The client has a scope that would do, but it gives nothing until both sides have consented to it "
            "(`POST /service-clients/{serviceClientId}/approvals`).",
        ),
    ),
    "facilitatorMayNotApprove": told(
        403,
        ("Samtalsledaren godkänner inte", "Den som lett samtalet kan inte godkänna protokollet."),
        ("The facilitator does not approve", "Whoever led the session cannot approve its record."),
    ),
    # --- concurrency
    "staleVersion": told(
        412,
        ("Någon annan hann före", "Resursen har ändrats sedan du läste den. Läs den igen och gör om ändringen."),
        (
            "Somebody else has changed it",
            "The resource has changed since you read it. Read it again and redo the change.",
        ),
    ),
    "idempotencyKeyReused": told(
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
    "nothingToChange": told(
        422,
        ("Inget att ändra", "Skicka minst ett fält."),
        ("Nothing to change", "Send at least one field."),
    ),
    "cursorInvalid": told(
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
}
