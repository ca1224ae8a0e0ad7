"""What people are written about their account: a link to set a password, and notice of what has changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.models.columns import Language
from app.services.mail import Letter


class Notice(StrEnum):
    """What a person is told of afterwards, so that they hear of it when it was not they who did it."""

    PASSWORD_CHANGED = "passwordChanged"  # noqa: S105
    EMAIL_CHANGED = "emailChanged"
    SECOND_FACTOR_ADDED = "secondFactorAdded"
    SECOND_FACTOR_REMOVED = "secondFactorRemoved"
    SECOND_FACTOR_RESET = "secondFactorReset"
    RECOVERY_CODES_RENEWED = "recoveryCodesRenewed"
    RECOVERY_CODE_USED = "recoveryCodeUsed"
    CODES_GUESSED = "codesGuessed"
    IDENTITY_LINKED = "identityLinked"
    MANDATE_SUSPENDED = "mandateSuspended"
    PARTY_WITHOUT_REPRESENTATIVE = "partyWithoutRepresentative"
    WEBHOOK_PAUSED = "webhookPaused"


@dataclass(frozen=True)
class _Said:
    subject: str
    text: str
    not_you: str | None = None
    """What to do if it was somebody else, where a new password is no help."""


SERVICE = "Lärande i förändring"

_GREETING = {Language.SWEDISH: "Hej {name}!", Language.ENGLISH: "Hello {name},"}
IGNORE = {
    Language.SWEDISH: "Det här meddelandet har skickats automatiskt och går inte att svara på.",
    Language.ENGLISH: "This message was sent automatically; replies to it are not read.",
}
_CALL = {Language.SWEDISH: "Välj lösenord", Language.ENGLISH: "Choose a password"}
_PERSONAL = {
    Language.SWEDISH: "Länken är din och kan användas en gång. Skicka den inte vidare.",
    Language.ENGLISH: "The link is yours and works once. Please do not pass it on.",
}
_INVITATION = {
    Language.SWEDISH: _Said(
        f"Välkommen till {SERVICE}",
        f"Du har fått ett konto i {SERVICE}, där arbetsgivare och fack samtalar om lärande i arbetet. Välj ett "
        "lösenord med länken, så kan du logga in. Den gäller i sju dagar.",
    ),
    Language.ENGLISH: _Said(
        f"Welcome to {SERVICE}",
        f"You have been given an account in {SERVICE}, where employer and unions talk about learning at work. Choose a "
        "password with the link and you can sign in. It is valid for seven days.",
    ),
}
_RESET = {
    Language.SWEDISH: _Said(
        "Välj ett nytt lösenord",
        f"Någon, förmodligen du, har bett om ett nytt lösenord till {SERVICE}. Länken gäller i en timme. Var det inte "
        "du behöver du inte göra något: lösenordet är detsamma så länge ingen använder länken. Har du "
        "tvåstegsverifiering behövs den som vanligt när du loggar in.",
    ),
    Language.ENGLISH: _Said(
        "Choose a new password",
        f"Somebody, probably you, has asked for a new password for {SERVICE}. The link is valid for one hour. If it "
        "was not you, there is nothing you need to do: the password stays as it is while nobody uses the link. If you "
        "have a second factor, it is asked for as usual when you sign in.",
    ),
}
_NOT_YOU = {
    Language.SWEDISH: "Var det du behöver du inte göra något. Var det inte du: välj ett nytt lösenord genast, och hör "
    "av dig till den som förvaltar tjänsten hos er.",
    Language.ENGLISH: "If it was you, there is nothing you need to do. If it was not: choose a new password at once, "
    "and tell whoever runs the service at your workplace.",
}
NOTICES: Mapping[Notice, Mapping[Language, _Said]] = {
    Notice.PASSWORD_CHANGED: {
        Language.SWEDISH: _Said(
            "Ditt lösenord har ändrats",
            f"Lösenordet till ditt konto i {SERVICE} har ändrats. Andra inloggningar har avslutats.",
        ),
        Language.ENGLISH: _Said(
            "Your password has been changed",
            f"The password of your account in {SERVICE} has been changed. Other sign-ins have been ended.",
        ),
    },
    Notice.EMAIL_CHANGED: {
        Language.SWEDISH: _Said(
            "Din e-postadress har ändrats",
            f"Ditt konto i {SERVICE} har fått en annan e-postadress. Det här är det sista meddelandet som skickas till "
            "den gamla.",
        ),
        Language.ENGLISH: _Said(
            "Your e-mail address has been changed",
            f"Your account in {SERVICE} has another e-mail address now. This is the last message to this one.",
        ),
    },
    Notice.SECOND_FACTOR_ADDED: {
        Language.SWEDISH: _Said(
            "Tvåstegsverifiering är påslagen",
            f"När du loggar in i {SERVICE} behövs från och med nu också en engångskod. Andra inloggningar har "
            "avslutats.",
        ),
        Language.ENGLISH: _Said(
            "Your second factor is on",
            f"From now on, signing in to {SERVICE} also takes a one-time code. Other sign-ins have been ended.",
        ),
    },
    Notice.SECOND_FACTOR_REMOVED: {
        Language.SWEDISH: _Said(
            "Tvåstegsverifiering är avstängd",
            f"När du loggar in i {SERVICE} behövs nu bara lösenordet. Andra inloggningar har avslutats.",
        ),
        Language.ENGLISH: _Said(
            "Your second factor is off",
            f"Signing in to {SERVICE} now takes the password alone. Other sign-ins have been ended.",
        ),
    },
    Notice.SECOND_FACTOR_RESET: {
        Language.SWEDISH: _Said(
            "Tvåstegsverifiering har återställts",
            f"Den som förvaltar {SERVICE} hos er har stängt av tvåstegsverifieringen för ditt konto. Alla inloggningar "
            "har avslutats. Slå gärna på den igen när du har loggat in.",
        ),
        Language.ENGLISH: _Said(
            "Your second factor has been reset",
            f"Whoever runs {SERVICE} at your workplace has switched off the second factor of your account. All "
            "sign-ins have been ended. Please switch it on again once you have signed in.",
        ),
    },
    Notice.RECOVERY_CODES_RENEWED: {
        Language.SWEDISH: _Said(
            "Nya reservkoder",
            f"Ditt konto i {SERVICE} har fått nya reservkoder. De gamla gäller inte längre.",
        ),
        Language.ENGLISH: _Said(
            "New recovery codes",
            f"Your account in {SERVICE} has new recovery codes. The old ones no longer count.",
        ),
    },
    Notice.RECOVERY_CODE_USED: {
        Language.SWEDISH: _Said(
            "En reservkod har använts",
            f"En av reservkoderna till ditt konto i {SERVICE} har använts. Den gäller inte längre.",
        ),
        Language.ENGLISH: _Said(
            "A recovery code has been used",
            f"One of the recovery codes of your account in {SERVICE} has been used. It no longer counts.",
        ),
    },
    Notice.CODES_GUESSED: {
        Language.SWEDISH: _Said(
            "Någon känner till ditt lösenord",
            f"Någon har skrivit rätt lösenord till ditt konto i {SERVICE} men flera gånger fel engångskod, och har "
            "inte kommit in.",
        ),
        Language.ENGLISH: _Said(
            "Somebody knows your password",
            f"Somebody has given the right password for your account in {SERVICE} but a wrong one-time code several "
            "times, and has not got in.",
        ),
    },
    Notice.IDENTITY_LINKED: {
        Language.SWEDISH: _Said(
            "Du loggar in på ett nytt sätt",
            f"Ett konto i er inloggningstjänst har kopplats till ditt konto i {SERVICE}. Från och med nu loggar du in "
            "med det. Hade du ett lösenord här, eller ett annat konto hos samma inloggningstjänst, gäller det inte "
            "längre.",
            "Var det du behöver du inte göra något. Var det inte du: hör genast av dig till den som förvaltar "
            "tjänsten hos er.",
        ),
        Language.ENGLISH: _Said(
            "You sign in another way now",
            f"An account at your identity provider has been linked to your account in {SERVICE}. From now on you sign "
            "in with that. If you had a password here, or another account at the same provider, it no longer counts.",
            "If it was you, there is nothing you need to do. If it was not: tell whoever runs the service at your "
            "workplace at once.",
        ),
    },
    Notice.MANDATE_SUSPENDED: {
        Language.SWEDISH: _Said(
            "Ett uppdrag för er part vilar",
            "Enligt arbetsgivarens personalsystem har någon som företräder er part slutat. Uppdraget vilar därför: "
            f"personen kan inte företräda er i {SERVICE} förrän ni återupptar det. Logga in för att se vilket uppdrag "
            "det gäller.",
            "Har personen slutat behöver ni inte göra något, men ni kan avsluta uppdraget och utse någon annan. Är "
            "personen kvar: be arbetsgivaren att rätta uppgiften och återuppta sedan uppdraget.",
        ),
        Language.ENGLISH: _Said(
            "A mandate for your party is suspended",
            "According to the employer's HR system, somebody who speaks for your party has left. Their mandate is "
            f"therefore suspended: they cannot speak for you in {SERVICE} until you resume it. Sign in to see which "
            "mandate it is.",
            "If the person has left, there is nothing you need to do, but you can end the mandate and appoint somebody "
            "else. If they have not: ask the employer to correct it, and then resume the mandate.",
        ),
    },
    Notice.PARTY_WITHOUT_REPRESENTATIVE: {
        Language.SWEDISH: _Said(
            "En part har ingen som företräder den",
            "Enligt arbetsgivarens personalsystem har den som sist företrädde en av parterna slutat. Den parten kan "
            f"därför inte göra något i {SERVICE} förrän någon företräder den igen.",
            "Har personen inte slutat, be arbetsgivaren rätta uppgiften. Annars behöver du inte göra något förrän "
            "parten hör av sig: då kan du lägga in den som parten har utsett som dess första företrädare.",
        ),
        Language.ENGLISH: _Said(
            "A party has nobody who speaks for it",
            "According to the employer's HR system, the last person who spoke for one of the parties has left. Until "
            f"somebody speaks for it again, that party can do nothing in {SERVICE}.",
            "If the person has not left, ask the employer to correct it. Otherwise there is nothing you need to do "
            "until the party contacts you: you can then enter whomever it has appointed as its first representative.",
        ),
    },
    Notice.WEBHOOK_PAUSED: {
        Language.SWEDISH: _Said(
            "En webhook har pausats",
            f"Meddelanden om ändringar från {SERVICE} kommer inte fram till en av mottagarna. Den har pausats; det som "
            "inte har skickats sparas i 30 dagar.",
            "Se vilken det är hos tjänsteklienterna, och återuppta den när mottagaren fungerar.",
        ),
        Language.ENGLISH: _Said(
            "A webhook has been paused",
            f"Messages about changes from {SERVICE} do not arrive at one of the endpoints. It has been paused; what "
            "has not been sent is kept for 30 days.",
            "Look for it among the service clients, and resume it when the receiver works again.",
        ),
    },
}


def invitation(name: str, link: str, language: Language) -> Letter:
    return _with_link(_INVITATION[language], name, link, language)


def reset(name: str, link: str, language: Language) -> Letter:
    return _with_link(_RESET[language], name, link, language)


def notice(kind: Notice, name: str, language: Language) -> Letter:
    said = NOTICES[kind][language]
    return Letter(
        subject=f"{said.subject} – {SERVICE}",
        heading=said.subject,
        opening=[_GREETING[language].format(name=name), said.text],
        call=None,
        closing=[said.not_you or _NOT_YOU[language], IGNORE[language]],
    )


def _with_link(said: _Said, name: str, link: str, language: Language) -> Letter:
    return Letter(
        subject=said.subject,
        heading=said.subject,
        opening=[_GREETING[language].format(name=name), said.text],
        call=(_CALL[language], link),
        closing=[_PERSONAL[language], IGNORE[language]],
    )
