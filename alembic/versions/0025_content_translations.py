"""Third languages of pieces and guides, published by content packs

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

SERVICE, CLIENT, SYSTEM = "larande_service", "larande_client", "larande_system"
TABLE = "content_translation"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("translation_version", sa.String(), nullable=False),
        sa.Column("texts", postgresql.JSONB(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("search", postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple', words)", persisted=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_translation")),
        sa.UniqueConstraint(
            "subject_id",
            "language",
            "translation_version",
            name=op.f("uq_content_translation_subject_id_language_translation_version"),
        ),
    )
    op.create_index("ix_content_translation_search", TABLE, ["search"], postgresql_using="gin")
    # What is published never changes (see 0002); read by everybody who is signed in, written by the program (see 0012).
    op.execute(
        f"CREATE TRIGGER {TABLE}_stays BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"CREATE TRIGGER {TABLE}_is_not_emptied BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_change()")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"GRANT SELECT, INSERT ON {TABLE} TO {SYSTEM}")
    op.execute(f"CREATE POLICY {SYSTEM} ON {TABLE} TO {SYSTEM} USING (true) WITH CHECK (true)")
    op.execute(f"GRANT SELECT ON {TABLE} TO {SERVICE}, {CLIENT}")
    op.execute(f"CREATE POLICY {SERVICE}_select ON {TABLE} FOR SELECT TO {SERVICE} USING (true)")


def downgrade() -> None:
    op.drop_table(TABLE)
