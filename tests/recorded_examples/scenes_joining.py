"""Another agency registers interest: first its employer, then a union that was given the code."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.interest_registration import InterestRegistration
from tests.recorded_examples.player import Player

ADMIN = "lars-erik.vinge"
AGENCY = {"organisationNumber": "2021008673", "organisationName": "Myndigheten för kustfyrar"}
EMPLOYER = AGENCY | {
    "side": "employer",
    "partyName": "Myndigheten för kustfyrar",
    "contactName": "Ylva Strömgren",
    "contactFunction": "HR-chef",
    "contactEmail": "ylva.stromgren@kustfyrar.example",
}
UNION = AGENCY | {
    "side": "union",
    "partyName": "Saco-S",
    "contactName": "Åke Lindegård",
    "contactFunction": "Ordförande i lokalföreningen",
    "contactEmail": "ake.lindegard@kustfyrar.example",
}


async def joins(play: Player) -> None:
    """Both confirm the same content, the administrator lets them in; somebody else thinks better of it."""
    with play.showing():
        consent = await play.get(None, "/interest-consent")
        version = {"consentVersion": consent["consentVersion"]}
        await play.post(None, "/interest-registrations", EMPLOYER | version, expect=202)
    employer = await _link(play, EMPLOYER)
    code = (await _confirm(play, employer))["joiningCode"]
    await play.post(None, "/interest-registrations", UNION | version | {"joiningCode": code}, expect=202)
    union = await _link(play, UNION)
    await _confirm(play, union)
    with play.showing():
        await play.post(None, "/interest-links", {"token": employer}, expect=200)
        await _confirm(play, employer)
        listed = await play.get(ADMIN, "/interest-registrations?limit=3")
        path = f"/interest-registrations/{listed['items'][0]['id']}"
        read = await play.get(ADMIN, path)
        await play.step(ADMIN, f"{path}/organisations", {"contentHash": read["contentHash"]})
    for name in ("ta-tillbaka", "raderas"):
        other = EMPLOYER | {"organisationNumber": "2021009945", "contactEmail": f"{name}@kustfyrar.example"}
        await play.post(None, "/interest-registrations", other | version, expect=202)
        await _confirm(play, await _link(play, other))
        if name == "raderas":
            await play.remove(ADMIN, f"/interest-registrations/{await _id(play, other)}")
        else:
            await play.ask(None, "POST", "/interest-withdrawals", {"token": await _link(play, other)}, expect=204)


async def _id(play: Player, registration: dict[str, Any]) -> UUID:
    query = sa.select(col(InterestRegistration.id)).where(
        col(InterestRegistration.contact_email) == registration["contactEmail"]
    )
    async with play.database.read() as session:
        found: UUID = (await session.execute(query)).scalar_one()
    return found


async def _link(play: Player, registration: dict[str, Any]) -> str:
    """What the mail brings."""
    return str(play.app.state.vault.link_token(await _id(play, registration)))


async def _confirm(play: Player, token: str) -> Any:
    read = await play.post(None, "/interest-links", {"token": token}, expect=200)
    confirmation = {"token": token, "contentHash": read["contentHash"]}
    return await play.post(None, "/interest-confirmations", confirmation, expect=200)
