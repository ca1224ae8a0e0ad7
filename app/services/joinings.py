"""What the sides of a workplace that joins agree on, and whether they have. No database and no clock.

As with every joint decision: the same content, confirmed by both sides, by different people. There are no mandates
yet, so a side is its contact, known by an address that only they read.
"""

from collections.abc import Sequence

from app.models.interest_registration import InterestRegistration, JoiningContent, JoiningGap, JoiningParty
from app.models.party import Side
from app.services import content_hash


def content_of(registrations: Sequence[InterestRegistration]) -> JoiningContent:
    """The organisation as the first of them named it, and a party for each, in the order of registering."""
    in_order = sorted(registrations, key=lambda each: each.id)
    return JoiningContent(
        organisation_number=in_order[0].organisation_number,
        organisation_name=in_order[0].organisation_name,
        parties=[
            JoiningParty(
                side=each.side,
                party_name=each.party_name,
                contact_name=each.contact_name,
                contact_function=each.contact_function,
            )
            for each in in_order
        ],
    )


def hash_of(content: JoiningContent) -> str:
    return content_hash.content_hash(content.model_dump(mode="json", by_alias=True))


def gaps(registrations: Sequence[InterestRegistration]) -> list[JoiningGap]:
    """What keeps them from having agreed; nothing, once they have."""
    if not registrations:
        return [JoiningGap.EMPLOYER_SIDE, JoiningGap.UNION_SIDE]
    sides = [each.side for each in registrations]
    wanted = hash_of(content_of(registrations))
    missing = {
        JoiningGap.EMPLOYER_SIDE: Side.EMPLOYER not in sides,
        JoiningGap.UNION_SIDE: Side.UNION not in sides,
        JoiningGap.ONE_EMPLOYER: sides.count(Side.EMPLOYER) > 1,
        JoiningGap.DIFFERENT_NUMBERS: len({each.organisation_number for each in registrations}) > 1,
        JoiningGap.SAME_PARTY_NAME: _repeats([each.party_name for each in registrations]),
        # An address is one person: nobody agrees with themselves.
        JoiningGap.SAME_CONTACT: _repeats([each.contact_email for each in registrations]),
        JoiningGap.CONFIRMATIONS: any(each.confirmed_hash != wanted for each in registrations),
    }
    return [gap for gap, is_there in missing.items() if is_there]


def _repeats(texts: Sequence[str]) -> bool:
    return len({text.lower() for text in texts}) < len(texts)
