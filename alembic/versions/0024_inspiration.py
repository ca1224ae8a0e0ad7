"""Pieces of inspiration and process guides, published by content packs

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

SERVICE, CLIENT, SYSTEM = "larande_service", "larande_client", "larande_system"


def upgrade() -> None:
    kinds = ("article", "film", "podcast", "exercise", "case")
    op.create_table(
        "inspiration_item",
        *_row(),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("item_version", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*kinds, name="inspiration_kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("title", postgresql.JSONB(), nullable=False),
        sa.Column("dimensions", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("phases", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("templates", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("reading_minutes", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text_sv", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        _search("sv", "swedish"),
        _search("en", "english"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspiration_item")),
        sa.UniqueConstraint("key", "item_version", name=op.f("uq_inspiration_item_key_item_version")),
    )
    for language in ("sv", "en"):
        name = f"ix_inspiration_item_search_{language}"
        op.create_index(name, "inspiration_item", [f"search_{language}"], postgresql_using="gin")
    op.create_table(
        "process_guide",
        *_row(),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("guide_version", sa.String(), nullable=False),
        sa.Column("title", postgresql.JSONB(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_guide")),
        sa.UniqueConstraint("key", "guide_version", name=op.f("uq_process_guide_key_guide_version")),
    )
    for table in ("inspiration_item", "process_guide"):
        _guard(table)
        _confine(table)


def _row() -> "tuple[sa.Column[object], ...]":
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def _search(language: str, dictionary: str) -> "sa.Column[object]":
    made = sa.Computed(f"to_tsvector('{dictionary}', text_{language})", persisted=True)
    return sa.Column(f"search_{language}", postgresql.TSVECTOR(), made, nullable=True)


def _guard(table: str) -> None:
    """What is published never changes (see 0002)."""
    op.execute(
        f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")


def _confine(table: str) -> None:
    """Read by everybody who is signed in, written by the program alone (see 0012)."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"GRANT SELECT, INSERT ON {table} TO {SYSTEM}")
    op.execute(f"CREATE POLICY {SYSTEM} ON {table} TO {SYSTEM} USING (true) WITH CHECK (true)")
    op.execute(f"GRANT SELECT ON {table} TO {SERVICE}, {CLIENT}")
    op.execute(f"CREATE POLICY {SERVICE}_select ON {table} FOR SELECT TO {SERVICE} USING (true)")


def downgrade() -> None:
    op.drop_table("process_guide")
    op.drop_table("inspiration_item")
