"""What could be suggested to a group, and what of it the group has used: two statements, whatever there is."""

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm
from sqlmodel import col

from app.models.dialogue_session import DialogueSession
from app.models.dialogue_template import DialogueTemplate, DialogueTemplateState
from app.models.inspiration_item import InspirationItem
from app.models.overview import SuggestionKind
from app.models.process_guide import ProcessGuide
from app.services import policy
from app.services.content_languages import is_latest, language_said, said
from app.services.dialogue_templates import IS_LATEST
from app.services.overview_rows import GROUP, HELD, swedish_day_of

_held_last = sa.func.max(swedish_day_of(col(DialogueSession.starts_at)))
# By version first: a group has held many sessions on few of them.
_BY_VERSION = (
    sa.select(col(DialogueSession.dialogue_template_id), _held_last.label("held_on"))
    .where(col(DialogueSession.working_group_id) == GROUP, HELD, policy.visible(DialogueSession))
    .group_by(col(DialogueSession.dialogue_template_id))
    .subquery()
)
_version = sa.orm.aliased(DialogueTemplate)
_LAST_HELD = (
    sa.select(col(_version.key).label("key"), sa.func.max(_BY_VERSION.c.held_on).label("held_on"))
    .select_from(_BY_VERSION)
    .join(_version, col(_version.id) == _BY_VERSION.c.dialogue_template_id)
    .group_by(col(_version.key))
    .subquery()
)
_size: Any = col(DialogueTemplate.content)["participants"]["groupSize"]
_NO_KEYS = sa.cast(sa.literal("{}"), sa.ARRAY(sa.Text))


def _material(kind: SuggestionKind, row_type: Any, **named: Any) -> sa.Select[*tuple[Any, ...]]:
    given: dict[str, Any] = {
        "minutes": sa.cast(sa.null(), sa.Integer),
        "dimensions": _NO_KEYS,
        "templates": _NO_KEYS,
        "least": sa.cast(sa.null(), sa.Integer),
        "most": sa.cast(sa.null(), sa.Integer),
        "held_on": sa.cast(sa.null(), sa.Date),
        "own": sa.false(),
    } | named
    return sa.select(
        sa.literal(kind.value).label("kind"),
        row_type.id.label("id"),
        row_type.key.label("key"),
        *(column.label(name) for name, column in given.items()),
    ).where(policy.visible(row_type))


MATERIALS = sa.union_all(
    _material(
        SuggestionKind.DIALOGUE_TEMPLATE,
        DialogueTemplate,
        minutes=col(DialogueTemplate.total_minutes),
        dimensions=sa.type_coerce(col(DialogueTemplate.climate_dimensions), sa.ARRAY(sa.Text)),
        least=_size["min"].as_integer(),
        most=_size["max"].as_integer(),
        held_on=_LAST_HELD.c.held_on,
        own=col(DialogueTemplate.organisation_id).is_not(None),
    )
    .outerjoin(_LAST_HELD, _LAST_HELD.c.key == col(DialogueTemplate.key))
    .where(
        sa.or_(
            col(DialogueTemplate.organisation_id).is_(None),
            col(DialogueTemplate.organisation_id) == sa.bindparam("organisation_id", type_=sa.Uuid),
        ),
        col(DialogueTemplate.state) == DialogueTemplateState.PUBLISHED,
        IS_LATEST,
    ),
    _material(
        SuggestionKind.INSPIRATION_ITEM,
        InspirationItem,
        minutes=col(InspirationItem.reading_minutes),
        dimensions=sa.type_coerce(col(InspirationItem.dimensions), sa.ARRAY(sa.Text)),
        templates=col(InspirationItem.templates),
    ).where(is_latest(InspirationItem, "item_version")),
    _material(SuggestionKind.PROCESS_GUIDE, ProcessGuide).where(is_latest(ProcessGuide, "guide_version")),
)


_TITLED: tuple[Any, ...] = (DialogueTemplate, InspirationItem, ProcessGuide)


@lru_cache(maxsize=64)
def titles_in(asked: tuple[str, ...]) -> sa.CompoundSelect[Any]:
    """What has been chosen, by its title in the first of these languages that it is written in."""
    return sa.union_all(
        *(
            sa.select(
                row_type.id.label("id"),
                said(row_type.id, row_type.content, "title", asked).label("title"),
                language_said(row_type.id, row_type.content, asked).label("language"),
            ).where(row_type.id == sa.any_(sa.bindparam("chosen", type_=sa.ARRAY(sa.Uuid))))
            for row_type in _TITLED
        )
    )
