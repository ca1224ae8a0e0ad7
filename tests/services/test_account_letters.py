"""What people are written about their account: whole in both languages, and a name in it is text and nothing else."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from app.models.columns import Language
from app.services import account_letters
from app.services.account_letters import NOTICES, Notice
from app.services.mail import Letter, letter, link_to
from tests.mail_server import text_of, token_in

LINK = link_to("https://larande.example.se/losenord", "k" * 43)
NAME = 'Åsa <b onclick="x">{0}\r\nBcc: alla@example.se'


def sent(said: Letter, language: Language) -> EmailMessage:
    """As a mail program reads it, from the bytes that are sent."""
    made = letter(
        said,
        to="åsa@example.se",
        sender="Lärande <noreply@example.se>",
        language=language,
        sent_at=datetime(2026, 11, 23, 13, 59, 59, tzinfo=UTC),
        seed=b"1",
    )
    read = email.message_from_bytes(made.as_bytes(), policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


@pytest.mark.parametrize("language", list(Language))
def test_a_link_comes_with_what_it_is_for(language: Language) -> None:
    for say, valid in (
        (account_letters.invitation, {Language.SWEDISH: "sju dagar", Language.ENGLISH: "seven days"}),
        (account_letters.reset, {Language.SWEDISH: "en timme", Language.ENGLISH: "one hour"}),
    ):
        read = sent(say("Åsa Öhrn", LINK, language), language)
        assert read["Content-Language"] == language.value
        assert token_in(read) == "k" * 43
        for kind in ("plain", "html"):
            assert "Åsa Öhrn" in text_of(read, kind)
            assert valid[language] in text_of(read, kind)


@pytest.mark.parametrize("kind", list(Notice))
def test_news_is_whole_in_both_languages_and_holds_no_link(kind: Notice) -> None:
    assert set(NOTICES[kind]) == set(Language)
    texts = {language: text_of(sent(account_letters.notice(kind, "Åsa", language), language)) for language in Language}
    assert texts[Language.SWEDISH].startswith("Hej Åsa!")
    assert texts[Language.ENGLISH].startswith("Hello Åsa,")
    for text in texts.values():
        # Whoever gets used to links in such mails follows those of thieves.
        assert "http" not in text
        assert "#" not in text
    assert len({NOTICES[each][language].subject for each in Notice for language in Language}) == 2 * len(Notice)


@pytest.mark.parametrize("language", list(Language))
def test_a_name_is_text_and_nothing_else(language: Language) -> None:
    for said in (
        account_letters.reset(NAME, LINK, language),
        account_letters.notice(Notice.EMAIL_CHANGED, NAME, language),
    ):
        read = sent(said, language)
        assert read["Bcc"] is None
        assert "<b onclick" not in text_of(read, "html")
        assert "{0}" in text_of(read)
