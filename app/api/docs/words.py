"""What the pages themselves say, in both languages."""

from dataclasses import dataclass

from app.api.negotiation import LanguageTag


@dataclass(frozen=True)
class Words:
    name: str
    skip: str
    pages: str
    languages: str
    docs: str
    docs_title: str
    tool: str
    """How the tool's own words, which are English, are to be understood."""
    read: str
    read_title: str
    problems: str
    here: str
    """The installation that serves the page."""
    needs_script: str


@dataclass(frozen=True)
class SignInWords:
    heading: str
    e_mail: str
    password: str
    code: str
    submit: str
    sign_out: str
    signed_in: str
    signed_out: str
    not_signed_out: str
    no_answer: str


@dataclass(frozen=True)
class ProblemWords:
    title: str
    intro: str
    meaning: str
    what_to_do: str
    status: str
    code: str
    where: str
    everywhere: str
    example: str
    fields: str
    field_intro: str
    all: str


WORDS: dict[LanguageTag, Words] = {
    "sv": Words(
        name="Lärande i förändring",
        skip="Hoppa till innehållet",
        pages="Dokumentation",
        languages="Språk",
        docs="Prova",
        docs_title="Prova API:et · Lärande i förändring",
        tool=(
            'Verktyget nedan har knappar på engelska: <span lang="en">Authorize</span> betyder att du anger en token, '
            '<span lang="en">Try it out</span> att du fyller i ett anrop och <span lang="en">Execute</span> att du '
            "skickar det."
        ),
        read="Läs",
        read_title="Läs om API:et · Lärande i förändring",
        problems="Felkoder",
        here="Den här installationen.",
        needs_script="Sidan behöver JavaScript. Dokumentet finns som JSON på adressen",
    ),
    "en": Words(
        name="Lärande i förändring",
        skip="Skip to the content",
        pages="Documentation",
        languages="Language",
        docs="Try",
        docs_title="Try the API · Lärande i förändring",
        tool="",
        read="Read",
        read_title="Read about the API · Lärande i förändring",
        problems="Problems",
        here="This installation.",
        needs_script="This page needs JavaScript. The document is there as JSON at",
    ),
}

SIGN_IN: dict[LanguageTag, SignInWords] = {
    "sv": SignInWords(
        heading="Logga in för att prova",
        e_mail="E-post",
        password="Lösenord",  # noqa: S106 - a label
        code="Engångskod, om du har en andra faktor",
        submit="Logga in",
        sign_out="Logga ut",
        signed_in="Du är inloggad. Anropen på sidan görs som du.",
        signed_out="Du är utloggad.",
        not_signed_out="Utloggningen gick inte fram, så inloggningen finns kvar. Välj Logga ut igen om en stund.",
        no_answer="Tjänsten svarar inte. Försök igen om en stund.",
    ),
    "en": SignInWords(
        heading="Sign in to try things out",
        e_mail="E-mail",
        password="Password",  # noqa: S106 - a label
        code="One-time code, if you have a second factor",
        submit="Sign in",
        sign_out="Sign out",
        signed_in="You are signed in. The calls on this page are made as you.",
        signed_out="You are signed out.",
        not_signed_out="The sign-out did not get through, so the sign-in lives on. Choose Sign out again in a while.",
        no_answer="The service does not answer. Try again in a while.",
    ),
}

PROBLEM_WORDS: dict[LanguageTag, ProblemWords] = {
    "sv": ProblemWords(
        title="Felkoder",
        intro=(
            "När tjänsten inte kan göra det du ber om svarar den med ett problem (RFC 9457). Fältet code säger vilket, "
            "och fältet type är adressen till sidan om det."
        ),
        meaning="Vad det betyder",
        what_to_do="Vad du kan göra",
        status="HTTP-status",
        code="Kod",
        where="Var det kan komma",
        everywhere="I alla anrop vars svar har den statusen i dokumentet.",
        example="Exempel",
        fields="Koder för enskilda fält",
        field_intro="I errors står för varje fält en av de här koderna, eller en av felkoderna ovan.",
        all="Alla felkoder",
    ),
    "en": ProblemWords(
        title="Problems",
        intro=(
            "When the service cannot do what you ask, it answers with a problem (RFC 9457). The member code says "
            "which, and the member type is the address of the page about it."
        ),
        meaning="What it means",
        what_to_do="What you can do",
        status="HTTP status",
        code="Code",
        where="Where it may come",
        everywhere="In every call whose answers have that status in the document.",
        example="Example",
        fields="Codes of single fields",
        field_intro="For each field, errors has one of these codes, or one of the problems' codes.",
        all="All problems",
    ),
}

# By status: what helps, whichever of its problems it is. What helps with one of them its own text says.
ADVICE: dict[int, dict[LanguageTag, str]] = {
    400: {
        "sv": "Rätta anropet. Samma anrop igen ger samma svar.",
        "en": "Correct the request. The same request again gets the same answer.",
    },
    401: {
        "sv": "Logga in, eller förnya din token, och gör om anropet.",
        "en": "Sign in, or renew your token, and make the request again.",
    },
    403: {
        "sv": "Be den som får göra det. Vad du själv får göra står i allowedActions.",
        "en": "Ask somebody who may do it. What you may do yourself is in allowedActions.",
    },
    404: {
        "sv": "Kontrollera adressen. Svaret är detsamma för det som inte finns och det som du inte får se.",
        "en": "Check the address. The answer is the same for what does not exist and for what you may not see.",
    },
    405: {
        "sv": "Använd en av metoderna i HTTP-huvudet Allow.",
        "en": "Use one of the methods in the Allow header.",
    },
    406: {
        "sv": "Ange i Accept ett format som dokumentet nämner för anropet.",
        "en": "Name in Accept a format that the document has for the request.",
    },
    408: {
        "sv": "Gör om anropet, och skicka det utan uppehåll.",
        "en": "Make the request again, and send it without pausing.",
    },
    409: {
        "sv": "Läs resursen igen: state och allowedActions säger vad som går att göra nu.",
        "en": "Read the resource again: state and allowedActions say what can be done now.",
    },
    410: {
        "sv": "Börja om från början: det som efterfrågas finns inte kvar.",
        "en": "Start over: what is asked for is not kept any more.",
    },
    412: {
        "sv": "Läs resursen igen, gör om ändringen i den och skicka dess nya ETag i If-Match, precis som den kom: med "
        "citattecken och utan W/. Kommer den med W/ är det en proxy som komprimerar svaren.",
        "en": "Read the resource again, make the change anew and send its new ETag in If-Match, just as it came: with "
        "quotation marks and without W/. If it comes with W/, a proxy compresses the answers.",
    },
    413: {
        "sv": "Skicka mindre åt gången.",
        "en": "Send less at a time.",
    },
    414: {
        "sv": "Korta adressen, till exempel genom att ta bort parametrar.",
        "en": "Shorten the address, for instance by leaving parameters out.",
    },
    415: {
        "sv": "Skicka innehållet i ett format som dokumentet nämner, och ange det i Content-Type.",
        "en": "Send the body in a format that the document has, and name it in Content-Type.",
    },
    422: {
        "sv": "Rätta uppgifterna. Om svaret har errors pekar pointer ut varje fält som behöver rättas.",
        "en": "Correct the data. Where the answer has errors, pointer shows each field that needs correction.",
    },
    428: {
        "sv": "Läs resursen och skicka dess ETag i If-Match.",
        "en": "Read the resource and send its ETag in If-Match.",
    },
    429: {
        "sv": "Vänta så många sekunder som Retry-After anger och gör sedan om anropet.",
        "en": "Wait as many seconds as Retry-After says and then make the request again.",
    },
    431: {
        "sv": "Skicka färre eller kortare HTTP-huvuden.",
        "en": "Send fewer or shorter headers.",
    },
    500: {
        "sv": "Försök igen. Om felet kommer tillbaka: kontakta den som driver tjänsten och uppge instance.",
        "en": "Try again. If it comes back, tell those who run the service and give them instance.",
    },
    503: {
        "sv": "Vänta så många sekunder som Retry-After anger och gör sedan om anropet.",
        "en": "Wait as many seconds as Retry-After says and then make the request again.",
    },
}
