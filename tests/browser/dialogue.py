"""What the single-page app's tests need on the table, made over HTTP by people of the demo agency."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from tests.browser.front_end import FrontEnd
from tests.program import PATIENCE

EMPLOYER, UNION, FACILITATOR = "katarina.wikmark", "anneli.kettunen", "jonna.fjellstrom"


@dataclass
class Table:
    """A working group that has started."""

    front_end: FrontEnd
    group: str
    mandates: list[str]
    template: str
    unit: str
    facilitator: str

    async def session(self, title: str, place: str = "Fikarummet") -> str:
        """A planned session; its id."""
        async with self.front_end.as_(UNION) as union:
            made = await union.post(
                f"/working-groups/{self.group}/dialogue-sessions",
                json={
                    "dialogueTemplateId": self.template,
                    "title": title,
                    "startsAt": datetime.now(UTC).isoformat(),
                    "place": place,
                    "facilitatorId": self.facilitator,
                    "facilitatorFunction": "Verksamhetsutvecklare",
                },
            )
            return str(_made(made)["id"])

    async def record_under_review(self, title: str, shared_picture: str = "Tiden för handledning har minskat.") -> str:
        session = f"/dialogue-sessions/{await self.session(title)}"
        async with self.front_end.as_(FACILITATOR) as facilitator:
            present = [{"mandateId": each, "status": "present"} for each in self.mandates]
            await changed(facilitator, session, employeeHeadcount=7, attendances=present)
            held = await facilitator.post(f"{session}/transitions", json={"to": "held"}, headers={"If-Match": '"2"'})
            record = f"/session-records/{_made(held)['sessionRecordId']}"
            await changed(facilitator, record, sharedPicture=shared_picture, answers={"q2": "Att det går att lita på."})
            review = {
                "to": "underReview",
                "noIndividualRecognisable": True,
                "reviewDeadline": (datetime.now(UTC) + timedelta(days=14)).isoformat(),
            }
            _made(await facilitator.post(f"{record}/transitions", json=review, headers={"If-Match": '"2"'}))
        return record.rpartition("/")[2]


async def table(front_end: FrontEnd) -> Table:
    """A new group of the employer and one union, approved by both."""
    async with front_end.as_(EMPLOYER) as employer, front_end.as_(UNION) as union:
        us, them = [await _read(each, "/me") for each in (employer, union)]
        organisation = us["organisation"]["id"]
        units = await _read(employer, f"/organisations/{organisation}/units?q=Biologilaboratoriet")
        templates = await _read(employer, "/dialogue-templates?q=work+well+done")
        parties = [each["mandates"][0]["partyId"] for each in (us, them)]
        group = _made(
            await employer.post(
                f"/organisations/{organisation}/working-groups",
                json={
                    "name": "Lärgruppen på Biologilaboratoriet",
                    "purpose": "Att tala om vad ett väl utfört arbete är.",
                    "scopeUnitId": units["items"][0]["id"],
                    "partyIds": parties,
                },
            )
        )
        for each in (employer, union):
            await approve(each, f"/working-groups/{group['id']}", group["contentHash"], version=1)
    async with front_end.as_(FACILITATOR) as facilitator:
        leader = await _read(facilitator, "/me")
    mandates = [each["mandates"][0]["id"] for each in (us, them)]
    return Table(front_end, group["id"], mandates, templates["items"][0]["id"], units["items"][0]["id"], leader["id"])


async def survey_links(front_end: FrontEnd, count: int = 12) -> list[str]:
    """Links to a survey that both sides have opened, as they stand on slips."""
    made = await table(front_end)
    async with front_end.as_(EMPLOYER) as employer, front_end.as_(UNION) as union:
        organisation = (await _read(employer, "/me"))["organisation"]["id"]
        instruments = await _read(employer, f"/organisations/{organisation}/instruments")
        team = _made(
            await employer.post(
                f"/organisations/{organisation}/units",
                json={"name": "Planktongruppen", "parentId": made.unit, "headcount": 12},
            )
        )
        survey = _made(
            await employer.post(
                f"/working-groups/{made.group}/survey-rounds",
                json={
                    "title": "Lärklimatet",
                    "instrumentId": instruments["items"][0]["id"],
                    "rootUnitId": team["id"],
                    # By our clock; that of the service has been moved, and is another one.
                    "opensAt": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
                    "closesAt": (datetime.now(UTC) + timedelta(days=14)).isoformat(),
                },
            )
        )
        path = f"/survey-rounds/{survey['id']}"
        proposed = _made(
            await employer.post(f"{path}/transitions", json={"to": "proposed"}, headers={"If-Match": '"1"'})
        )
        for each in (employer, union):
            await approve(each, path, proposed["contentHash"], version=2)
        slips = {"unitId": team["id"], "kind": "slips", "count": count}
        links = list(_made(await union.post(f"{path}/invitations", json=slips))["slipLinks"])
    await _opened(front_end, links[0])
    return links


async def _opened(front_end: FrontEnd, link: str) -> None:
    """It can be answered as soon as both sides have approved."""
    token = {"Authorization": f"Bearer {link.partition('#')[2]}"}
    async with httpx2.AsyncClient(base_url=front_end.api, trust_env=False, timeout=PATIENCE) as http:
        form = await http.get("/survey-forms/current", headers=token)
        assert form.status_code == 200, form.text


async def approve(http: httpx2.AsyncClient, path: str, content_hash: str, version: int) -> None:
    decision = {"contentHash": content_hash, "decision": "approve"}
    _made(await http.post(f"{path}/approvals", json=decision, headers={"If-Match": f'"{version}"'}))


async def changed(http: httpx2.AsyncClient, path: str, **fields: Any) -> None:
    """Change something that nobody else changes meanwhile."""
    etag = (await http.get(path)).headers["ETag"]
    answer = await http.patch(path, json=fields, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text


async def _read(http: httpx2.AsyncClient, path: str) -> Any:
    answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _made(answer: httpx2.Response) -> Any:
    assert answer.status_code == 201, answer.text
    return answer.json()
