"""What contacts who have registered interest are written: the same words to everybody, and a link."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.models.columns import Language
from app.services.account_letters import IGNORE, SERVICE
from app.services.mail import Letter


@dataclass(frozen=True)
class _Said:
    subject: str
    text: str
    then: str


_GREETING = {Language.SWEDISH: "Hej!", Language.ENGLISH: "Hello,"}
_CALL = {Language.SWEDISH: "Läs och bekräfta", Language.ENGLISH: "Read and confirm"}
_PERSONAL = {
    Language.SWEDISH: "Länken är din. Den som har den kan bekräfta för er part och ta tillbaka anmälan: skicka den "
    "inte vidare.",
    Language.ENGLISH: "The link is yours. Whoever has it can confirm for your party and withdraw the registration: "
    "please do not pass it on.",
}
_OPENING: Mapping[Language, _Said] = {
    Language.SWEDISH: _Said(
        f"Bekräfta er intresseanmälan till {SERVICE}",
        f"Någon, förmodligen du, har anmält en arbetsplats intresse för {SERVICE} och angett den här adressen. Läs vad "
        "som är anmält och bekräfta det med länken. Den gäller i sju dagar.",
        "Var det inte du behöver du inte göra något: det som är sparat raderas då av sig självt. Vill du radera det "
        "genast kan du göra det med länken.",
    ),
    Language.ENGLISH: _Said(
        f"Confirm your registration of interest in {SERVICE}",
        f"Somebody, probably you, has registered a workplace's interest in {SERVICE} and given this address. Read what "
        "is registered and confirm it with the link. It is valid for seven days.",
        "If it was not you, there is nothing you need to do: what is stored is then erased by itself. If you want it "
        "erased at once, you can do that with the link.",
    ),
}
_CHANGE: Mapping[Language, _Said] = {
    Language.SWEDISH: _Said(
        "Läs och bekräfta på nytt",
        f"Det som ni har bekräftat för att ansluta er arbetsplats till {SERVICE} har ändrats: en part har kommit till "
        "eller dragit sig ur. Läs det som gäller nu. Arbetsplatsen kan anslutas när alla parter har bekräftat samma "
        "innehåll.",
        "Känner du inte igen den andra parten: bekräfta inte.",
    ),
    Language.ENGLISH: _Said(
        "Please read and confirm again",
        f"What you have confirmed so that your workplace can join {SERVICE} has changed: a party has come or gone. "
        "Please read what holds now. The workplace can join once all parties have confirmed the same content.",
        "If you do not recognise the other party, do not confirm.",
    ),
}


def opening(link: str, language: Language) -> Letter:
    return _letter(_OPENING[language], link, language)


def change(link: str, language: Language) -> Letter:
    return _letter(_CHANGE[language], link, language)


def _letter(said: _Said, link: str, language: Language) -> Letter:
    return Letter(
        subject=said.subject,
        heading=said.subject,
        opening=[_GREETING[language], said.text],
        call=(_CALL[language], link),
        closing=[said.then, _PERSONAL[language], IGNORE[language]],
    )
