"""Calendars that people subscribe to by an address that only they know

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

SERVICE, CLIENT, ENTRANCE, SYSTEM = "larande_service", "larande_client", "larande_entrance", "larande_system"
OWN = "person_id = (SELECT nullif(current_setting('larande.person', true), '')::uuid)"
SEEN = f"nullif({OWN}, false) IS NOT NULL"
OF_A_GROUP_SEEN = (
    "(working_group_id IS NULL "
    "OR EXISTS (SELECT FROM working_group AS parent WHERE parent.id = calendar_feed.working_group_id))"
)
TABLE = "calendar_feed"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id")),
        sa.ForeignKeyConstraint(
            ["working_group_id"], ["working_group.id"], name=op.f("fk_calendar_feed_working_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
    )
    op.create_index("ix_calendar_feed_person_id_created_at_id", TABLE, ["person_id", "created_at", "id"])
    op.create_index("uq_calendar_feed_token_hash", TABLE, ["token_hash"], unique=True)
    # --- the second wall (see 0012)
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {SYSTEM}")
    # Before there is an actor: whose address it is.
    op.execute(f"GRANT SELECT ON {TABLE} TO {ENTRANCE}")
    for role in (SYSTEM, ENTRANCE):
        op.execute(f"CREATE POLICY {role} ON {TABLE} TO {role} USING (true) WITH CHECK (true)")
    for verb, clause in (
        ("SELECT", f"USING ({SEEN})"),
        ("INSERT", f"WITH CHECK ({OWN} AND {OF_A_GROUP_SEEN})"),
        ("DELETE", f"USING ({SEEN})"),
    ):
        op.execute(f"GRANT {verb} ON {TABLE} TO {SERVICE}")
        op.execute(f"CREATE POLICY {SERVICE}_{verb.lower()} ON {TABLE} FOR {verb} TO {SERVICE} {clause}")
    # To lock a row takes the right to change something of it, which then cannot be changed.
    op.execute(f"GRANT UPDATE (version) ON {TABLE} TO {SERVICE}")
    op.execute(f"CREATE POLICY {SERVICE}_update ON {TABLE} FOR UPDATE TO {SERVICE} USING ({SEEN}) WITH CHECK (false)")
    # There, and empty: a request about one is answered like one about what does not exist.
    op.execute(f"GRANT SELECT, UPDATE (version) ON {TABLE} TO {CLIENT}")


def downgrade() -> None:
    op.drop_table(TABLE)
