"""Process guides that working groups follow, and how far each party thinks that its group has come

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

SERVICE, CLIENT, SYSTEM = "larande_service", "larande_client", "larande_system"
# As 0012 confines what is an organisation's own, and what a party alone can add.
ORGANISATION = "(SELECT nullif(current_setting('larande.organisation', true), '')::uuid)"
PARTIES = "(SELECT string_to_array(current_setting('larande.parties', true), ',')::uuid[])::uuid[]"
OWN = f"organisation_id = {ORGANISATION}"
OWN_PARTY = f"({OWN} AND party_id = ANY ({PARTIES}))"
SEEN = f"nullif({OWN}, false) IS NOT NULL"

GUIDE, RATING = "followed_guide", "guide_rating"
PHASES = ("anchor", "beginInTheWork", "lookTogether", "try", "followUp", "keepAlive")
# Whose it is and which version of which guide: fixed.
CHANGES = ("version", "state", "current_phase", "progress", "skips", "end_reason", "ended_at")
WRITTEN = ("skips", "end_reason")


def upgrade() -> None:
    op.create_table(
        GUIDE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _moment("created_at"),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("process_guide_id", sa.Uuid(), nullable=False),
        sa.Column("state", _enum("followed_guide_state", "following", "completed", "ended"), nullable=False),
        sa.Column("current_phase", _enum("phase", *PHASES), nullable=True),
        sa.Column("progress", postgresql.JSONB(), nullable=False),
        sa.Column("skips", postgresql.JSONB(), nullable=False),
        sa.Column("end_reason", sa.String(), nullable=True),
        _moment("ended_at", nullable=True),
        _refers(GUIDE, "organisation_id", "organisation"),
        _refers(GUIDE, "working_group_id", "working_group"),
        _refers(GUIDE, "process_guide_id", "process_guide"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followed_guide")),
    )
    by_time = ["working_group_id", "created_at", "id"]
    op.create_index("ix_followed_guide_working_group_id_created_at_id", GUIDE, by_time)
    following = sa.text("state = 'following'")
    one = "uq_followed_guide_following"
    op.create_index(one, GUIDE, ["working_group_id"], unique=True, postgresql_where=following)
    op.create_table(
        RATING,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("followed_guide_id", sa.Uuid(), nullable=False),
        sa.Column("phase", _enum("phase", *PHASES), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        _moment("rated_at"),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name=op.f("ck_guide_rating_level")),
        _refers(RATING, "organisation_id", "organisation"),
        _refers(RATING, "working_group_id", "working_group"),
        _refers(RATING, "followed_guide_id", "followed_guide"),
        _refers(RATING, "party_id", "party"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guide_rating")),
    )
    latest = ["followed_guide_id", "phase", "party_id", "rated_at", "id"]
    op.create_index("ix_guide_rating_latest", RATING, latest)
    # --- what is pinned and what is held (see 0002 and 0014)
    op.execute(
        f"CREATE TRIGGER {GUIDE}_is_as_chosen BEFORE UPDATE OF process_guide_id ON {GUIDE} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    kept = ", ".join(f"'{column}'" for column in WRITTEN)
    op.execute(
        f"CREATE TRIGGER {GUIDE}_under_hold_as_it_is BEFORE UPDATE OF {', '.join(WRITTEN)} ON {GUIDE} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_while_held({kept})"
    )
    # --- the second wall (see 0012)
    for table in (GUIDE, RATING):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {SYSTEM}")
        op.execute(f"CREATE POLICY {SYSTEM} ON {table} TO {SYSTEM} USING (true) WITH CHECK (true)")
        _let(table, "SELECT", f"USING ({SEEN})")
        # There, and empty: a request about one is answered like one about what does not exist.
        op.execute(f"GRANT SELECT ON {table} TO {CLIENT}")
    op.execute(f"GRANT UPDATE (version) ON {GUIDE} TO {CLIENT}")
    _let(GUIDE, "INSERT", f"WITH CHECK ({OWN})")
    _let(GUIDE, "UPDATE", f"USING ({SEEN}) WITH CHECK ({OWN})", CHANGES)
    _let(RATING, "INSERT", f"WITH CHECK ({OWN_PARTY})")


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _let(table: str, verb: str, clause: str, columns: tuple[str, ...] = ()) -> None:
    of = f" ({', '.join(columns)})" if columns else ""
    op.execute(f"GRANT {verb}{of} ON {table} TO {SERVICE}")
    op.execute(f"CREATE POLICY {SERVICE}_{verb.lower()} ON {table} FOR {verb} TO {SERVICE} {clause}")


def downgrade() -> None:
    op.drop_table(RATING)
    op.drop_table(GUIDE)
