"""A world with something of everything in every state, for the authorisation matrix."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from app.models.action import Action
from app.models.approval import Approval
from app.models.audit_entry import Audience, AuditEntry
from app.models.base import Table
from app.models.calendar_feed import CalendarFeed
from app.models.central_aggregate import CentralAggregate
from app.models.destruction import Destruction
from app.models.dialogue_session import DialogueSession
from app.models.dialogue_template import DialogueTemplate, DialogueTemplateState
from app.models.followed_guide import FollowedGuide
from app.models.inspiration_item import InspirationItem
from app.models.instrument import Instrument, InstrumentState
from app.models.mandate import Mandate
from app.models.organisation import Organisation
from app.models.party import Party, PartyState, Side
from app.models.party_note import PartyNote
from app.models.person import Person, Role
from app.models.process_guide import ProcessGuide
from app.models.second_factor import SecondFactor
from app.models.session_record import SessionRecord
from app.models.sign_in import Credential, PersonInvitation, SignIn
from app.models.statement import Statement
from app.models.survey_invitation_batch import SurveyInvitationBatch
from app.models.survey_reminder import SurveyReminder
from app.models.survey_round import SurveyRound
from app.models.unit import Unit
from app.models.working_group import WorkingGroup
from app.services import central_aggregates, content_packs, one_time_codes, passwords, second_factors
from app.services.calendar import swedish_day
from app.services.vault import Vault
from tests import (
    guide_stage,
    identity_stage,
    learning_stage,
    reminder_stage,
    retention_stage,
    service_client_stage,
    stories,
    survey_stage,
    text_stage,
)
from tests.content import shipped_pack
from tests.guide_stories import followed_guide
from tests.mail_stage import a_round
from tests.retention_stories import a_destruction
from tests.signing_in import PASSWORD
from tests.world import World


class Stage:
    """Rows by a name that says what they are and in which state; `shut` becomes an organisation that has closed."""

    def __init__(self, world: World, shut: World) -> None:
        self.world = world
        self.shut = shut
        self.rows: dict[str, Table] = {}
        self.withheld: dict[UUID, str] = {}
        """Of the texts of a round, one that Saco-S withholds or has withheld."""
        self.employer_words = ""
        self.unguided: WorkingGroup
        """A group that has started and follows no guide."""
        self.survey_token = ""
        self.tags: dict[str, str] = {}
        """Versions of what an organisation has one of, by the last part of its address."""
        """Of a slip that nobody has used."""
        self.secret = one_time_codes.new_secret()
        """Of everyone's second factor."""

    async def build(self) -> "Stage":
        await service_client_stage.build(self)
        await self._organisation()
        await self._central()
        await self._sign_ins()
        started = await stories.started_group(self.world)
        await self._mandates(started)
        await self._sessions(started)
        await self._records(started)
        await self._groups(started)
        await self._one_for_two_unions()
        await service_client_stage.one_for_two_unions(self)
        await survey_stage.build(self, started)
        await text_stage.build(self, started)
        await self._invited(started)
        await retention_stage.build(self)
        await guide_stage.build(self, started)
        await learning_stage.build(self, started)
        await self._calendars(started)
        await reminder_stage.build(self, started)
        await self._closed()
        await self._templates()
        await self._instruments()
        await identity_stage.build(self)
        await self._entries()
        await self._secrets()
        await service_client_stage.plan_units(self)
        for part in ("import-mapping", "unit-tree"):
            self.tags[part] = await self.world.administrator.client.etag(f"{self.world.path}/{part}")
        return self

    async def keep(self, name: str, row_type: type[Table], row_id: Any) -> None:
        async with self.world.database.read() as session:
            row = await session.get(row_type, row_id if isinstance(row_id, tuple) else UUID(str(row_id)))
        assert row is not None
        self.rows[name] = row

    async def _central(self) -> None:
        """Those who run what all organisations share, and somebody who was somebody here."""
        await self.world.someone("content_editor", Role.CONTENT_EDITOR, outside=True)
        await self.world.someone("central_analyst", Role.CENTRAL_ANALYST, outside=True)
        async with self.world.database.write() as session:
            await central_aggregates.sweep(session, datetime.now(UTC))
            quarter = (await session.execute(sa.select(col(CentralAggregate.id)).limit(1))).scalar_one()
        await self.keep("quarter", CentralAggregate, quarter)
        former = await self.world.someone("deactivated", Role.ARCHIVIST)
        async with self.world.database.write() as session:
            gone = sa.update(Person).where(col(Person.id) == former.person.id).values(active=False)
            await session.execute(gone.execution_options(synchronize_session=False))

    async def _organisation(self) -> None:
        world, now = self.world, datetime.now(UTC)
        gone = Party(
            organisation_id=world.organisation.id,
            side=Side.UNION,
            name="Upplösta förbundet",
            state=PartyState.CLOSED,
            closed_at=now,
            created_at=now,
        )
        ended = await world.unit_under(world.unit, "Nedlagda enheten")
        ended.valid_to = swedish_day(now) - timedelta(days=1)
        await world.add(gone, ended)
        new = await world.party(Side.UNION, "Nybildade förbundet")
        await world.administrator.client.change(f"/people/{world.employee.id}", {"language": "en"})
        await self.keep("person: employee", Person, world.employee.id)
        invited, inactive = await world.someone("invited"), await world.someone("inactive")
        link = PersonInvitation(
            token_hash=b"", person_id=invited.person.id, created_at=now, expires_at=now + timedelta(days=7)
        )
        await world.add(link)
        await world.administrator.client.change(f"/people/{inactive.id}", {"active": False})
        await self.keep("person: inactive", Person, inactive.id)
        self.rows |= {
            "person: invited": invited.person,
            "organisation": world.organisation,
            "unit": world.subunit,
            "unit, closed": ended,
            "employer party": world.employer,
            "union party at the table": world.saco,
            "union party elsewhere": world.seko,
            "union party, closed": gone,
            "union party, without mandates": new,
            "person: union representative": world.saco_rep.person,
        }

    async def _sign_ins(self) -> None:
        """Two of the employee's, of whom nothing else depends on being signed in."""
        world = self.world
        for name in ("active", "ended"):
            token = await world.token(world.employee.person)
            if name == "ended":
                there = world.employee.client.signed_in(token)
                mine = await there.get("/me/sign-ins?limit=1")
                await there.change(f"/sign-ins/{mine['items'][0]['id']}", None, expect=204, method="DELETE")
            query = sa.select(col(SignIn.id)).where(col(SignIn.person_id) == world.employee.person.id)
            async with world.database.read() as session:
                sign_in_id = (await session.execute(query.order_by(col(SignIn.id).desc()))).scalars().first()
            await self.keep(f"sign-in, {name}", SignIn, sign_in_id)

    async def _calendars(self, group: Any) -> None:
        """One of all that somebody may read, and one of a group's."""
        world = self.world
        for name, who, of in (
            ("the employee's", world.employee, {}),
            ("the union's, of a group", world.saco_rep, {"workingGroupId": group["id"]}),
        ):
            made = await who.client.post("/me/calendar-feeds", of)
            await self.keep(f"calendar, {name}", CalendarFeed, made["id"])

    async def _secrets(self) -> None:
        """Everyone has a password and a second factor not yet confirmed; the employee's is, the archivist has none."""
        world, now = self.world, datetime.now(UTC)
        password_hash = await passwords.hashed(PASSWORD)
        vault: Vault = world.app.state.vault
        rows: list[Table] = []
        for name, someone in world.people.items():
            person_id = someone.person.id
            rows.append(Credential(person_id=person_id, password_hash=password_hash, changed_at=now))
            if name != "archivist":
                box = vault.seal(second_factors.PURPOSE, str(person_id), self.secret.encode())
                confirmed_at = now if name == "employee" else None
                rows.append(
                    SecondFactor(person_id=person_id, sealed_secret=box, created_at=now, confirmed_at=confirmed_at)
                )
        await world.add(*rows)

    async def _mandates(self, group: Any) -> None:
        world = self.world
        await world.representative("member", world.saco, working_group_id=group["id"])
        yesterday = swedish_day(datetime.now(UTC)) - timedelta(days=1)
        await world.representative("expired", world.saco, valid_to=yesterday)
        for name, who in (
            ("mandate: employer's first", "employer_rep"),
            ("mandate: union's, at one table", "member"),
            ("mandate: union's, ended", "expired"),
        ):
            mandate = world.people[who].mandate
            assert mandate is not None
            self.rows[name] = mandate

    async def _groups(self, started: Any) -> None:
        world = self.world
        forming = await stories.forming_group(world)
        await stories.decide(world.employer_rep, f"/working-groups/{forming['id']}")
        returned = await stories.forming_group(world)
        path = f"/working-groups/{returned['id']}"
        await stories.decide(world.employer_rep, path, "requestChange", statement="Fler möten.")
        closed = await stories.forming_group(world)
        closing = {"to": "closed", "reason": "Inte nu."}
        await world.saco_rep.client.step(f"/working-groups/{closed['id']}/transitions", closing)
        for name, group in (
            ("forming", forming),
            ("forming, change requested", returned),
            ("active", started),
            ("closed", closed),
        ):
            await self.keep(f"group, {name}", WorkingGroup, group["id"])
        for name, group in (("forming", forming), ("active", started)):
            read = await world.employer_rep.client.get(f"/working-groups/{group['id']}")
            await self.keep(f"approval: of a group, {name}", Approval, read["approvals"][0]["id"])

    async def _one_for_two_unions(self) -> None:
        """The member decides for one union at a table, and speaks for another when that mandate has ended."""
        world = self.world
        self.third = third = await world.party(Side.UNION, "Tredje förbundet")
        await world.representative("third_rep", third)
        group = await stories.forming_group(world, world.saco, third)
        await self.decide_for_two(group, f"/working-groups/{group['id']}")
        await self.keep("group, forming, one for two unions", WorkingGroup, group["id"])
        group = await stories.forming_group(world, world.saco, third)
        for who in (world.employer_rep, world.saco_rep, world.people["third_rep"]):
            await stories.decide(who, f"/working-groups/{group['id']}")
        record = await stories.record_under_review(world, group)
        await self.decide_for_two(group, f"/session-records/{record['id']}")
        await self.keep("record, under review, one for two", SessionRecord, record["id"])

    async def decide_for_two(self, group: Any, path: str) -> None:
        world, member = self.world, self.world.people["member"]
        await world.representative("member", self.third, working_group_id=group["id"], person=member)
        await world.representative("member", world.saco, working_group_id=group["id"], person=member)
        await stories.decide(member, path, mandateId=member.mandate_id)
        async with world.database.write() as session:
            ended = {"id": UUID(member.mandate_id), "day": swedish_day(datetime.now(UTC)) - timedelta(days=1)}
            await session.execute(sa.text("UPDATE mandate SET valid_to = :day WHERE id = :id"), ended)

    async def _closed(self) -> None:
        """An organisation with something of everything that has closed; one of its representatives is an actor."""
        shut = self.shut
        forming = await stories.forming_group(shut)
        started = await stories.started_group(shut)
        planned = await stories.planned_session(shut, started)
        draft = await stories.written_record(shut, started)
        held = f"/dialogue-sessions/{draft['dialogueSessionId']}"
        note = await shut.employer_rep.client.post(f"{held}/party-notes", {"text": "Eget."})
        action = await stories.agreed_action(shut, draft)
        statement = f"/session-records/{draft['id']}/statements/{shut.employer.id}"
        words = {"answers": {}, "differences": "Vi ser det annorlunda.", "published": True}
        await shut.employer_rep.client.change(statement, words, method="PUT", etag='"0"')
        review = await stories.record_under_review(shut, started)
        approval = await stories.decide(shut.employer_rep, f"/session-records/{review['id']}")
        final = await stories.final_record(shut, started)
        destruction = await a_destruction(shut, final)
        copied = {"derivedFromId": str((await shut.template()).id), "templateVersion": "1.0.1"}
        template = await shut.employer_rep.client.post(f"{shut.path}/dialogue-templates", copied)
        rounds = dict(zip(("draft", "proposed"), await survey_stage.rounds_ahead(shut, started), strict=True))
        await text_stage.of_closed(self, started)
        guide = await followed_guide(shut, started)
        await learning_stage.of_closed(self, started)
        await reminder_stage.of_closed(self, started)
        await service_client_stage.of_closed(self)
        await stories.shut_organisation(shut)
        self.world.people["of_closed"] = shut.employer_rep
        await self.keep("organisation, closed", Organisation, shut.organisation.id)
        closed: list[tuple[str, type[Table], Any]] = [
            ("unit", Unit, shut.subunit.id),
            ("party", Party, shut.employer.id),
            ("person", Person, shut.employer_rep.id),
            ("mandate", Mandate, shut.employer_rep.mandate_id),
            ("group, forming", WorkingGroup, forming["id"]),
            ("group, active", WorkingGroup, started["id"]),
            ("approval", Approval, approval["id"]),
            ("template, draft", DialogueTemplate, template["id"]),
            ("session, planned", DialogueSession, planned["id"]),
            ("session, held", DialogueSession, draft["dialogueSessionId"]),
            ("note", PartyNote, note["id"]),
            ("record, draft", SessionRecord, draft["id"]),
            ("record, in review", SessionRecord, review["id"]),
            ("record, final", SessionRecord, final["id"]),
            ("destruction", Destruction, destruction["id"]),
            ("statement", Statement, (UUID(draft["id"]), shut.employer.id)),
            ("action, open", Action, action["id"]),
            ("guide, followed", FollowedGuide, guide.rpartition("/")[2]),
            *((f"round, {name}", SurveyRound, each["id"]) for name, each in rounds.items()),
        ]
        for name, row_type, row_id in closed:
            await self.keep(f"{name}, organisation closed", row_type, row_id)

    async def _sessions(self, group: Any) -> None:
        steps, ready = self.world.facilitator.client, {"employeeHeadcount": 3, "attendances": []}
        ready["attendances"] = stories.present(self.world.employer_rep, self.world.saco_rep)
        for name, step in (
            ("planned", None),
            ("prepared", {"to": "prepared"}),
            ("cancelled", {"to": "cancelled", "reason": "Sjukdom."}),
        ):
            session = await stories.planned_session(self.world, group)
            path = f"/dialogue-sessions/{session['id']}"
            await steps.change(path, ready)
            if step:
                await steps.step(f"{path}/transitions", step)
            await self.keep(f"session, {name}", DialogueSession, session["id"])
        another = await self.world.someone("another_facilitator")
        session = await stories.planned_session(self.world, group, facilitatorId=another.id)
        await another.client.change(f"/dialogue-sessions/{session['id']}", ready)
        await self.keep("session, led by another", DialogueSession, session["id"])
        closed = await stories.started_group(self.world)
        session = await stories.planned_session(self.world, closed)
        await steps.change(f"/dialogue-sessions/{session['id']}", ready)
        closing = {"to": "closed", "reason": "Inte nu."}
        await self.world.saco_rep.client.step(f"/working-groups/{closed['id']}/transitions", closing)
        await self.keep("session, planned, group closed", DialogueSession, session["id"])

    async def _records(self, group: Any) -> None:
        world = self.world
        saco, employer = world.saco_rep, world.employer_rep
        draft = await stories.written_record(world, group)
        for name, published in (("unpublished", False), ("published", True)):
            record = draft if published else await stories.written_record(world, group)
            path = f"/session-records/{record['id']}/statements/{world.saco.id}"
            body = {"answers": {}, "differences": "Vi ser det annorlunda.", "published": published}
            await saco.client.change(path, body, method="PUT", etag='"0"')
            await self.keep(f"statement, {name}", Statement, (UUID(record["id"]), world.saco.id))
        for state in ("open", "done", "dropped"):
            action = await stories.agreed_action(world, draft)
            if state != "open":
                await saco.client.step(f"/actions/{action['id']}/transitions", {"to": state, "reason": "Klart."})
            await self.keep(f"action, {state}", Action, action["id"])

        review = await stories.record_under_review(world, group)
        await stories.decide(employer, f"/session-records/{review['id']}")
        on_final = await stories.decide(saco, f"/session-records/{review['id']}")
        returned = await stories.record_under_review(world, group)
        request = await stories.decide(
            saco, f"/session-records/{returned['id']}", "requestChange", statement="Nämn natten."
        )
        late = await stories.record_under_review(world, group)
        final = await stories.written_record(world, group)
        action = await stories.agreed_action(world, final)
        path = f"/session-records/{final['id']}"
        await world.facilitator.client.step(f"{path}/transitions", stories.for_review())
        for who in (employer, saco):
            await stories.decide(who, path)
        await self.keep("action, open, record final", Action, action["id"])
        await self.keep("session, held, record final", DialogueSession, final["dialogueSessionId"])
        fresh = await stories.record_under_review(world, group)
        standing = await stories.decide(employer, f"/session-records/{fresh['id']}")
        given_back = await stories.decide(world.people["member"], f"/session-records/{late['id']}")
        await world.people["member"].client.change(
            f"/approvals/{given_back['id']}", None, expect=204, method="DELETE", etag='"1"'
        )
        registration = {"caseNumber": "MP 2026/1", "archiveClass": "2.4"}
        path = f"/record-registrations/{final['id']}"
        await world.archivist.client.change(path, registration, method="PUT", etag='"0"')
        async with world.database.write() as session:
            passed = {"id": UUID(late["id"]), "then": datetime.now(UTC) - timedelta(hours=1)}
            await session.execute(sa.text("UPDATE session_record SET review_deadline = :then WHERE id = :id"), passed)
        for name, record in (
            ("draft", draft),
            ("under review", fresh),
            ("returned", returned),
            ("past its deadline", late),
            ("final", final),
        ):
            await self.keep(f"record, {name}", SessionRecord, record["id"])
        for name, approval_id in (
            ("employer's, standing", standing["id"]),
            ("union's request for change", request["id"]),
            ("union's, withdrawn", given_back["id"]),
            ("union's, on a final record", on_final["id"]),
        ):
            await self.keep(f"approval: {name}", Approval, approval_id)
        note = {"text": "Eget."}
        made = await saco.client.post(f"/dialogue-sessions/{draft['dialogueSessionId']}/party-notes", note)
        await self.keep("note of the union", PartyNote, made["id"])
        await self.keep("session, held", DialogueSession, draft["dialogueSessionId"])

    async def _invited(self, group: Any) -> None:
        world = self.world
        # Units of their own, at the top: rounds elsewhere are not too soon for them.
        later, asked = [await world.unit_under(None, name) for name in ("Senare frågade", "Frågade")]
        ahead = await a_round(world, group, (later, 20), opens_in=timedelta(days=1))
        self.rows["round, decided and not begun"] = ahead
        self.rows["round, reminded"] = survey_round = await a_round(world, group, (asked, 20))
        path = f"/survey-rounds/{survey_round.id}"
        slips = {"unitId": str(asked.id), "kind": "slips", "count": 1}
        batch = await world.saco_rep.client.post(f"{path}/invitations", slips)
        self.survey_token = batch["slipLinks"][0].partition("#")[2]
        reminder = await world.employer_rep.client.post(f"{path}/reminders", {})
        await self.keep("invitations", SurveyInvitationBatch, batch["id"])
        await self.keep("reminder", SurveyReminder, reminder["id"])

    async def _templates(self) -> None:
        async with self.world.database.write() as session:
            await content_packs.load(session, shipped_pack(), datetime.now(UTC))
        pack = shipped_pack()
        piece, guide = pack.inspiration[0], pack.guides[0]
        piece_id = content_packs.central_inspiration_id(piece.key, piece.item_version)
        await self.keep("piece of inspiration", InspirationItem, piece_id)
        guide_id = content_packs.central_guide_id(guide.key, guide.guide_version)
        await self.keep("process guide", ProcessGuide, guide_id)
        central = await self.world.template()
        self.rows["template, central"] = central
        copied = central.model_dump(
            exclude={"id", "search_sv", "search_en", "organisation_id", "state", "key", "version"}
        )
        for state in DialogueTemplateState:
            own = DialogueTemplate(
                **copied, organisation_id=self.world.organisation.id, state=state, key=f"egen-{state.value}"
            )
            await self.world.add(own)
            self.rows[f"template of one's own, {state.value}"] = own

    async def _instruments(self) -> None:
        pack = shipped_pack()
        key, version = pack.instruments[0].key, pack.instruments[0].instrument_version
        await self.keep("instrument, central", Instrument, content_packs.central_instrument_id(key, version))
        for state in InstrumentState:
            copied = self.rows["instrument, central"].model_dump(exclude={"id", "organisation_id", "state", "key"})
            own = Instrument(
                **copied, organisation_id=self.world.organisation.id, state=state, key=f"eget-{state.value}"
            )
            await self.world.add(own)
            self.rows[f"instrument of one's own, {state.value}"] = own

    async def _entries(self) -> None:
        for audience in Audience:
            query = sa.select(AuditEntry).where(
                col(AuditEntry.organisation_id) == self.world.organisation.id, col(AuditEntry.audience) == audience
            )
            async with self.world.database.read() as session:
                entry = (await session.execute(query.limit(1))).scalars().first()
            assert entry is not None, audience
            self.rows[f"entry for {audience.value}"] = entry

    def of(self, row_type: type[Table]) -> dict[str, Any]:
        return {name: row for name, row in self.rows.items() if type(row) is row_type}
