"""What a release says in words: for those who do not see a chart, in Swedish and English, from what is shown alone."""

from app.services.disclosure import Bound, Shown

Text = dict[str, str]

TOTAL_NAME: Text = {"sv": "Helheten", "en": "Overall"}
SUPPRESSED: Text = {
    "sv": "Resultatet visas inte, till skydd för dem som har svarat.",
    "en": "The result is not shown, to protect those who answered.",
}
NO_DISTRIBUTION: Text = {
    "sv": "Fördelningen visas inte, till skydd för dem som har svarat.",
    "en": "The distribution is not shown, to protect those who answered.",
}
NEARLY_EVERYONE: Text = {
    "sv": "Alla eller nästan alla inbjudna ingår.",
    "en": "Everyone or nearly everyone invited is included.",
}
NON_RESPONSE: Text = {
    "sv": "Många har inte svarat. Osäkerheten som anges täcker inte hur deras svar kan skilja sig.",
    "en": "Many did not answer. The uncertainty stated does not cover how their answers may differ.",
}
_MEANT: dict[Bound, Text] = {
    Bound.ABOUT: {"sv": "{}", "en": "{}"},
    Bound.AT_MOST: {"sv": "{} eller mindre", "en": "{} or less"},
    Bound.AT_LEAST: {"sv": "{} eller mer", "en": "{} or more"},
    Bound.BELOW: {"sv": "under {}", "en": "below {}"},
    Bound.ABOVE: {"sv": "över {}", "en": "above {}"},
}


def joined(*texts: Text | None, between: str = " ") -> Text:
    """Sentences one after the other; what is None is left out."""
    return {language: between.join(text[language] for text in texts if text) for language in ("sv", "en")}


def number(shown: Shown) -> Text:
    return {language: words.format(shown.value) for language, words in _MEANT[shown.bound].items()}


def percent(shown: Shown) -> Text:
    signs = {"sv": f"{shown.value} %", "en": f"{shown.value}%"}
    return {language: words.format(signs[language]) for language, words in _MEANT[shown.bound].items()}


def index(name: Text, shown: Shown, zone: Text | None, *, provisional: bool) -> Text:
    value = number(shown)
    sv, en = (
        f"{name['sv']}: {value['sv']} på en skala från 0 till 100",
        f"{name['en']}: {value['en']} on a scale from 0 to 100",
    )
    if zone is not None:
        sv += f", {'preliminär ' if provisional else ''}samtalszon ”{zone['sv']}”"
        en += f", {'provisional ' if provisional else ''}conversation zone “{zone['en']}”"
    return {"sv": f"{sv}.", "en": f"{en}."}


def interval(low: int, high: int) -> Text:
    return {"sv": f"Osäkerhetsintervall {low}–{high}.", "en": f"Uncertainty interval {low}–{high}."}


def bands(favourable: Shown, neutral: Shown | None, unfavourable: Shown) -> Text:
    favour, against = percent(favourable), percent(unfavourable)
    middle = percent(neutral) if neutral else None
    return {
        "sv": f"Gynnsamma svar: {favour['sv']}"
        + (f", varken eller: {middle['sv']}" if middle else "")
        + f", ogynnsamma: {against['sv']}.",
        "en": f"Favourable answers: {favour['en']}"
        + (f", neutral: {middle['en']}" if middle else "")
        + f", unfavourable: {against['en']}.",
    }


def points(shares: list[tuple[int, Shown]]) -> Text:
    each = [{language: f"{point}: {text}" for language, text in percent(share).items()} for point, share in shares]
    listed = joined(*each, between=", ")
    return {"sv": f"Svar på skalan: {listed['sv']}.", "en": f"Answers on the scale: {listed['en']}."}


def dont_know(share: Shown) -> Text:
    text = percent(share)
    return {"sv": f"Vet ej: {text['sv']}.", "en": f"Don't know: {text['en']}."}


def statement(text: Text) -> Text:
    """A questionnaire's statement, quoted."""
    return {"sv": f"”{text['sv']}”", "en": f"“{text['en']}”"}


def unit(band: tuple[int, int | None], participation: Shown) -> Text:
    low, high = band
    share = percent(participation)
    return {
        "sv": f"{f'{low}–{high}' if high else f'{low} eller fler'} svarande, deltagande {share['sv']}.",
        "en": f"{f'{low}–{high}' if high else f'{low} or more'} respondents, participation {share['en']}.",
    }


def no_assured_change(name: Text) -> Text:
    return {
        "sv": f"{name['sv']}: ingen säkerställd förändring sedan den tidigare mätningen.",
        "en": f"{name['en']}: no assured change since the earlier round.",
    }


def change(name: Text, before: Shown, now: Shown) -> Text:
    old, new = number(before), number(now)
    return {
        "sv": f"{name['sv']}: säkerställd förändring från {old['sv']} till {new['sv']}.",
        "en": f"{name['en']}: assured change from {old['en']} to {new['en']}.",
    }


def compared(name: Text, index: Shown) -> Text:
    value = number(index)
    return {"sv": f"{name['sv']} {value['sv']}", "en": f"{name['en']} {value['en']}"}
