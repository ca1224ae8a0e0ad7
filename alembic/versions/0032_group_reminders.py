"""What working groups are reminded of, once for each group, and told to the service clients that both sides let know

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

SERVICE, CLIENT, SYSTEM = "larande_service", "larande_client", "larande_system"
OWN = "organisation_id = (SELECT nullif(current_setting('larande.organisation', true), '')::uuid)"
# The settings leave nearly every row, and PostgreSQL is to expect that (see 0012).
SEEN = f"nullif({OWN}, false) IS NOT NULL"
TABLE = "group_reminder"
KINDS = ("followUp", "actionDue", "approvalAwaited", "groupQuiet")
SUBJECTS = (
    *("workingGroup", "dialogueSession", "sessionRecord", "action", "surveyRound", "surveyAmendment", "surveyTexts"),
    *("destruction", "learningLogEntry"),
)
SCOPES = ("people:read", "people:write", "units:read", "units:write", "records:read", "results:read")
TYPES = ("unit", "person", "sessionRecord", "surveyRound")

# As note_change() of 0018 does; these never change, and whoever may read one sees it from the first. The program before
# this one reads all changes of an organisation, whatever it tells of, and stops at a word that it does not know:
# nothing is written where no client has been given the scope that came with these.
NOTE_REMINDER = """
    CREATE FUNCTION note_group_reminder() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
    DECLARE
        its record;
    BEGIN
        IF TG_OP = 'INSERT' THEN its := NEW; ELSE its := OLD; END IF;
        IF NOT EXISTS (
            SELECT FROM service_client
            WHERE organisation_id = its.organisation_id AND 'reminders:read' = ANY (scopes)
        ) THEN
            RETURN NULL;
        END IF;
        PERFORM pg_advisory_xact_lock({lock}, hashtext(its.organisation_id::text));
        INSERT INTO change (organisation_id, subject_type, subject_id, kind, happened_at)
        VALUES (
            its.organisation_id, 'groupReminder', its.id,
            CASE TG_OP WHEN 'INSERT' THEN 'created' ELSE 'removed' END, clock_timestamp()
        );
        RETURN NULL;
    END $$
"""
LOCK = 0x6C636867


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _enum("reminder_kind", *KINDS), nullable=False),
        sa.Column("subject_type", _enum("reminder_subject", *SUBJECTS), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("about_on", sa.Date(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint([f"{parent}_id"], [f"{parent}.id"], name=op.f(f"fk_{TABLE}_{parent}_id"))
            for parent in ("organisation", "working_group")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(f"uq_{TABLE}_key", TABLE, ["kind", "subject_id", "about_on", "step"], unique=True)
    op.create_index(f"ix_{TABLE}_organisation_id_id", TABLE, ["organisation_id", "id"])
    op.create_index(f"ix_{TABLE}_working_group_id", TABLE, ["working_group_id"])
    op.create_index(f"ix_{TABLE}_created_at", TABLE, ["created_at"])
    # --- the second wall (see 0012). The program alone notes and forgets them, and nobody changes any.
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON {TABLE} TO {SYSTEM}")
    op.execute(f"CREATE POLICY {SYSTEM} ON {TABLE} TO {SYSTEM} USING (true) WITH CHECK (true)")
    for role in (SERVICE, CLIENT):
        op.execute(f"GRANT SELECT ON {TABLE} TO {role}")
        op.execute(f"CREATE POLICY {role}_select ON {TABLE} FOR SELECT TO {role} USING ({SEEN})")
    _allow("change", "changed_type", f"subject_type IN ({_listed(*TYPES, 'groupReminder')})")
    _allow("webhook_endpoint", "types", f"types <@ ARRAY[{_listed(*TYPES, 'groupReminder')}]")
    _allow("service_client", "scopes", f"scopes <@ ARRAY[{_listed(*SCOPES, 'reminders:read')}]")
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    op.execute(NOTE_REMINDER.format(schema=schema, lock=LOCK))
    op.execute("REVOKE ALL ON FUNCTION note_group_reminder FROM PUBLIC")
    for event in ("INSERT", "DELETE"):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {TABLE}_{event.lower()}_noted AFTER {event} ON {TABLE} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_group_reminder()"
        )


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _listed(*words: str) -> str:
    return ", ".join(f"'{each}'" for each in words)


def _allow(table: str, name: str, condition: str) -> None:
    """What may stand in a column."""
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({condition})")


def downgrade() -> None:
    op.drop_table(TABLE)
    op.execute("DROP FUNCTION note_group_reminder()")
    op.execute("DELETE FROM change WHERE subject_type = 'groupReminder'")
    # An endpoint that hears of other things too goes on with those.
    op.execute("DELETE FROM webhook_endpoint WHERE types = ARRAY['groupReminder']")
    op.execute("DELETE FROM webhook_delivery WHERE event LIKE 'groupReminder.%'")
    op.execute(
        "UPDATE webhook_endpoint SET types = array_remove(types, 'groupReminder'), version = version + 1 "
        "WHERE 'groupReminder' = ANY (types)"
    )
    # Nobody has agreed to what is left of it; and one of which nothing is left, which the former program could not
    # show, is ended under the name of a scope of its kind that gives it nothing.
    op.execute(
        "UPDATE service_client SET consented_at = NULL, version = version + 1, "
        "state = CASE WHEN scopes = ARRAY['reminders:read'] THEN 'ended' ELSE state END, "
        "ended_at = CASE WHEN scopes = ARRAY['reminders:read'] THEN coalesce(ended_at, now()) ELSE ended_at END, "
        "scopes = CASE WHEN scopes = ARRAY['reminders:read'] THEN ARRAY['records:read'] "
        "ELSE array_remove(scopes, 'reminders:read') END WHERE 'reminders:read' = ANY (scopes)"
    )
    _allow("change", "changed_type", f"subject_type IN ({_listed(*TYPES)})")
    _allow("webhook_endpoint", "types", f"types <@ ARRAY[{_listed(*TYPES)}]")
    _allow("service_client", "scopes", f"scopes <@ ARRAY[{_listed(*SCOPES)}]")
