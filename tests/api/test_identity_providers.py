"""Identity providers and e-mail domains: registered, claimed, verified, bound, shown to whom they concern."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import col

from app.models.audit_entry import AuditEntry
from app.name_service import NameService
from tests.client import Client
from tests.hostile_provider import CLIENT_SECRET, HostileProvider, hostile_provider
from tests.name_server import NameServer, name_server
from tests.provider_stage import (
    a_domain,
    bind,
    code,
    link,
    providers_on_loopback,
    register,
    registration,
    round_trip,
    verified_domain,
)
from tests.world import World


def an_issuer() -> str:
    return f"https://{uuid4().hex}.example"


@pytest.fixture
async def dns(app: FastAPI) -> AsyncIterator[NameServer]:
    """The name server that the app asks."""
    before = app.state.look_up_texts
    async with name_server() as server:
        app.state.look_up_texts = NameService(["127.0.0.1"], server.port, within_s=1.0).texts
        yield server
        app.state.look_up_texts = before


@pytest.fixture
async def provider(app: FastAPI) -> AsyncIterator[HostileProvider]:
    with providers_on_loopback(app):
        async with hostile_provider() as provider:
            yield provider


async def names(client: Client, **query: str) -> list[str]:
    found = await client.get("/auth/sign-in-choices", params=query)
    return [each["name"]["sv"] for each in found["identityProviders"]]


# --- Registering -------------------------------------------------------------------------------------------


async def test_an_administrator_registers_a_provider_and_sees_its_secret_no_more(world: World) -> None:
    admin, issuer = world.administrator.client, an_issuer()
    sent = registration(issuer, scopes=["profile", "openid", "profile"], signingAlgorithm="ES256")
    made = await admin.request("POST", "/identity-providers", json=sent, expect=201)
    shown = made.json()
    assert made.headers["Location"].endswith(f"/identity-providers/{shown['id']}")
    assert (shown["issuer"], shown["scopes"], shown["signingAlgorithm"]) == (issuer, ["openid", "profile"], "ES256")
    assert (shown["active"], shown["listed"]) == (True, False)
    assert shown["returnAddress"].startswith("http")
    read = await admin.request("GET", f"/identity-providers/{shown['id']}", expect=200)
    changed = await admin.change(f"/identity-providers/{shown['id']}", {"clientSecret": "another-secret-0123"})
    assert changed["version"] == 2
    listed = await admin.get("/identity-providers", params={"limit": 100})
    for text in (made.text, read.text, json.dumps(changed), json.dumps(listed)):
        assert CLIENT_SECRET not in text
        assert "another-secret" not in text
        assert "sealed" not in text.lower()
    async with world.database.read() as session:
        query = sa.select(AuditEntry).where(col(AuditEntry.subject_id) == shown["id"]).order_by(col(AuditEntry.id))
        entries = (await session.execute(query)).scalars().all()
    assert [entry.operation for entry in entries] == ["create_identity_provider", "update_identity_provider"]
    assert {entry.person_id for entry in entries} == {world.administrator.person.id}
    await admin.refused("POST", "/identity-providers", 409, "issuerTaken", json=sent)
    # Letter by letter, a last slash makes another issuer.
    await admin.post("/identity-providers", registration(issuer + "/"))


async def test_an_issuer_never_changes(world: World) -> None:
    path = f"/identity-providers/{await register(world, an_issuer())}"
    admin = world.administrator.client
    sent = {"issuer": an_issuer()}
    await admin.refused("PATCH", path, 422, "validationFailed", json=sent, etag='"1"')
    await admin.refused("PATCH", path, 412, "staleVersion", json={"listed": True}, etag='"7"')
    assert (await admin.change(path, {"active": True}))["version"] == 1
    renamed = await admin.change(path, {"name": {"sv": "Ny", "en": "New"}, "scopes": ["email"]})
    assert (renamed["name"], renamed["scopes"]) == ({"sv": "Ny", "en": "New"}, ["openid", "email"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("issuer", value) for value in (
            *("", "op.example", "http://op.example", "https://", "https://op.example?x=1", "https://op.example#x"),
            *("https://a:b@op.example", "https://op.example\\@evil.example", "https://op.example\n", "ftp://op.example"),
            *("https://OP.example", "https://åre.example", "https://op.example:99999", "https://op.example:x", 7, None),
            *("https://op.example/<script>", "https://[::1", "http://127.0.0.1.evil.example", "https://" + "x" * 300),
            *("http://localhost.evil.example", "https://op.example/a b", "javascript:alert(1)"),
        )),
        *(("clientId", value) for value in ("", "å", "a b", "x" * 256, None)),
        *(("clientSecret", value) for value in ("", "short", "with space in it!", "x" * 513, "å" * 20, None)),
        *(("signingAlgorithm", value) for value in ("none", "HS256", "RS512", "rs256", "", None)),
        *(("scopes", value) for value in ("openid", [""], ["a b"], ['"'], ["å"], ["x"] * 21, None)),
        *(("name", value) for value in ({}, {"sv": "Bara"}, {"sv": "", "en": ""}, "x")),
        ("name", {"sv": "a", "en": "b", "de": "c"}),
        ("unknown", 1),
    ],
    ids=str,
)  # fmt: skip
async def test_registrations_that_do_not_fit(admin: Client, field: str, value: Any) -> None:
    sent = registration(an_issuer()) | {field: value}
    problem = await admin.refused("POST", "/identity-providers", 422, "validationFailed", json=sent)
    assert all(error["pointer"].startswith(f"/{field}") for error in problem["errors"])
    if isinstance(value, str) and value:
        assert value not in json.dumps(problem["errors"], ensure_ascii=False)


@pytest.fixture
def admin(shared: World) -> Client:
    """One administrator for requests that change nothing."""
    return shared.administrator.client


async def test_nobody_else_sees_providers(world: World) -> None:
    provider_id = await register(world, an_issuer())
    for someone in (world.employer_rep, world.saco_rep, world.archivist, world.employee):
        await someone.client.refused("GET", "/identity-providers", 403, "notYourRole")
        await someone.client.refused("GET", f"/identity-providers/{provider_id}", 404, "notFound")


# --- Claiming and proving ------------------------------------------------------------------------------------


async def test_a_domain_is_proved_by_dns(world: World, dns: NameServer) -> None:
    admin, domain = world.administrator.client, a_domain()
    claimed = await admin.post(f"{world.path}/email-domains", {"domain": f" {domain.upper()}. "})
    path, record = f"/email-domains/{claimed['id']}", claimed["dnsRecord"]
    assert (claimed["domain"], claimed["verifiedAt"], claimed["identityProvider"]) == (domain, None, None)
    assert (record["name"], record["type"]) == (f"_larande-challenge.{domain}", "TXT")
    assert len(record["value"]) == len("larande=") + 43
    step = f"{path}/verifications"
    await admin.refused("POST", step, 428, "preconditionRequired")
    await admin.refused("POST", step, 409, "domainNotProved", etag='"1"')
    value = record["value"]
    for text in (value[:-1], value + "x", value.upper(), f" {value}", "larande=", ""):
        dns.texts[record["name"]] = [json.dumps(text)]
        await admin.refused("POST", step, 409, "domainNotProved", etag='"1"')
    dns.texts = {domain: [json.dumps(value)]}
    await admin.refused("POST", step, 409, "domainNotProved", etag='"1"')
    dns.texts[record["name"]] = ['"v=spf1 -all"', f'"{value[:20]}" "{value[20:]}"']
    assert (await admin.step(step, None))["verifiedAt"] is not None
    await admin.refused("POST", step, 409, "domainVerified", etag='"2"')
    assert set(dns.asked) == {record["name"]}
    for reader in (world.employer_rep, world.saco_rep, world.employee):
        assert (await reader.client.get(path))["domain"] == domain
        await reader.client.refused("POST", step, 403, "notYourRole", etag='"2"')
    async with world.database.read() as session:
        query = sa.select(col(AuditEntry.operation)).where(col(AuditEntry.subject_id) == claimed["id"])
        assert sorted((await session.execute(query)).scalars()) == ["create_email_domain", "verify_email_domain"]


async def test_dns_that_is_away_is_said(world: World, dns: NameServer) -> None:
    admin = world.administrator.client
    claimed = await admin.post(f"{world.path}/email-domains", {"domain": a_domain()})
    dns.silent = True
    step = f"/email-domains/{claimed['id']}/verifications"
    response = await admin.request("POST", step, etag='"1"', expect=503)
    assert (response.json()["code"], response.headers["Retry-After"]) == ("nameServiceAway", "30")


async def test_a_domain_is_one_organisations_at_a_time(world: World, app: FastAPI) -> None:
    domain, provider_id = a_domain(), await register(world, an_issuer())
    async with World(app) as other:
        # A claim alone takes nothing from anybody.
        path = f"{other.path}/email-domains"
        squatted = await other.administrator.client.post(path, {"domain": domain})
        mine = await verified_domain(world, domain)
        await other.administrator.client.refused("POST", path, 409, "domainClaimed", json={"domain": domain})
        app.state.look_up_texts, before = _saying(squatted["dnsRecord"]["value"]), app.state.look_up_texts
        try:
            step = f"/email-domains/{squatted['id']}/verifications"
            await other.administrator.client.refused("POST", step, 409, "domainTaken", etag='"1"')
            await world.administrator.client.change(f"/email-domains/{mine['id']}", None, method="DELETE", expect=204)
            assert (await other.administrator.client.step(step, None))["verifiedAt"]
        finally:
            app.state.look_up_texts = before
        # Who only claims it cannot bind it.
        again = await world.administrator.client.post(f"{world.path}/email-domains", {"domain": domain})
        sent = {"identityProviderId": provider_id}
        path = f"/email-domains/{again['id']}"
        await world.administrator.client.refused("PATCH", path, 409, "domainNotVerified", json=sent, etag='"1"')


def _saying(text: str) -> Any:
    async def look_up(_name: str) -> list[str]:
        return [text]

    return look_up


async def test_of_two_who_prove_it_at_once_one_has_it(world: World, app: FastAPI) -> None:
    domain = a_domain()
    async with World(app) as other:
        claims = [
            await each.administrator.client.post(f"{each.path}/email-domains", {"domain": domain})
            for each in (world, other)
        ]
        texts = [claim["dnsRecord"]["value"] for claim in claims]
        before = app.state.look_up_texts

        async def both(_name: str) -> list[str]:
            await asyncio.sleep(0.05)
            return texts

        app.state.look_up_texts = both
        try:
            answers = await asyncio.gather(
                *(
                    world.administrator.client.request(
                        "POST", f"/email-domains/{claim['id']}/verifications", etag='"1"'
                    )
                    for claim in claims
                )
            )
        finally:
            app.state.look_up_texts = before
    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.parametrize(
    "domain",
    [
        *("", "example", "a@prov.example", "*.prov.example", "-a.example", "a..example", "192.0.2.1", "prov.example/x"),
        *(
            "prov example.se",
            "x" * 64 + ".example",
            "a." * 120 + "example",
            "prov.example\x00",
            "[::1]",
            "пров",
            7,
            None,
        ),
        "xn--a-.example",
    ],
    ids=lambda domain: repr(domain)[:30],
)
async def test_what_is_no_domain(admin: Client, domain: Any) -> None:
    organisation_id = (await admin.get("/organisations", params={"limit": 1}))["items"][0]["id"]
    sent = {"domain": domain}
    path = f"/organisations/{organisation_id}/email-domains"
    await admin.refused("POST", path, 422, "validationFailed", json=sent)


async def test_swedish_letters_are_written_as_dns_does(world: World) -> None:
    admin, path = world.administrator.client, f"{world.path}/email-domains"
    made = await admin.post(path, {"domain": "Ängsvård-åö.example"})
    assert made["domain"] == "xn--ngsvrd--b0a5n9c.example" or made["domain"].startswith("xn--")
    again = {"domain": "A\u0308ngsva\u030ard-åö.EXAMPLE"}
    await admin.refused("POST", path, 409, "domainClaimed", json=again)


# --- Binding and choosing --------------------------------------------------------------------------------------


async def test_a_domain_is_bound_to_a_provider_that_is_there_and_active(world: World) -> None:
    admin = world.administrator.client
    verified = await verified_domain(world)
    path, tag = f"/email-domains/{verified['id']}", f'"{verified["version"]}"'
    provider_id = await register(world, an_issuer())
    await admin.change(f"/identity-providers/{provider_id}", {"active": False})
    for unfit in (str(uuid4()), provider_id):
        sent = {"identityProviderId": unfit}
        await admin.refused("PATCH", path, 422, "unknownIdentityProvider", json=sent, etag=tag)
    await admin.change(f"/identity-providers/{provider_id}", {"active": True})
    bound = await admin.change(path, {"identityProviderId": provider_id})
    assert bound["identityProvider"]["id"] == provider_id
    assert (await admin.change(path, {"identityProviderId": provider_id}))["version"] == bound["version"]
    # Both sides see who vouches for their people.
    for reader in (world.employer_rep, world.saco_rep):
        assert (await reader.client.get(path))["identityProvider"] == bound["identityProvider"]
    assert (await admin.change(path, {"identityProviderId": None}))["identityProvider"] is None


async def test_what_everybody_may_know_of_providers(world: World, client: Client) -> None:
    domain, silent, loud = a_domain(), f"Tyst {uuid4().hex}", f"Högljudd {uuid4().hex}"
    silent_id = await register(world, an_issuer(), name={"sv": silent, "en": "Silent"})
    loud_id = await register(world, an_issuer(), name={"sv": loud, "en": "Loud"}, listed=True)
    await bind(world, silent_id, domain)
    everybody = await names(client)
    assert loud in everybody
    assert silent not in everybody
    assert await names(client, domain=domain) == [silent]
    assert await names(client, domain=domain.upper()) == [silent]
    assert await names(client, domain=f"below.{domain}") == []
    assert await names(client, domain=a_domain()) == []
    found = await client.request("GET", "/auth/sign-in-choices", params={"domain": domain}, expect=200)
    assert found.json() == {"identityProviders": [{"id": silent_id, "name": {"sv": silent, "en": "Silent"}}]}
    await client.refused("GET", "/auth/sign-in-choices?domain=anna@prov.example", 422, "validationFailed")
    for provider_id in (silent_id, loud_id):
        await world.administrator.client.change(f"/identity-providers/{provider_id}", {"active": False})
    assert loud not in await names(client)
    assert await names(client, domain=domain) == []


# --- One's own accounts ------------------------------------------------------------------------------------------


async def test_people_see_their_own_accounts_and_unlink_them(
    world: World, client: Client, provider: HostileProvider
) -> None:
    provider_id = await register(world, provider.issuer)
    await bind(world, provider_id)
    await link(world, provider, provider_id, world.saco_rep, "saco's")
    await link(world, provider, provider_id, world.employer_rep, "employer's")
    (mine,) = (await world.saco_rep.client.get("/me/identities"))["items"]
    assert (mine["subject"], mine["identityProviderId"]) == ("saco's", provider_id)
    path = f"/identities/{mine['id']}"
    assert (await world.saco_rep.client.get(path))["providerName"]["en"] == "Sign-in of the Test Agency"
    for other in (world.employer_rep, world.administrator):
        await other.client.refused("GET", path, 404, "notFound")
        await other.client.refused("DELETE", path, 404, "notFound", etag='"1"')
    provider.claims["sub"] = "saco's"
    tokens = (await round_trip(client, provider, provider_id)).json()
    await world.saco_rep.client.refused("DELETE", path, 412, "staleVersion", etag='"2"')
    await world.saco_rep.client.change(path, None, method="DELETE", expect=204)
    await client.signed_in(tokens["accessToken"]).refused("GET", "/me", 401, "tokenInvalid")
    assert code(await round_trip(client, provider, provider_id)) == (403, "identityNotLinked")
    provider.claims["sub"] = "employer's"
    assert (await round_trip(client, provider, provider_id)).status_code == 200
    async with world.database.read() as session:
        query = sa.select(AuditEntry).where(
            col(AuditEntry.subject_id) == world.saco_rep.person.id, col(AuditEntry.operation) == "unlink_identity"
        )
        (entry,) = (await session.execute(query)).scalars()
    assert (entry.person_id, entry.organisation_id) == (world.saco_rep.person.id, world.organisation.id)
    # The way back is an invitation.
    await link(world, provider, provider_id, world.saco_rep, "saco's")
