"""All endpoints, in the order the document shows them."""

from fastapi import APIRouter

from app.api import (
    actions,
    api_info,
    approvals,
    audit_entries,
    auth,
    dialogue_sessions,
    dialogue_templates,
    mandates,
    me,
    organisations,
    parties,
    party_notes,
    people,
    session_records,
    statements,
    survey_forms,
    survey_responses,
    units,
    working_groups,
)

TAGS = {
    "survey-responses": "Answers to a survey, sealed as they come in; without an account.",
    "survey-forms": "The questionnaire that a survey link opens; without an account.",
    "auth": "Sign in, renew, sign out, set a password.",
    "me": "The one who is signed in.",
    "organisations": "The workplace and its settings.",
    "units": "The organisation's tree of units, on any day.",
    "parties": "The sides at the table: the employer and the unions.",
    "people": "Those who sign in.",
    "mandates": "Who speaks for a party, given and ended by the party itself.",
    "working-groups": "Joint groups: proposed by one side, started by both.",
    "approvals": "A party's decision on one exact content.",
    "dialogue-templates": "Methods for one conversation each, and what holds for all conversations.",
    "dialogue-sessions": "Planned and held conversations.",
    "party-notes": "What a party notes for itself.",
    "session-records": "What a session produced, approved by both sides.",
    "actions": "Agreed next steps.",
    "audit-entries": "Who changed what and when.",
    "api-info": "About this API.",
}

# FastAPI asks them one after the other, and the last costs more than the rest of a request: where thousands come at
# once stands first.
ROUTERS: tuple[APIRouter, ...] = (
    survey_responses.router,
    survey_forms.router,
    auth.router,
    me.router,
    organisations.router,
    units.router,
    parties.router,
    people.router,
    mandates.router,
    working_groups.router,
    approvals.router,
    dialogue_templates.router,
    dialogue_sessions.router,
    party_notes.router,
    session_records.router,
    statements.router,
    actions.router,
    audit_entries.router,
    api_info.router,
)
