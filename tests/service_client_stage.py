"""Service clients in every state, and those that act themselves, for the authorisation matrix."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa

from app.models.approval import Approval
from app.models.deactivation_release import DeactivationRelease
from app.models.failed_job import FailedJob, FailedJobState
from app.models.hr_import import HrImport, ImportCounts, ImportMode, ImportReport, ImportState, ImportSubject
from app.models.interest_registration import InterestRegistration
from app.models.mandate import Mandate
from app.models.organisation import Organisation
from app.models.service_client import ServiceClient
from app.models.service_client_credential import ServiceClientCredential
from app.models.union_data_refusal import UnionDataRefusal
from app.models.webhook_delivery import WebhookDelivery
from app.models.webhook_endpoint import WebhookEndpoint
from app.services.calendar import swedish_day
from tests import interest_stories, machines, stories
from tests.world import organisation_number

if TYPE_CHECKING:
    from tests.stage import Stage

# An HR system that writes and one that only reads; an integrator with consent, one each with consent for records, for
# results and for reminders alone, one without consent, one of another organisation, and one that has ended.
MACHINES = (
    "hr_client",
    "people_client",
    "integrator",
    "records_client",
    "results_client",
    "reminders_client",
    "unagreed_client",
    "foreign_client",
    "ended_client",
)


async def build(stage: "Stage") -> None:
    """Before there are parties without anybody to speak for them, who would have to agree too."""
    world = stage.world
    reading = machines.an_hr_system(scopes=["people:read"])
    world.machines |= {
        "hr_client": await machines.hr_system(world),
        "people_client": await machines.machine(world, **reading),
        "integrator": await machines.consented(world),
        "records_client": await machines.consented(world, scopes=["records:read"]),
        "results_client": await machines.consented(world, scopes=["results:read"]),
        "reminders_client": await machines.consented(world, scopes=["reminders:read"]),
        "unagreed_client": await machines.machine(world),
        "ended_client": await machines.consented(world),
    }
    ended = world.machines["ended_client"]
    await stage.keep("secret of a client", ServiceClientCredential, world.machines["integrator"].credential_id)
    await world.administrator.client.step(f"{ended.path}/transitions", {"to": "ended"})
    await machines.a_secret(world, world.machines["integrator"].id)
    waiting, returned = [(await machines.registered(world))["id"] for _ in "ab"]
    (standing,) = await machines.consent(world, f"/service-clients/{waiting}", world.employer_rep)
    path = f"/service-clients/{returned}"
    await stories.decide(world.saco_rep, path, "requestChange", statement="Bara protokoll.")
    for name, client_id in (
        ("new", world.machines["unagreed_client"].id),
        ("for HR", world.machines["hr_client"].id),
        ("consented", world.machines["integrator"].id),
        ("one side agrees", waiting),
        ("change asked for", returned),
        ("ended", ended.id),
    ):
        await stage.keep(f"client, {name}", ServiceClient, client_id)
    released = await world.administrator.client.post(f"{world.path}/deactivation-releases", {"people": 12})
    await stage.keep("release of the brake", DeactivationRelease, released["id"])
    await _imports(stage)
    hr = world.machines["hr_client"].id
    await world.add(UnionDataRefusal(service_client_id=UUID(hr), day=swedish_day(datetime.now(UTC)), refusals=2))
    await _webhooks(stage)
    await _interest(stage)
    await stage.keep("approval: employer's, of a client", Approval, standing["id"])


async def _interest(stage: "Stage") -> None:
    """Of two sides that have agreed, of one that waits for the other, and of one that has not opened its link."""
    world = stage.world
    employer, _ = await interest_stories.agreed(world)
    waiting, unopened = (interest_stories.a_registration(side) for side in ("union", "employer"))
    for each in (waiting, unopened):
        await interest_stories.register(world.nobody, each)
    await interest_stories.confirm(world.nobody, await interest_stories.token_of(world, waiting))
    for name, each in (("agreed", employer), ("confirmed", waiting), ("unconfirmed", unopened)):
        row_id = await interest_stories.id_of(world, each)
        await stage.keep(f"interest, {name}", InterestRegistration, row_id)


async def plan_units(stage: "Stage") -> None:
    """Last of all: a plan of units is for the tree as it is, and for no other."""
    path = f"{stage.world.path}/imports?subject=units"
    planned = await stage.world.machines["hr_client"].client.post(path, [{"externalId": "plan-U", "name": "U"}])
    await stage.keep("import, of units", HrImport, planned["id"])


async def _webhooks(stage: "Stage") -> None:
    """Endpoints of the HR system, with what was and is to be sent to one; and jobs that came to nothing."""
    world = stage.world
    path = f"{world.machines['hr_client'].path}/webhook-endpoints"
    active, paused = [await world.administrator.client.post(path, machines.an_endpoint()) for _ in "ab"]
    sent, waiting = [
        await world.administrator.client.post(f"/webhook-endpoints/{active['id']}/webhook-deliveries", {}) for _ in "ab"
    ]
    await world.administrator.client.step(f"/webhook-endpoints/{paused['id']}/transitions", {"to": "paused"})
    now = datetime.now(UTC)
    jobs = {
        "failed": FailedJob(entrypoint="survey_mail", payload=b"{}", fault="MailRefused", attempts=1, created_at=now),
        "discarded": FailedJob(
            entrypoint="survey_mail",
            payload=None,
            fault="MailRefused",
            attempts=1,
            state=FailedJobState.DISCARDED,
            settled_at=now,
            created_at=now,
        ),
    }
    async with world.database.write() as session:
        session.add_all(jobs.values())
        arrived = {"id": UUID(sent["id"]), "now": now}
        await session.execute(
            sa.text("UPDATE webhook_delivery SET state = 'delivered', settled_at = :now WHERE id = :id"), arrived
        )
    for name, row_id in (("active", active["id"]), ("paused", paused["id"])):
        await stage.keep(f"endpoint, {name}", WebhookEndpoint, row_id)
    for name, row_id in (("delivered", sent["id"]), ("pending", waiting["id"])):
        await stage.keep(f"delivery, {name}", WebhookDelivery, row_id)
    for name, job in jobs.items():
        await stage.keep(f"job, {name}", FailedJob, job.id)


async def _imports(stage: "Stage") -> None:
    """Planned of either subject, applied, refused, and one whose time is over; with what is kept for a later day."""
    world, client = stage.world, stage.world.machines["hr_client"].client
    path = f"{world.path}/imports"
    person = {"name": "Ny Ek", "effectiveOn": "2030-01-01"}
    planned, applied, lapsed = [
        await client.post(path, [{"externalId": key, "email": f"{key}@stage.example", **person}])
        for key in ("plan-1", "plan-2", "plan-3")
    ]
    broken = await client.post(f"{path}?subject=units", [{"externalId": "plan-X", "name": ""}])
    await client.step(f"/imports/{applied['id']}/applications", {"planHash": applied["planHash"]})
    await client.request("PUT", f"{world.path}/import-mapping", json={}, etag='"0"', expect=200)
    async with world.database.write() as session:
        over = {"id": UUID(lapsed["id"])}
        await session.execute(sa.text("UPDATE hr_import SET lapses_at = now() WHERE id = :id"), over)
    for name, made in (
        ("of people", planned),
        ("applied", applied),
        ("lapsed", lapsed),
        ("refused", broken),
    ):
        await stage.keep(f"import, {name}", HrImport, made["id"])
    await _while_another_is_applied(stage)


async def _while_another_is_applied(stage: "Stage") -> None:
    """In an organisation of its own, where nobody can import anything meanwhile; with one that failed."""
    now = datetime.now(UTC)
    importing = Organisation(organisation_number=organisation_number(), name="Myndigheten för import", created_at=now)
    of_one: dict[str, Any] = {
        "organisation_id": importing.id,
        "subject": ImportSubject.PEOPLE,
        "mode": ImportMode.DELTA,
        "plan_hash": "0" * 64,
        "report": empty_report(),
        "lapses_at": now + timedelta(days=3),
        "created_at": now,
    }
    made = {
        "applying": HrImport(state=ImportState.APPLYING, **of_one),
        "while another is applied": HrImport(state=ImportState.PLANNED, **of_one),
        "failed": HrImport(state=ImportState.FAILED, failure_code="planStale", **of_one),
    }
    await stage.world.add(importing)
    await stage.world.add(*made.values())
    await stage.keep("organisation, importing", Organisation, importing.id)
    for name, row in made.items():
        await stage.keep(f"import, {name}", HrImport, row.id)


def empty_report() -> dict[str, Any]:
    counts = dict.fromkeys(ImportCounts.model_fields, 0)
    report = ImportReport(
        counts=ImportCounts(**counts), errors=[], changes=[], missing_ids=[], brake_holds=False, absent_stay=False
    )
    return report.model_dump(mode="json", by_alias=True)


async def one_for_two_unions(stage: "Stage") -> None:
    """Saco-S's representative has decided for another union, and speaks for it no more."""
    world = stage.world
    made = await machines.registered(world)
    now = datetime.now(UTC)
    also = Mandate(
        organisation_id=world.organisation.id,
        party_id=stage.third.id,
        person_id=world.saco_rep.person.id,
        function="Ersättare",
        valid_from=swedish_day(now) - timedelta(days=30),
        created_at=now,
    )
    await world.add(also)
    await stories.decide(world.saco_rep, f"/service-clients/{made['id']}", mandateId=str(also.id))
    async with world.database.write() as session:
        ended = {"id": also.id, "day": swedish_day(now) - timedelta(days=1)}
        await session.execute(sa.text("UPDATE mandate SET valid_to = :day WHERE id = :id"), ended)
    await stage.keep("client, one for two unions", ServiceClient, UUID(made["id"]))


async def of_closed(stage: "Stage") -> None:
    """What the organisation that is about to close has registered."""
    planned = await stage.shut.administrator.client.post(f"{stage.shut.path}/imports", [{"externalId": "X1"}])
    await stage.keep("import, organisation closed", HrImport, planned["id"])
    made = await machines.machine(stage.shut)
    await stage.keep("client, organisation closed", ServiceClient, made.id)
    endpoint = await stage.shut.administrator.client.post(
        f"{made.path}/webhook-endpoints", machines.an_endpoint(types=["sessionRecord"])
    )
    await stage.keep("endpoint, organisation closed", WebhookEndpoint, endpoint["id"])
    await stage.keep("secret, organisation closed", ServiceClientCredential, made.credential_id)
    (approval,) = await machines.consent(stage.shut, made.path, stage.shut.employer_rep)
    await stage.keep("approval: of a client, organisation closed", Approval, approval["id"])
