"""Reminders of working groups, and how each person wants to be reminded

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

SERVICE, CLIENT, ENTRANCE, SYSTEM = "larande_service", "larande_client", "larande_entrance", "larande_system"
OWN = "person_id = (SELECT nullif(current_setting('larande.person', true), '')::uuid)"
CHANGES = "version, digest, muted_kinds, quiet_from, quiet_to, quiet_on_weekends"
KINDS = ("followUp", "actionDue", "approvalAwaited", "groupQuiet")


def upgrade() -> None:
    op.create_table(
        "reminder_settings",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _moment("created_at"),
        sa.Column("digest", _enum("reminder_digest", "daily", "weekly", "off"), nullable=False),
        sa.Column("muted_kinds", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("quiet_from", sa.String(), nullable=False),
        sa.Column("quiet_to", sa.String(), nullable=False),
        sa.Column("quiet_on_weekends", sa.Boolean(), nullable=False),
        sa.Column("unsubscribe_hash", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reminder_settings_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_reminder_settings")),
        sa.UniqueConstraint("unsubscribe_hash", name=op.f("uq_reminder_settings_unsubscribe_hash")),
    )
    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _enum("reminder_kind", *KINDS), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("about_on", sa.Date(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        _moment("created_at"),
        sa.Column("digest_id", sa.Uuid(), nullable=True),
        _moment("digest_at", nullable=True),
        _moment("told_at", nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reminder_person_id_person")),
        sa.ForeignKeyConstraint(
            ["working_group_id"], ["working_group.id"], name=op.f("fk_reminder_working_group_id_working_group")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
    )
    key = ["person_id", "kind", "subject_id", "about_on", "step"]
    op.create_index("uq_reminder_person_id", "reminder", key, unique=True)
    op.create_index("ix_reminder_created_at", "reminder", ["created_at"])
    op.create_index("ix_reminder_working_group_id", "reminder", ["working_group_id"])
    op.create_index("ix_reminder_waiting", "reminder", ["person_id"], postgresql_where=sa.text("told_at IS NULL"))
    # --- the second wall (see 0012). Who is to be told of what is the program's alone.
    for table in ("reminder", "reminder_settings"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {SYSTEM}")
        op.execute(f"CREATE POLICY {SYSTEM} ON {table} TO {SYSTEM} USING (true) WITH CHECK (true)")
    _let(SERVICE, "SELECT", f"USING ({OWN})")
    _let(SERVICE, "INSERT", f"WITH CHECK ({OWN})")
    _let(SERVICE, "UPDATE", f"USING ({OWN}) WITH CHECK ({OWN})", CHANGES)
    # Whoever presses the link in a letter has not signed in.
    _let(ENTRANCE, "SELECT", "USING (true)")
    _let(ENTRANCE, "UPDATE", "USING (true)", "version, digest")
    # There, and empty: a request about one is answered like one about what does not exist.
    op.execute(f"GRANT SELECT, UPDATE (version) ON reminder_settings TO {CLIENT}")


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _let(role: str, verb: str, clause: str, columns: str = "") -> None:
    table = "reminder_settings"
    op.execute(f"GRANT {verb}{f' ({columns})' if columns else ''} ON {table} TO {role}")
    op.execute(f"CREATE POLICY {role}_{verb.lower()} ON {table} FOR {verb} TO {role} {clause}")


def downgrade() -> None:
    op.drop_table("reminder")
    op.drop_table("reminder_settings")
