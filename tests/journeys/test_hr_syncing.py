"""From an HR system's file to a party that is told: reviewed, applied, updated by Entra ID, heard of by others."""

from standardwebhooks import Webhook

from app.delivering import Deliverer
from app.main import create_app
from app.outbound import Outbound
from tests.api.scim.provisioning import Provisioning
from tests.api.test_changes import feed_of
from tests.conftest import settings_for
from tests.machines import Machine, hr_system
from tests.stories import Json
from tests.test_delivering import LOOPBACK, Post, registered
from tests.webhook_receiver import receiving
from tests.world import World

UNITS = ["externalId;name;parentExternalId", "K;Kustenheten;", "K1;Fyrgruppen;K"]


async def test_from_a_file_to_a_party_that_is_told(fresh_database_url: str) -> None:
    app = create_app(settings_for(fresh_database_url, webhook_networks=LOOPBACK))
    async with World(app) as world, receiving() as receiver:
        hr = await hr_system(world)
        second = await world.representative("second", world.seko)
        outbound = Outbound([LOOPBACK], 2.0)
        post = Post(world, hr, receiver, outbound, await registered(world, hr, receiver.url, "person"))
        feed = await feed_of(hr)

        # --- A file of units and one of people, looked at before anything happens.
        await _apply(hr, await _plan(world, hr, "units", *UNITS))
        people = [
            "externalId;name;email;unitExternalId",
            "1001;Åsa Öberg;asa.oberg@example.se;K1",
            f"1002;{second.person.name};{second.person.email};K",
            "1003;Medlem i Seko;seko@example.se;K9",
        ]
        plan = await _plan(world, hr, "people", *people)
        counts = plan["report"]["counts"]
        assert (counts["created"], counts["refused"]) == (1, 1)
        assert await _known(hr, world) == 0
        await _apply(hr, plan)
        assert await _known(hr, world) == 1
        again = await _plan(world, hr, "people", *people[:3])
        assert again["report"]["counts"]["created"] == again["report"]["counts"]["changed"] == 0

        # --- Entra ID goes on with the same people.
        entra = Provisioning(world, hr)
        (asa,) = await entra.found('externalId eq "1001"')
        await entra.patch(f"/Users/{asa}", {"op": "Replace", "path": "displayName", "value": "Åsa Öberg Lind"})
        assert (await hr.client.get(f"/people/{asa}"))["name"] == "Åsa Öberg Lind"

        # --- Somebody leaves: out at once, the mandate rests, and their party is told.
        await entra.patch(f"/Users/{second.id}", {"op": "Replace", "path": "active", "value": "False"})
        await second.client.refused("GET", "/me", 401, "tokenInvalid")
        assert (await world.seko_rep.client.get(f"/mandates/{second.mandate_id}"))["suspendedAt"] is not None
        trail = f"{world.path}/audit-entries"
        for who, told in ((world.seko_rep, True), (world.employer_rep, False), (world.administrator, False)):
            subjects = {each["subjectId"] for each in (await who.client.get(trail))["items"]}
            assert (second.mandate_id in subjects) is told, who.person.name

        # --- Whoever listens hears of it, without a word of what it was.
        deliverer = Deliverer(world.database, outbound.tell, app.state.vault)
        await post.work(deliverer)
        hook = Webhook(post.endpoint["secret"])
        heard = [hook.verify(each.body, each.headers) for each in receiver.got]
        assert {(each["type"], each["data"]["id"]) for each in heard} >= {
            ("person.created", asa),
            ("person.updated", asa),
            ("person.updated", second.id),
        }
        said = await feed.said()
        assert said.index(("person", "created", asa)) < said.index(("person", "updated", asa))
        assert ("person", "updated", second.id) in said
        assert {kind for kind, _, _ in said} == {"unit", "person"}
        assert second.mandate_id not in str(said) + str(heard)
        await outbound.close()
    await app.state.database.close()


async def _plan(world: World, hr: Machine, subject: str, *lines: str) -> Json:
    response = await hr.client.request(
        "POST",
        f"{world.path}/imports?subject={subject}",
        content="\n".join(lines).encode("cp1252"),
        headers={"Content-Type": "text/csv"},
        expect=201,
    )
    planned: Json = response.json()
    return planned


async def _apply(hr: Machine, plan: Json) -> None:
    await hr.client.step(f"/imports/{plan['id']}/applications", {"planHash": plan["planHash"]})


async def _known(hr: Machine, world: World) -> int:
    """How many there are of the name in the file."""
    found = await hr.client.get(f"{world.path}/people?limit=100")
    return sum(each["name"] == "Åsa Öberg" for each in found["items"])
