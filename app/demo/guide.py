"""docs/demo.md, written from the story: who is who, and what each group has been through."""

from collections.abc import Iterable, Iterator

from app.demo import story
from app.demo.story import GroupStory, Lesson, ToldGroup, ToldGuide, ToldSession
from app.models.approval import Decision
from app.models.organisation import ApprovalRule

_HEAD = """\
# The demo agency

{name} ({short}) does not exist. It has {units} units, {heads:,} employees by
head-count, four parties and {groups} working groups.

`larande demo load` makes it by calling the services as its people would have done, day by day, so its content
hashes, approvals and audit trail are genuine. The same `--today` gives the same data on every machine; the days
below are working days before (-) and after (+) it.

This page is written by `larande demo guide docs/demo.md`.

**Everybody knows the password.** Load the demo only where nothing else is kept.

## Who is who

All sign in with the password `{password}`.

| E-mail | Who |
|---|---|
"""


def written() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    agency, units = story.agency(), story.units()
    closed = {change.unit for change in units.changes if change.closed}
    heads = {unit.id: unit.heads or 0 for unit in units.units}
    heads |= {change.unit: change.heads for change in units.changes if change.heads is not None}
    yield _HEAD.format(
        name=agency.organisation["name"],
        short=agency.organisation["shortName"],
        units=len(heads.keys() - closed),
        heads=sum(count for unit, count in heads.items() if unit not in closed),
        groups=len(story.groups()),
        password=agency.password,
    ).rstrip("\n")
    for person in agency.people:
        yield f"| {person.email} | {person.name}, {person.account} |"
    yield "\n## The groups"
    for told in story.groups():
        yield from _of_group(told)


def _of_group(told: GroupStory) -> Iterator[str]:
    group, names = told.group, story.agency().parties
    yield f"\n### {group.name}\n"
    rule = "one union's approval is enough" if group.rule is ApprovalRule.ANY else "every party must approve"
    yield f"Parties: {', '.join(names[party].name for party in group.parties)}; {rule}. {_state(told)}"
    if told.guide is not None:
        begun = f"Has followed the process guide `{told.guide.key}` since day {told.guide.begun.day:+}"
        yield f"{begun}: {_phases(told.guide)}."
    if told.sessions:
        yield "\n| Day | Session | Template | What became of it |\n|---|---|---|---|"
    for session in told.sessions:
        title = session.title or "(the template's title)"
        yield f"| {session.starts:+} | {title} | {session.template} | {_outcome(group, session)} |"
    if told.lessons:
        yield "\n| Day | In the learning log | What became of it |\n|---|---|---|"
    for lesson in sorted(told.lessons, key=lambda lesson: lesson.written.day):
        yield f"| {lesson.written.day:+} | {lesson.title} | {_shared(group, lesson)} |"


def _state(told: GroupStory) -> str:
    group = told.group
    if group.closed is not None:
        return f"Closed on day {group.closed.day:+}."
    if len(group.approvals) < len(group.parties):
        return f"Proposed on day {group.proposed.day:+} and approved by the employer; waits for the unions."
    return f"Started on day {group.approvals[-1].day:+}."


def _phases(guide: ToldGuide) -> str:
    """How many phases it has behind it; each step in the story is on to the next."""
    skipped = sum(step.to == "phaseSkipped" for step in guide.steps)
    done = f"{len(guide.steps) - skipped} phases done" if len(guide.steps) - skipped != 1 else "1 phase done"
    return f"{done}, {skipped} skipped" if skipped else done


def _shared(group: ToldGroup, lesson: Lesson) -> str:
    looked = ", looked at again" if lesson.revisits else ""
    if lesson.proposed is None:
        return f"the group's own{looked}"
    return ("shared with the agency" if _agreed(group, lesson.decisions) else "proposed to the agency") + looked


def _outcome(group: ToldGroup, session: ToldSession) -> str:
    if session.cancelled is not None:
        return "cancelled"
    if not session.held:
        return "planned" if session.prepared is None else "prepared"
    parts = ["held; " + _record(group, session)]
    if session.registered is not None:
        parts.append("registered")
    if session.appendices:
        parts.append("with an appendix")
    if any(decision.decision is Decision.APPROVE_WITH_DISSENT for decision in _decisions(session)):
        parts.append("with dissent")
    if session.handovers:
        parts.append("a matter handed over")
    return ", ".join(parts)


def _decisions(session: ToldSession) -> Iterator[story.ToldDecision]:
    for review in session.review:
        yield from review.decisions


def _record(group: ToldGroup, session: ToldSession) -> str:
    if not session.review:
        return "record being written"
    last = session.review[-1]
    if any(decision.decision is Decision.REQUEST_CHANGE for decision in last.decisions):
        return "record returned"
    if _agreed(group, last.decisions):
        return "record final"
    return "record under review" if last.deadline >= 0 else "record not approved in time"


def _agreed(group: ToldGroup, decisions: Iterable[story.ToldDecision]) -> bool:
    agency = story.agency()
    party_of = {mandate.id: mandate.party for mandate in agency.mandates}
    agreed = {party_of[decision.by] for decision in decisions}
    both_sides = len({agency.parties[party].side for party in agreed}) > 1
    return both_sides and (group.rule is ApprovalRule.ANY or agreed == set(group.parties))
