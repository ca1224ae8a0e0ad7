"""What sessions ask of dialogue templates."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.models.dialogue_template import DialogueTemplate
from app.services.actor import Actor, Seat
from app.services.dialogue_templates import columns_of, published_template, question_kinds, title_of
from app.services.errors import Refusal
from app.services.pack_reading import read_pack, shipped
from app.services.work import Work
from tests.templates import LIST, app_with_content, drafted, published
from tests.world import World


@pytest.fixture(scope="module")
async def app(anyio_backend: str) -> AsyncIterator[FastAPI]:  # noqa: ARG001
    async with asynccontextmanager(app_with_content)() as app:
        yield app


def test_the_title_is_in_a_language_that_is_written() -> None:
    content = read_pack(shipped()).templates[0].content
    now = datetime.now(UTC)
    template = DialogueTemplate(key="vart-satt", template_version="1.0.0", created_at=now, **columns_of(content))
    assert title_of(template) == "Det väl utförda arbetet"
    template.title = {"sv": None, "en": "Our way"}
    assert title_of(template) == "Our way"


async def test_sessions_follow_published_versions_only(world: World) -> None:
    draft = await drafted(world, "1.1.0")
    made = await published(world, "1.2.0")
    async with World(world.app) as other:
        theirs = await published(other)
    party, mandate = world.saco, world.saco_rep.mandate
    assert mandate is not None
    seat = Seat(mandate.id, party.id, party.side, world.organisation.id, None)
    actor = Actor(world.saco_rep.person.id, world.organisation.id, seats=(seat,))
    async with world.database.read() as session:
        work = Work(session, actor, datetime.now(UTC))
        template = await published_template(work, UUID(made["id"]))
        assert question_kinds(template) == {
            "q1": "none",
            "q2": "group",
            "q3": "group",
            "q4": "group",
            "q5": "action",
            "q6": "action",
        }
        await world.saco_rep.client.step(f"{LIST}/{made['id']}/transitions", {"to": "retired"})
    async with world.database.read() as session:
        work = Work(session, actor, datetime.now(UTC))
        for refused_id in (UUID(draft["id"]), UUID(made["id"]), UUID(theirs["id"]), uuid4()):
            with pytest.raises(Refusal) as refused:
                await published_template(work, refused_id)
            assert [(each.pointer, each.code) for each in refused.value.fields] == [
                ("/dialogueTemplateId", "unknownTemplate")
            ]
