"""An open survey round put up by hand: an instrument, a frozen tree of two units, a key, and invitations."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col

from app.models.columns import Language
from app.models.instrument import Instrument
from app.models.instrument_content import InstrumentContent
from app.models.organisation import ApprovalRule, Organisation
from app.models.party import Party, Side
from app.models.survey_ballot import SealedResponse, SurveyInvitation
from app.models.survey_round import SurveyRound, SurveyRoundState, SurveyUnit
from app.models.unit import Unit
from app.models.working_group import WorkingGroup, WorkingGroupLevel, WorkingGroupState
from app.services import ballot
from app.services.ballot import Ballot, BallotKeys
from app.services.content_hash import content_hash
from app.services.instrument_content import layout_of
from app.services.survey_opening import RULES
from tests.database import Database
from tests.world import organisation_number

ITEMS = [f"{dimension}{number}" for number in (1, 2, 3) for dimension in "ABCDEF"] + ["G1"]
QUESTION = "Q1"


def _texts(name: str) -> dict[str, str]:
    return {"sv": f"{name} på svenska", "en": f"{name} in English"}


def instrument_content(**changes: Any) -> dict[str, Any]:
    """Six dimensions of three items, one that stands alone, five points and don't know, and an open question."""
    content: dict[str, Any] = {
        "title": _texts("Titel"),
        "description": _texts("Beskrivning"),
        "languages": ["sv", "en"],
        "provenance": "Skrivet för proven.",
        "licence": "CC0-1.0",
        "validation": {"validated": False, "text": _texts("Oprövat")},
        "instruction": _texts("Instruktion"),
        "privacyNotices": [_texts("Först"), _texts("Sedan")],
        "scale": {
            "points": [{"value": value, "label": _texts(f"Punkt {value}")} for value in range(1, 6)],
            "dontKnow": _texts("Vet ej"),
        },
        "dimensions": [
            {"key": key, "name": _texts(key), "description": _texts(key), "climateDimension": key} for key in "ABCDEF"
        ],
        "items": [
            {
                "id": each,
                "dimensionKey": each[0] if each != "G1" else None,
                "reversed": each[1] == "3",
                "text": _texts(each),
                "purpose": _texts("Skäl") if each == "G1" else None,
            }
            for each in ITEMS
        ],
        "openQuestions": [{"id": QUESTION, "text": _texts("Fråga"), "maxCharacters": 200}],
        "scoring": {
            "minAnsweredItems": 2,
            "minAnsweredDimensions": 5,
            "zones": [{"key": "explore", "fromIndex": 0, "text": _texts("Zon")}],
            "zonesProvisional": True,
        },
    } | changes
    InstrumentContent.model_validate(content)
    return content


@dataclass
class SurveyStage:
    """A round of one organisation; tokens are kept here alone, in the order of the invitations."""

    database: Database
    survey_round: SurveyRound
    units: list[UUID]
    keys: BallotKeys
    content: InstrumentContent
    tokens: list[str] = field(default_factory=list)

    @property
    def round_id(self) -> UUID:
        return self.survey_round.id

    async def invite(self, how_many: int, unit: int = 1) -> list[str]:
        """New tokens for one of the units."""
        made = [ballot.new_token() for _ in range(how_many)]
        async with self.database.write() as session:
            session.add_all(
                SurveyInvitation(
                    token_hash=ballot.token_hash(token), survey_round_id=self.round_id, unit_id=self.units[unit]
                )
                for token in made
            )
        self.tokens += made
        return made

    async def change(self, **values: Any) -> None:
        """Another state or other times, as closing or an amendment would set them."""
        async with self.database.write() as session:
            await session.execute(sa.update(SurveyRound).where(col(SurveyRound.id) == self.round_id).values(**values))

    async def boxes(self) -> list[bytes]:
        """As they lie in the table."""
        query = (
            sa.select(col(SealedResponse.ciphertext))
            .where(col(SealedResponse.survey_round_id) == self.round_id)
            .order_by(sa.text("ctid"))
        )
        async with self.database.read() as session:
            return list((await session.execute(query)).scalars())

    async def used(self) -> set[bytes]:
        """The hashes of the tokens that are used up."""
        query = sa.select(col(SurveyInvitation.token_hash)).where(
            col(SurveyInvitation.survey_round_id) == self.round_id, col(SurveyInvitation.used)
        )
        async with self.database.read() as session:
            return set((await session.execute(query)).scalars())

    async def ballots(self) -> list[Ballot]:
        """What is in the boxes; only a test and a closing hold the key."""
        layout = layout_of(self.content, self.survey_round.free_text)
        return [ballot.decode(layout, self.keys.open(box)) for box in await self.boxes()]


async def open_round(database: Database, *, two_keys: bool = False, **more: Any) -> SurveyStage:
    """An open round of a new organisation; `content` for another instrument, the rest for the round's row."""
    now = datetime.now(UTC)
    content = more.pop("content", None) or instrument_content()
    secrets = [ballot.new_secret() for _ in range(3 if two_keys else 1)]
    publics = [ballot.public_key_of(secret) for secret in secrets]
    organisation = Organisation(
        organisation_number=organisation_number(),
        name=f"Myndigheten för mätning {uuid4().hex[:8]}",
        approval_rule=ApprovalRule.EVERY,
        languages=[Language.SWEDISH],
        created_at=now,
    )
    units = [
        Unit(organisation_id=organisation.id, valid_from=now.date(), headcount=20, created_at=now) for _ in range(2)
    ]
    party = Party(organisation_id=organisation.id, side=Side.UNION, name="Förbundet", created_at=now)
    group = WorkingGroup(
        organisation_id=organisation.id,
        name="Lärgruppen",
        purpose="Att mäta.",
        scope_unit_id=units[0].id,
        level=WorkingGroupLevel.WORKPLACE,
        approval_rule=ApprovalRule.EVERY,
        dormancy_interval_days=180,
        state=WorkingGroupState.ACTIVE,
        proposed_by_party_id=party.id,
        content_hash="0" * 64,
        started_at=now,
        created_at=now,
    )
    instrument = Instrument(
        key=f"prov-{uuid4().hex[:8]}",
        instrument_version="1.0.0",
        languages=[Language(each) for each in content["languages"]],
        title=content["title"],
        content=content,
        content_hash=content_hash(content),
        published_at=now,
        created_at=now,
    )
    survey_round = SurveyRound(
        organisation_id=organisation.id,
        working_group_id=group.id,
        title="Provmätning",
        instrument_id=instrument.id,
        root_unit_id=units[0].id,
        two_keys=two_keys,
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=7),
        public_key=publics[0],
        employer_public_key=publics[1] if two_keys else None,
        union_public_key=publics[2] if two_keys else None,
        content={"rules": RULES},
        content_hash="0" * 64,
        created_at=now,
    )
    for name, value in more.items():
        setattr(survey_round, name, value)
    async with database.write() as session:
        for row in (organisation, *units, party, group, instrument, survey_round):
            session.add(row)
            await session.flush()
        for position, unit in enumerate(units):
            session.add(
                SurveyUnit(
                    survey_round_id=survey_round.id,
                    unit_id=unit.id,
                    position=position,
                    parent_id=units[0].id if position else None,
                    name=f"Enhet {position}",
                    headcount=20,
                )
            )
        await session.flush()
        # The tree is put up while the round is a draft; from its opening on it is frozen.
        survey_round.state, survey_round.opened_at = SurveyRoundState.OPEN, now
    return SurveyStage(
        database,
        survey_round,
        [unit.id for unit in units],
        BallotKeys(secrets),
        InstrumentContent.model_validate(content),
    )
