"""Parity: a random history of requests, replayed with the sides swapped, gives the swapped result."""

import re
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.learning_stories import LEARNED
from tests.long import sized
from tests.machines import a_client, a_secret, token_for
from tests.stories import a_group, a_session, for_review, soon
from tests.world import Someone, World

MADE_UP = re.compile(r"(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|(?P<hash>\b[0-9a-f]{64}\b)")
TIME_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+Z")

# Made up anew in every world, or an address.
UNEQUAL = {"instance", "_links", "key", "email"}

SIDES = ("employer", "union")
SCOPES = ["records:read"]
STEPS = (
    "propose",
    "edit_group",
    "approve_group",
    "request_change_of_group",
    "withdraw",
    "close_group",
    "plan",
    "attend",
    "hold",
    "answer",
    "write_statement",
    "publish_statement",
    "read_other_statement",
    "write_other_statement",
    "note",
    "list_notes",
    "read_last_note",
    "agree_action",
    "finish_action",
    "submit",
    "approve_record",
    "dissent",
    "request_change_of_record",
    "appendix",
    "propose_destruction",
    "approve_destruction",
    "take_destruction_back",
    "destruction_log",
    "learn",
    "edit_learned",
    "look_again",
    "propose_learned",
    "approve_learned",
    "request_change_of_learned",
    "take_learned_back",
    "list_learned",
    "library",
    "read_group",
    "read_record",
    "list_records",
    "list_actions",
    "appoint",
    "list_own_mandates",
    "list_other_mandates",
    "list_people",
    "trail",
    "let_client_in",
    "edit_client",
    "approve_client",
    "request_change_of_client",
    "read_client",
    "list_clients",
    "let_client_read",
)
# Most histories begin with what everything else needs; the rest is chance.
OPENING = [
    ("employer", "propose"),
    ("employer", "approve_group"),
    ("union", "approve_group"),
    ("union", "plan"),
    ("employer", "attend"),
    ("union", "hold"),
    ("employer", "answer"),
]


@dataclass
class Replay:
    """One world in which a history is played: in a swapped one each side does what the other did elsewhere."""

    world: World
    at: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def who(self, side: str) -> Someone:
        employer = (side == "employer") != self.world.swapped
        return self.world.employer_rep if employer else self.world.saco_rep

    def party(self, side: str) -> str:
        employer = (side == "employer") != self.world.swapped
        return str((self.world.employer if employer else self.world.saco).id)

    async def play(self, side: str, step: str) -> Any:
        """Do one step and give what the caller saw, with names made comparable."""
        response = await getattr(self, step)(side)
        body = response.json() if response.content else None
        self.remember(step, body)
        return response.status_code, self.plain(body)

    def remember(self, step: str, body: Any) -> None:
        kind = {
            "propose": "group",
            "plan": "session",
            "note": "note",
            "agree_action": "action",
            "appendix": "record",
            "let_client_in": "client",
            "propose_destruction": "destruction",
            "learn": "learned",
        }.get(step)
        if isinstance(body, dict) and "id" in body:
            if kind is not None:
                self.at[kind] = body["id"]
            if step == "hold":
                self.at["record"] = body["sessionRecordId"]
            if "decision" in body:
                self.at["approval"] = body["id"]

    def plain(self, value: Any) -> Any:
        """Ids and hashes by order of appearance, times left out, sides by role; lists keep their order."""
        if isinstance(value, dict):
            return {key: self.plain(each) for key, each in value.items() if key not in UNEQUAL}
        if isinstance(value, list):
            return [self.plain(each) for each in value]
        if not isinstance(value, str):
            return value
        if value in SIDES:
            return "side one" if (value == "employer") != self.world.swapped else "side two"
        return MADE_UP.sub(self.name, TIME_TEXT.sub("<time>", value))

    def name(self, found: re.Match[str]) -> str:
        """Known people and parties by their part in the story; everything else is the first, the second, …"""
        if not self.names:
            for side in SIDES:
                self.names[self.who(side).id] = f"<person {side}>"
                self.names[self.who(side).mandate_id] = f"<mandate {side}>"
                self.names[self.party(side)] = f"<party {side}>"
        return self.names.setdefault(found[0], f"<{found.lastgroup} {len(self.names)}>")

    # --- the steps ------------------------------------------------------------------------------------

    async def send(self, side: str, method: str, path: str, json: Any = None, *, tagged: str | None = None) -> Any:
        client = self.who(side).client
        etag = None
        if tagged is not None:
            etag = (await client.request("GET", tagged)).headers.get("ETag", '"0"')
        return await client.request(method, path, json=json, etag=etag)

    def path(self, kind: str) -> str:
        plural = {
            "group": "working-groups",
            "session": "dialogue-sessions",
            "record": "session-records",
            "client": "service-clients",
            "learned": "learning-log-entries",
        }
        nothing = "00000000-0000-7000-8000-000000000000"
        return f"/{plural.get(kind, kind + 's')}/{self.at.get(kind, nothing)}"

    async def decide(self, side: str, kind: str, decision: str) -> Any:
        seen = (await self.who(side).client.request("GET", self.path(kind))).json()
        body = {"contentHash": seen.get("contentHash") or "0" * 64, "decision": decision, "statement": "Så ser vi det."}
        return await self.send(side, "POST", f"{self.path(kind)}/approvals", body, tagged=self.path(kind))

    async def propose(self, side: str) -> Any:
        proposal = a_group(self.world, partyIds=[self.party(each) for each in SIDES])
        return await self.send(side, "POST", f"{self.world.path}/working-groups", proposal)

    async def edit_group(self, side: str) -> Any:
        return await self.send(
            side, "PATCH", self.path("group"), {"purpose": f"Nytt {side}"}, tagged=self.path("group")
        )

    async def approve_group(self, side: str) -> Any:
        return await self.decide(side, "group", "approve")

    async def request_change_of_group(self, side: str) -> Any:
        return await self.decide(side, "group", "requestChange")

    async def withdraw(self, side: str) -> Any:
        path = f"/approvals/{self.at.get('approval', '00000000-0000-7000-8000-000000000000')}"
        return await self.send(side, "DELETE", path, tagged=path)

    async def close_group(self, side: str) -> Any:
        body = {"to": "closed", "reason": "Klart."}
        return await self.send(side, "POST", f"{self.path('group')}/transitions", body, tagged=self.path("group"))

    async def plan(self, side: str) -> Any:
        return await self.send(side, "POST", f"{self.path('group')}/dialogue-sessions", await a_session(self.world))

    async def attend(self, side: str) -> Any:
        attendances = [{"mandateId": self.who(each).mandate_id, "status": "present"} for each in SIDES]
        body = {"attendances": attendances, "employeeHeadcount": 5}
        return await self.send(side, "PATCH", self.path("session"), body, tagged=self.path("session"))

    async def hold(self, side: str) -> Any:
        path = self.path("session")
        return await self.send(side, "POST", f"{path}/transitions", {"to": "held"}, tagged=path)

    async def answer(self, side: str) -> Any:
        body = {"answers": {"q2": f"Svar {side}"}, "sharedPicture": "Lika."}
        return await self.send(side, "PATCH", self.path("record"), body, tagged=self.path("record"))

    async def _statement(self, side: str, of: str, *, published: bool) -> Any:
        path = f"{self.path('record')}/statements/{self.party(of)}"
        body = {"answers": {"q5": f"Ord {side}"}, "differences": None, "published": published}
        return await self.send(side, "PUT", path, body, tagged=path)

    async def write_statement(self, side: str) -> Any:
        return await self._statement(side, side, published=False)

    async def publish_statement(self, side: str) -> Any:
        return await self._statement(side, side, published=True)

    async def write_other_statement(self, side: str) -> Any:
        return await self._statement(side, SIDES[side == "employer"], published=True)

    async def read_other_statement(self, side: str) -> Any:
        other = self.party(SIDES[side == "employer"])
        return await self.send(side, "GET", f"{self.path('record')}/statements/{other}")

    async def note(self, side: str) -> Any:
        return await self.send(side, "POST", f"{self.path('session')}/party-notes", {"text": f"Eget {side}"})

    async def list_notes(self, side: str) -> Any:
        return await self.send(side, "GET", f"{self.path('session')}/party-notes")

    async def read_last_note(self, side: str) -> Any:
        return await self.send(side, "GET", f"/party-notes/{self.at.get('note', '0' * 32)}")

    async def agree_action(self, side: str) -> Any:
        body = {"what": "Pröva.", "ownerFunction": "Enhetschef", "dueOn": soon(9)[:10]}
        return await self.send(side, "POST", f"{self.path('record')}/actions", body)

    async def finish_action(self, side: str) -> Any:
        return await self.send(
            side, "POST", f"{self.path('action')}/transitions", {"to": "done"}, tagged=self.path("action")
        )

    async def submit(self, side: str) -> Any:
        return await self.send(
            side, "POST", f"{self.path('record')}/transitions", for_review(), tagged=self.path("record")
        )

    async def approve_record(self, side: str) -> Any:
        return await self.decide(side, "record", "approve")

    async def dissent(self, side: str) -> Any:
        return await self.decide(side, "record", "approveWithDissent")

    async def request_change_of_record(self, side: str) -> Any:
        return await self.decide(side, "record", "requestChange")

    async def appendix(self, side: str) -> Any:
        body = {"title": "Rättelse", "sharedPicture": "Rätt ska vara rätt."}
        return await self.send(side, "POST", f"{self.path('record')}/appendices", body)

    async def propose_destruction(self, side: str) -> Any:
        body = {"reason": f"Så vill {side}", "decisionReference": "MP 2026/77"}
        return await self.send(side, "POST", f"{self.path('record')}/destructions", body)

    async def approve_destruction(self, side: str) -> Any:
        return await self.decide(side, "destruction", "approve")

    async def take_destruction_back(self, side: str) -> Any:
        path = self.path("destruction")
        return await self.send(side, "POST", f"{path}/transitions", {"to": "withdrawn"}, tagged=path)

    async def destruction_log(self, side: str) -> Any:
        return await self.send(side, "GET", f"{self.world.path}/destruction-log-entries")

    async def learn(self, side: str) -> Any:
        body = LEARNED | {"text": f"Så såg {side} det."}
        return await self.send(side, "POST", f"{self.path('group')}/learning-log-entries", body)

    async def edit_learned(self, side: str) -> Any:
        body = {"text": f"Så ser {side} det nu."}
        return await self.send(side, "PATCH", self.path("learned"), body, tagged=self.path("learned"))

    async def look_again(self, side: str) -> Any:
        return await self.send(side, "POST", f"{self.path('learned')}/revisits", {"stillHolds": f"Enligt {side}."})

    async def propose_learned(self, side: str) -> Any:
        path = self.path("learned")
        return await self.send(side, "POST", f"{path}/transitions", {"to": "proposed"}, tagged=path)

    async def take_learned_back(self, side: str) -> Any:
        path = self.path("learned")
        return await self.send(side, "POST", f"{path}/transitions", {"to": "own"}, tagged=path)

    async def approve_learned(self, side: str) -> Any:
        return await self.decide(side, "learned", "approve")

    async def request_change_of_learned(self, side: str) -> Any:
        return await self.decide(side, "learned", "requestChange")

    async def list_learned(self, side: str) -> Any:
        return await self.send(side, "GET", f"{self.path('group')}/learning-log-entries")

    async def library(self, side: str) -> Any:
        return await self.send(side, "GET", f"{self.world.path}/learning-library")

    async def read_group(self, side: str) -> Any:
        return await self.send(side, "GET", self.path("group"))

    async def read_record(self, side: str) -> Any:
        return await self.send(side, "GET", self.path("record"))

    async def list_records(self, side: str) -> Any:
        return await self.send(side, "GET", f"{self.world.path}/session-records")

    async def list_actions(self, side: str) -> Any:
        return await self.send(side, "GET", f"{self.path('group')}/actions")

    async def appoint(self, side: str) -> Any:
        body = {"personId": self.world.employee.id, "function": "Ersättare"}
        return await self.send(side, "POST", f"/parties/{self.party(side)}/mandates", body)

    async def list_own_mandates(self, side: str) -> Any:
        return await self.send(side, "GET", f"/parties/{self.party(side)}/mandates")

    async def list_other_mandates(self, side: str) -> Any:
        other = self.party(SIDES[side == "employer"])
        return await self.send(side, "GET", f"/parties/{other}/mandates")

    async def list_people(self, side: str) -> Any:
        return await self.send(side, "GET", f"{self.world.path}/people")

    async def trail(self, side: str) -> Any:
        return await self.send(side, "GET", f"{self.world.path}/audit-entries?limit=100")

    # The system administrator stands on no side; who asked for it does not matter.

    async def let_client_in(self, _side: str) -> Any:
        """A program that waits for the consent of the employer and any union."""
        administrator = self.world.administrator.client
        await administrator.change(self.world.path, {"approvalRule": "any"})
        return await administrator.request("POST", f"{self.world.path}/service-clients", json=a_client(scopes=SCOPES))

    async def edit_client(self, side: str) -> Any:
        administrator, path = self.world.administrator.client, self.path("client")
        etag = (await administrator.request("GET", path)).headers.get("ETag", '"0"')
        return await administrator.request("PATCH", path, json={"purpose": f"Nytt {side}"}, etag=etag)

    async def approve_client(self, side: str) -> Any:
        return await self.decide(side, "client", "approve")

    async def request_change_of_client(self, side: str) -> Any:
        return await self.decide(side, "client", "requestChange")

    async def read_client(self, side: str) -> Any:
        return await self.send(side, "GET", self.path("client"))

    async def list_clients(self, side: str) -> Any:
        return await self.send(side, "GET", f"{self.world.path}/service-clients")

    async def let_client_read(self, _side: str) -> Any:
        """What the program itself gets, with a secret of its own each time."""
        if "client" not in self.at:
            return await self.world.nobody.request("GET", "/me")
        secret = await a_secret(self.world, self.at["client"])
        client = self.world.nobody.signed_in(token_for(self.world.app, self.at["client"], secret["id"]))
        answer = await client.request("GET", f"{self.world.path}/session-records")
        own = f"/service-client-credentials/{secret['id']}"
        await self.world.administrator.client.change(own, None, 204, method="DELETE")
        return answer


steps = st.tuples(st.sampled_from(SIDES), st.sampled_from(STEPS))
histories = st.builds(
    lambda opening, more: OPENING[:opening] + more,
    st.integers(0, len(OPENING)),
    st.lists(steps, min_size=3, max_size=14),
)


@settings(max_examples=sized(5, 100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(history=OPENING + [(side, step) for step in STEPS for side in SIDES])
@given(history=histories)
async def test_swapping_the_sides_swaps_the_result(app: FastAPI, history: list[tuple[str, str]]) -> None:
    async with World(app) as one, World(app, swapped=True) as other:
        replays = [Replay(one), Replay(other)]
        for side, step in history:
            seen = [await replay.play(side, step) for replay in replays]
            assert seen[0] == seen[1], (side, step)
