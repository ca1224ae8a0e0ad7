"""Signing in, by password, second factor or identity provider."""

from app.api.problem_texts.text import ProblemText, told

ACCESS: dict[str, ProblemText] = {
    # --- sign-in
    "credentialsRefused": told(
        401,
        ("Det gick inte att logga in", "E-postadressen eller lösenordet stämmer inte."),
        ("Sign-in failed", "The e-mail address or the password is not right."),
    ),
    "tooManyAttempts": told(
        429,
        ("För många försök", "Vänta så länge som Retry-After säger och försök igen."),
        ("Too many attempts", "Wait as long as Retry-After says and try again."),
    ),
    "refreshTokenRefused": told(
        401,
        (
            "Inloggningen kan inte förnyas",
            "Logga in igen. Om en gammal token användes har hela inloggningen avslutats.",
        ),
        ("The sign-in cannot be renewed", "Sign in again. If an old token was used, the whole sign-in has been ended."),
    ),
    "invitationRefused": told(
        422,
        ("Länken gäller inte", "Länken är använd, ersatt, för gammal eller okänd. Be om en ny."),
        ("The link is not valid", "The link is used, replaced, too old or unknown. Ask for a new one."),
    ),
    # --- identity providers
    "authorisationRefused": told(
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
    "identityNotLinked": told(
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
    "identityTaken": told(
        409,
        ("Kontot är redan kopplat", "Kontot hos er inloggningstjänst är kopplat till någon annan här."),
        ("The account is linked already", "The account at your identity provider is linked to somebody else here."),
    ),
    "identityProviderAway": told(
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
    "unknownIdentityProvider": told(
        422,
        ("Okänd inloggningstjänst", "Det finns ingen sådan inloggningstjänst som kan användas här."),
        ("Unknown identity provider", "There is no such identity provider that can be used here."),
    ),
    "issuerTaken": told(
        409,
        ("Inloggningstjänsten finns redan", "En inloggningstjänst med samma utfärdare (issuer) är redan registrerad."),
        ("The identity provider exists already", "An identity provider with the same issuer is registered already."),
    ),
    "signsInElsewhere": told(
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
    "domainClaimed": told(
        409,
        ("Domänen finns redan", "Organisationen har redan anmält domänen."),
        ("The domain is there already", "The organisation has claimed the domain already."),
    ),
    "domainTaken": told(
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
    "domainVerified": told(
        409,
        ("Domänen är redan bekräftad", "Ingenting behöver göras."),
        ("The domain is verified already", "Nothing needs to be done."),
    ),
    "domainNotVerified": told(
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
    "domainNotProved": told(
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
    "nameServiceAway": told(
        503,
        ("DNS svarar inte", "Domänen kan inte kontrolleras just nu. Försök igen om en stund."),
        ("DNS does not answer", "The domain cannot be checked now. Try again soon."),
    ),
    "passwordTooCommon": told(
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
    "crossSiteRequest": told(
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
    "signInEnded": told(
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
    "secondFactorRequired": told(
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
    "oneTimeCodeRefused": told(
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
    "secondFactorMissing": told(
        403,
        ("Tvåstegsverifiering krävs", "Slå på den (/me/second-factor). Innan dess går inget annat att göra."),
        ("A second factor is demanded", "Switch it on (/me/second-factor). Until then that is all you can do."),
    ),
    "secondFactorActive": told(
        409,
        ("Tvåstegsverifiering är redan påslagen", "Stäng av den först för att byta app eller telefon."),
        ("The second factor is already on", "Switch it off first to change the app or the phone."),
    ),
    "secondFactorInactive": told(
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
    "signInTooOld": told(
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
    "proofRefused": told(
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
    "invitedRecently": told(
        409,
        ("En inbjudan är redan på väg", "Vänta tio minuter innan du ber om en till."),
        ("An invitation is already on its way", "Wait ten minutes before you ask for another."),
    ),
}
