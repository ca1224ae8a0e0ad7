"""What whoever registers interest agrees to. A changed text is a new version: nobody has agreed to what came later."""

from collections.abc import Mapping

from app.models.columns import Language
from app.models.interest_registration import InterestConsentRead
from app.services.errors import Code, Refusal

VERSION = "2026-11-27"

TEXTS: Mapping[Language, str] = {
    Language.SWEDISH: (
        "Det du skriver sparas för att den som förvaltar Lärande i förändring ska kunna höra av sig till er, och för "
        "att er arbetsplats ska kunna ansluta sig. Det som sparas är arbetsplatsens organisationsnummer och namn, "
        "vilken part du talar för, partens namn, ditt namn, din funktion och din e-postadress.\n\n"
        "Vi frågar aldrig efter medlemskap. Att du talar för en facklig part kan ändå säga något om facklig "
        "tillhörighet, som är en känslig personuppgift. Därför behöver vi ditt uttryckliga samtycke (artikel 6.1 a och "
        "9.2 a i dataskyddsförordningen).\n\n"
        "Uppgifterna läses av tjänstens systemadministratör. Den som du själv ger din anslutningskod läser allt utom "
        "din e-postadress. Ingen annan får veta att ni har anmält intresse.\n\n"
        "Om länken i brevet inte öppnas och bekräftas raderas allt efter sju dagar. Annars raderas det när "
        "arbetsplatsen har anslutits, och senast tolv månader efter den senaste bekräftelsen. Med länken kan du när "
        "som helst läsa allt som är sparat, och ta tillbaka samtycket: då raderas det genast."
    ),
    Language.ENGLISH: (
        "What you write is stored so that those who run Lärande i förändring can get back to you, and so that your "
        "workplace can join. What is stored is the organisation number and name of the workplace, which party you "
        "speak for, the party's name, your name, your function and your e-mail address.\n\n"
        "We never ask for membership. That you speak for a trade union may still tell something about union "
        "membership, which is sensitive personal data. We therefore need your explicit consent (Articles 6(1)(a) and "
        "9(2)(a) of the GDPR).\n\n"
        "The service's system administrator reads it. Whomever you yourself give your joining code reads all of it but "
        "your e-mail address. Nobody else is told that you have registered interest.\n\n"
        "If the link in the mail is not opened and confirmed, everything is erased after seven days. Otherwise it is "
        "erased when the workplace has joined, and at the latest twelve months after the latest confirmation. With the "
        "link you can at any time read everything that is stored, and withdraw your consent: it is then erased at once."
    ),
}


def read(language: Language) -> InterestConsentRead:
    return InterestConsentRead(consent_version=VERSION, language=language, text=TEXTS[language])


def check(version: str) -> None:
    """Consent to an earlier text is none to this one."""
    if version != VERSION:
        raise Refusal(Code.CONSENT_OUTDATED, "/consentVersion")
