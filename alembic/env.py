"""Runs migrations on a connection that `larande db` hands over; never opens one itself."""

from typing import Literal

from sqlalchemy import text
from sqlmodel import SQLModel

from alembic import context
from app.models import catalogue  # noqa: F401  (registers every table)
from app.models.columns import PydanticJSON, UtcDateTime

LOCK_TIMEOUT = "5s"


def render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Migrations name plain types, so that they go on running when the program's types change."""
    if kind == "type" and isinstance(item, PydanticJSON):
        return "postgresql.JSONB()"
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and type(item).__name__ == "AutoString":
        return "sa.String()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_item=render_item,
    compare_type=True,
    compare_server_default=False,
)
with context.begin_transaction():
    # A migration that waits for a lock makes everybody behind it wait too; rather fail and try again.
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
    context.run_migrations()
