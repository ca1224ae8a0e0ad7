"""Dialogue templates: found, read, copied, changed while drafts, published, retired."""

from uuid import UUID

from app.models.dialogue_template import DialogueTemplate, DialogueTemplateState
from app.services.errors import Code, Refusal
from app.services.work import Work, find


async def published_template(work: Work, template_id: UUID) -> DialogueTemplate:
    """The version a new session may follow: seen by the actor, and published."""
    try:
        template = await find(work, DialogueTemplate, template_id)
    except Refusal:
        raise Refusal(Code.UNKNOWN_TEMPLATE, "/dialogueTemplateId") from None
    if template.state is not DialogueTemplateState.PUBLISHED:
        raise Refusal(Code.UNKNOWN_TEMPLATE, "/dialogueTemplateId")
    return template


def question_kinds(template: DialogueTemplate) -> dict[str, str]:
    """What is written down for each question: `group`, `party`, `action`, or `none`."""
    return {question["id"]: question["record"] for step in template.content["steps"] for question in step["questions"]}
