"""What working groups have learned, looked at again and shared

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

SERVICE, CLIENT, SYSTEM = "larande_service", "larande_client", "larande_system"
OWN = "organisation_id = (SELECT nullif(current_setting('larande.organisation', true), '')::uuid)"
# The settings leave nearly every row, and PostgreSQL is to expect that (see 0012).
SEEN = f"nullif({OWN}, false) IS NOT NULL"
TABLE = "learning_log_entry"
STATES = ("own", "proposed", "shared")
SAID = ("title", "text", "learned_month")
CHANGED = (*("version", "state", "content_hash", "shared_at", "last_looked_at_on", "revisits"), *SAID)
KEPT = ("title", "text", "revisits")
FINAL = (
    *("id", "organisation_id", "working_group_id", "unit_id", "dialogue_session_id", "created_at"),
    *("state", "content_hash", "shared_at"),
    *SAID,
)
SUBJECTS = (
    *("workingGroup", "sessionRecord", "surveyRound", "surveyAmendment", "surveyTexts", "serviceClient"),
    "destruction",
)


def upgrade() -> None:
    state = sa.Enum(*STATES, name="learning_log_entry_state", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("dialogue_session_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("learned_month", sa.String(), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_looked_at_on", sa.Date(), nullable=False),
        sa.Column("revisits", postgresql.JSONB(), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('swedish', title || ' ' || text)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("(state = 'own') = (content_hash IS NULL)", name=op.f(f"ck_{TABLE}_hash")),
        sa.CheckConstraint("(state = 'shared') = (shared_at IS NOT NULL)", name=op.f(f"ck_{TABLE}_shared")),
        *(
            sa.ForeignKeyConstraint([f"{parent}_id"], [f"{parent}.id"], name=op.f(f"fk_{TABLE}_{parent}_id"))
            for parent in ("organisation", "working_group", "unit", "dialogue_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(f"ix_{TABLE}_working_group_id_id", TABLE, ["working_group_id", "id"])
    shared = sa.text("state = 'shared'")
    op.create_index(f"ix_{TABLE}_shared", TABLE, ["organisation_id", "shared_at", "id"], postgresql_where=shared)
    op.create_index(f"ix_{TABLE}_search", TABLE, ["search"], postgresql_using="gin")
    _let_approvals_be_about((*SUBJECTS, "learningLogEntry"))
    _guard()
    # --- the second wall (see 0012)
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {SYSTEM}")
    op.execute(f"CREATE POLICY {SYSTEM} ON {TABLE} TO {SYSTEM} USING (true) WITH CHECK (true)")
    _let("SELECT", f"USING ({SEEN})")
    _let("INSERT", f"WITH CHECK ({OWN})")
    _let("UPDATE", f"USING ({SEEN}) WITH CHECK ({OWN})", ", ".join(CHANGED))
    _let("DELETE", f"USING ({SEEN})")
    # There, and empty: a request about one is answered like one about what does not exist.
    op.execute(f"GRANT SELECT, UPDATE (version) ON {TABLE} TO {CLIENT}")


def _guard() -> None:
    """What is shared stays as it was decided (see 0002), and a hold keeps what was written (see 0014)."""
    op.execute(
        f"CREATE TRIGGER {TABLE}_stays BEFORE UPDATE OF {', '.join(FINAL)} OR DELETE ON {TABLE} FOR EACH ROW "
        "WHEN (OLD.state = 'shared') EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"CREATE TRIGGER {TABLE}_is_not_emptied BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION refuse_change()")
    arguments = ", ".join(f"'{column}'" for column in KEPT)
    op.execute(
        f"CREATE TRIGGER {TABLE}_under_hold_as_it_is BEFORE UPDATE OF {', '.join(KEPT)} ON {TABLE} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_while_held({arguments})"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_under_hold_stays BEFORE DELETE ON {TABLE} FOR EACH ROW "
        "EXECUTE FUNCTION refuse_while_held()"
    )


def _let(verb: str, clause: str, columns: str = "") -> None:
    op.execute(f"GRANT {verb}{f' ({columns})' if columns else ''} ON {TABLE} TO {SERVICE}")
    op.execute(f"CREATE POLICY {SERVICE}_{verb.lower()} ON {TABLE} FOR {verb} TO {SERVICE} {clause}")


def _let_approvals_be_about(subjects: tuple[str, ...]) -> None:
    allowed = ", ".join(f"'{subject}'" for subject in subjects)
    op.execute("ALTER TABLE approval DROP CONSTRAINT ck_approval_subject_type")
    op.execute(f"ALTER TABLE approval ADD CONSTRAINT ck_approval_subject_type CHECK (subject_type IN ({allowed}))")


def downgrade() -> None:
    op.drop_table(TABLE)
    op.execute("ALTER TABLE approval DISABLE TRIGGER USER")
    op.execute("DELETE FROM approval WHERE subject_type = 'learningLogEntry'")
    op.execute("ALTER TABLE approval ENABLE TRIGGER USER")
    _let_approvals_be_about(SUBJECTS)
