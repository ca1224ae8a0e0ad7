"""All organisations together, once a quarter, for the central analyst

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

SERVICE, CLIENT, SYSTEM = "larande_service", "larande_client", "larande_system"
ANALYST = (
    "EXISTS (SELECT FROM person AS own WHERE 'centralAnalyst' = ANY (own.roles) "
    "AND own.id = (SELECT nullif(current_setting('larande.person', true), '')::uuid))"
)


def upgrade() -> None:
    op.create_table(
        "central_aggregate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_central_aggregate")),
        sa.UniqueConstraint("starts_on", name=op.f("uq_central_aggregate_starts_on")),
    )
    op.create_table(
        "central_contribution",
        sa.Column("central_aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("members", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.ForeignKeyConstraint(
            ["central_aggregate_id"],
            ["central_aggregate.id"],
            name=op.f("fk_central_contribution_central_aggregate_id_central_aggregate"),
        ),
        sa.PrimaryKeyConstraint("central_aggregate_id", "family", name=op.f("pk_central_contribution")),
    )
    # --- the second wall (see 0012). Whose figures they are is the program's alone, and nobody changes any of it.
    for table in ("central_aggregate", "central_contribution"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {SYSTEM}")
        op.execute(f"CREATE POLICY {SYSTEM} ON {table} TO {SYSTEM} USING (true) WITH CHECK (true)")
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")
    op.execute(f"GRANT SELECT ON central_aggregate TO {SERVICE}")
    op.execute(f"CREATE POLICY {SERVICE}_select ON central_aggregate FOR SELECT TO {SERVICE} USING ({ANALYST})")
    # There, and empty: a request about one is answered like one about what does not exist.
    op.execute(f"GRANT SELECT ON central_aggregate TO {CLIENT}")


def downgrade() -> None:
    op.drop_table("central_contribution")
    op.drop_table("central_aggregate")
