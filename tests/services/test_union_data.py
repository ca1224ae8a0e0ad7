"""What looks like union membership, in Swedish and English, and what only sounds like it."""

import re
import unicodedata
from pathlib import Path

import pytest

from app.services import union_data
from app.services.personal_numbers import has_personal_number
from app.services.union_data import found_in, looks_like

TOLD = (
    "fackförbund",
    "Fackförbundet ST",
    "fackforbund",
    "FACKFÖRBUND",
    "fackfo\u0308rbund",  # å, ä and ö may come in two characters
    "fackfoerbund",
    "fack\u00adförbund",  # an invisible hyphen
    "fackförbundsmedlem",
    "facklig tillhörighet",
    "fackligt",
    "fackavgift",
    "Facket",
    "union",
    "Unionen",
    "tradeUnion",
    "trade_union",
    "tradeunion",
    "labor-union",
    "unionMember",
    "isUnionMember",
    "union_dues",
    "urn:ietf:params:scim:schemas:extension:union:2.0:User",
    "urn:example:fackforbund:User",
    "OFR",
    "OFR/S,P,O",
    "ofr",
    "Saco",
    "Saco-S",
    "SACO-förbundet",
    "Seko",
    "seko",
    "TCO",
    "ST",
    "st",
    "LO",
    # A union that is called what units are called, beside a word of membership.
    *("Medlem i ST", "medlem i st", "ST-medlem", "memberOfST", "member of the ST", "Kommunal medlem", "Vision medlem"),
    *("medlem i Handels", "Medlemskap: Kommunal", "LO-ansluten", "Visions ombud", "Förbund: Fysioterapeuterna"),
    # The unions at agencies, regions and municipalities.
    *("Akademikerförbundet SSR", "SSR", "Lärarnas Riksförbund", "Sveriges Arbetsterapeuter", "SKTF", "syndikalist"),
    *("Sveriges Läkarförbund", "Vårdförbundet", "Handelsanställdas förbund", "Svenska Kommunalarbetareförbundet"),
    *("Fysioterapeuterna", "Polisförbundet", "Officersförbundet", "Sveriges Skolledare", "DIK", "Forena", "Ledarna"),
    *("AkademikerAlliansen", "Brandmännens riksförbund", "medlemsförbund", "förbund", "PAO", "(ST)", "fack"),
    *("facktillhörighet", "fackförbundstillhörighet", "labor union", "Trade union member", "ST.", "fack_nr"),
    "Vision",
    "personalorganisation",
    "Personalorganisationer",
    "arbetstagarorganisation",
    "förbundstillhörighet",
    "Lärarförbundet",
    "extensionAttribute1 Seko",
    # Names of attributes as programs write them in one.
    *("isunionmember", "memberofunion", "UNIONCODE", "unionid", "unionname", "fackkod", "facknummer", "fackAvdrag"),
    # Unions that are called something else, and other compounds.
    *("Sveriges Ingenjörer", "SverigesIngenjörer", "Sveriges lärare", "Försvarsförbundet", "TULL-KUST", "IF Metall"),
    *("sacoförbundet", "sekoförbundet", "ofrmedlem", "STmedlem", "st-medlem", "ickefacklig", "Unionens", "medlemseko"),
    # Hidden by what is not seen, by marks, and by letters of other scripts that look the same.
    *("Sa\u200bco", "S\u00adeko", "Sa\x01co", "S\u0336a\u0336c\u0336o", "Sa\u034fco", "Sa\ufe0fco", "Sa\u3164co"),
    *(
        "\u0405\u0430\u0441\u043e",
        "f\u0430\u0441k",
        "\u039fFR",
        "\ua731\u1d00\u1d04\u1d0f",
        "s\u0251co",
        "\uff33\uff41\uff43\uff4f",
    ),
    *("\u24e2\u24d0\u24d2\u24de", "\U0001d412\U0001d41a\U0001d41c\U0001d428", "Sek\u00f8"),
    # By figures, by spaces and points, and by the ways in which HTML, addresses and programs write letters.
    *("5aco", "Sac0", "S3ko", "0FR", "f@ck", "f4ckf0rbund", "S a c o", "S.a.c.o", "f-a-c-k", "O.F.R.", "S.T."),
    *("&#102;ack", "S&#x61;co", "fackf&ouml;rbund", "%66ack", "fackf%C3%B6rbund", "\\u0066ack"),
    "Ej medlem\tSeko",
)
NOT_TOLD = (
    "",
    # Codes and names of units.
    *(
        "ST100",
        "ST-01",
        "ST 4",
        "LO-12",
        "HR-ST",
        "Stab ST",
        "Avdelning ST",
        "0457-ST",
        "STAB LO",
        "ST-läkare",
        "S-T 4",
    ),
    *("Vision 2030", "Fack 23", "fack23", "Kommunal samverkan", "DIK-enheten", "SSR-7", "55R", "Transport", "Handels"),
    *("Fysioterapeuterna Norr", "Stöd till Sveriges lärare", "Tull, kust och gräns", "Kommunala medlemmar i nätverk"),
    *("Kommunal förtroendevald", "Medlemsservice och kommunal samverkan", "Räddningstjänstförbundet", "members"),
    *("Försvarsförband", "Ombud och vision", "EU-unionen", "Europaunionen", "Unionsrätt"),
    "Åsa Lindqvist",
    "Provtagningsenheten",
    "Enheten för Europeiska unionen",
    "European Union affairs",
    "Tullunionen",
    "Fackspråk och terminologi",
    "Fackbibliotek",
    "Stab",
    "Ostkusten",
    "Statistik",
    "Vision och strategi",
    "Communion",
    "reunion",
    "Lokalvård",
    "st-eriksgatan",
    "employeeNumber",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "secondment",
    "Sekonda",
    "Personalorganisatör",
    "Fackorgan",
    "Unionsrätt och unionsmedborgare",
    "Transport och logistik",
    "Avdelning S",
    "A B C D",
    "Lab 5A",
    "0fa5ac00-5ac0-4ac0-8f4c-fac000000001",  # an id of Entra ID's
    "E-4711",
    "kim.ek@example.se",
    "Å & Ö 100 %",
    "C:\\users\\ufek",
)


@pytest.mark.parametrize("text", TOLD)
def test_it_is_refused(text: str) -> None:
    assert looks_like(text)
    assert found_in({"attributes": [{"name": text}]})
    if text:
        assert found_in({text: 1})


@pytest.mark.parametrize("text", NOT_TOLD)
def test_it_is_let_through(text: str) -> None:
    assert not looks_like(text)


DOCS = Path(__file__).parents[2] / "docs" / "union-data.md"
TABLE = ("WORDS", "BEGINNINGS", "PARTS", "PHRASES", "ALONE", "BESIDE", "MEMBERSHIP")


def _folded(cell: str) -> set[str]:
    """The words of a cell as the code has them; what is said of one in brackets is not one."""
    without_notes = re.sub(r" \(.*?\)", "", cell)
    decomposed = unicodedata.normalize("NFD", without_notes.lower().replace("-", " "))
    plain = "".join(each for each in decomposed if not unicodedata.combining(each))
    return {each.strip() for each in plain.split(",")}


def test_the_document_has_the_words_that_the_code_has_in_both_languages() -> None:
    rows = [
        line.split(" | ")[1].removesuffix(" |") for line in DOCS.read_text().splitlines() if re.match(r"\| \w", line)
    ]
    english, swedish = rows[: len(TABLE)], rows[len(TABLE) :]
    for name, *cells in zip(TABLE, english, swedish, strict=True):
        words = set(getattr(union_data, name))
        for cell in cells:
            documented = _folded(cell)
            if name != "MEMBERSHIP":
                documented = {each.strip("…") for each in documented}
            assert documented == words, name


def test_people_are_called_what_they_are_called() -> None:
    for name in ("Lo Andersson", "Lo", "Kim ST", "Vision Svensson"):
        assert not looks_like(name, of_a_person=True)
    assert looks_like("Åsa Lindqvist (Saco-S)", of_a_person=True)
    assert looks_like("Åsa Lindqvist, medlem i ST", of_a_person=True)
    assert not looks_like("lo@member.example", of_a_person=True)
    named = frozenset({"displayname"})
    assert not found_in({"displayName": "Lo"}, people_named_by=named)
    assert found_in({"displayName": "Lo"})
    assert found_in({"displayName": "Lo", "department": "Lo"}, people_named_by=named)


def test_deep_and_odd_content_is_looked_through() -> None:
    deep: object = "Seko"
    for _ in range(5000):
        deep = [deep]
    assert found_in(deep)
    assert not found_in([None, 1, True, {"a": None}])


@pytest.mark.parametrize(
    "text",
    [
        *("19811218-9876", "198112189876", "8112189876", "811218-9876", "811218+9876", "SE811218-9876", "811278-9873"),
        # As word processors and other keyboards write it.
        *(
            "811218\u20139876",
            "811218\u00ad9876",
            "811218\u00a09876",
            "\uff18\uff11\uff11\uff12\uff11\uff18-\uff19\uff18\uff17\uff16",
        ),
    ],
)
def test_a_personal_identity_number_is_no_id(text: str) -> None:
    assert has_personal_number(text)
    assert has_personal_number(f"id {text}")


@pytest.mark.parametrize(
    "text", ["811218-9877", "19811318-9876", "2021990417", "E-4711", "", "b81121898760", "0811218-98760", "oid-1"]
)
def test_another_number_may_be_one(text: str) -> None:
    assert not has_personal_number(text)


def test_an_object_id_is_one_whatever_its_digits_are() -> None:
    """One of forty thousand ends in what would pass for a number of somebody; its owner could never be synced."""
    assert not has_personal_number("6dad3fd5-22e2-4439-a818-3608758557ac")
    assert not has_personal_number("entra:6dad3fd5-22e2-4439-a818-360875855700")
    assert has_personal_number("6dad3fd5-22e2-4439-a818-3608758557ac 811218-9876")
