"""Retention rules, legal holds, joint destruction with its log; and people who have been erased

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SUBJECTS = ("workingGroup", "sessionRecord", "surveyRound", "surveyAmendment", "surveyTexts", "serviceClient")
KINDS = ("sessionRecords", "partyNotes", "auditEntries", "signIns")

# One place says what a hold is on, for the services and for the triggers. Whoever may not read the holds of another
# organisation, or is no person at all, is stopped by them just the same: hence the definer's rights.
IS_HELD = """
    CREATE FUNCTION is_held(its_organisation uuid, its_group uuid, its_record uuid, its_person uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        WITH RECURSIVE records (id, corrects) AS (
            SELECT id, appendix_to_id FROM session_record WHERE id = its_record
            UNION ALL
            SELECT above.id, above.appendix_to_id FROM session_record above JOIN records ON above.id = corrects
        )
        SELECT EXISTS (
            SELECT FROM legal_hold
            WHERE organisation_id = its_organisation AND lifted_at IS NULL AND (
                num_nonnulls(held_group_id, held_record_id, held_person_id) = 0
                OR held_group_id = its_group
                OR held_person_id = its_person
                OR held_record_id IN (SELECT id FROM records)
            )
        ) OR EXISTS (
            SELECT FROM record_registration
            WHERE legal_hold AND session_record_id IN (SELECT id FROM records)
        )
    $$
"""
# Adding to what stands there takes nothing away.
REFUSE_WHILE_HELD = """
    CREATE FUNCTION refuse_while_held() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        before jsonb := to_jsonb(OLD);
        after jsonb := to_jsonb(NEW);
        kept text;
        lost boolean := TG_OP = 'DELETE';
        its_organisation uuid := before ->> 'organisation_id';
        its_record uuid := before ->> 'session_record_id';
        its_person uuid := before ->> 'person_id';
    BEGIN
        FOREACH kept IN ARRAY coalesce(TG_ARGV, '{}'::text[]) LOOP
            lost := lost OR NOT (
                coalesce(before -> kept, 'null') IN ('null', '""', '{}', '[]')
                OR (before -> kept) <@ (after -> kept)
            );
        END LOOP;
        IF NOT lost THEN
            RETURN NEW;
        END IF;
        IF TG_TABLE_NAME = 'session_record' THEN
            its_record := before ->> 'id';
        ELSIF TG_TABLE_NAME = 'approval' THEN
            its_record := before ->> 'subject_id';
        ELSIF TG_TABLE_NAME = 'person' THEN
            its_person := before ->> 'id';
        ELSIF TG_TABLE_NAME = 'sign_in' THEN
            its_organisation := (SELECT organisation_id FROM person WHERE id = its_person);
        END IF;
        IF is_held(its_organisation, (before ->> 'working_group_id')::uuid, its_record, its_person) THEN
            RAISE EXCEPTION '% is under legal hold', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'legal_hold';
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$
"""
UNDER_HOLD = {
    "session_record": (
        "UPDATE OF title, answers, shared_picture, handovers",
        "title, answers, shared_picture, handovers",
    ),
    "statement": ("UPDATE OF answers, differences", "answers, differences"),
    "party_note": ("UPDATE OF text", "text"),
    "action": ("UPDATE OF what, owner_function, reason, effect", "what, owner_function, reason, effect"),
    "approval": (None, ""),
    "dialogue_session": ("UPDATE OF title, place", "title, place"),
    "audit_entry": ("UPDATE OF person_id", "person_id"),
    "sign_in": (None, ""),
}
# Nothing final is destroyed without a decision reference: what the log does not tell of cannot be deleted, and the log
# tells of nothing without one.
REFUSE_UNLESS_LOGGED = """
    CREATE FUNCTION refuse_unless_logged() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        its_id uuid := coalesce(to_jsonb(OLD) ->> 'subject_id', to_jsonb(OLD) ->> 'id');
    BEGIN
        IF NOT EXISTS (
            SELECT FROM destruction_log_entry WHERE destroyed_id = its_id AND kind = 'sessionRecords'
        ) THEN
            RAISE EXCEPTION '% is final', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END $$
"""
# The trail only grows, but for two things: a person who is erased is no longer named in it, and what is past its
# retention goes.
AUDIT_ENTRY_STAYS = """
    CREATE FUNCTION refuse_change_of_audit_entry() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF EXISTS (
                SELECT FROM destruction_log_entry
                WHERE kind = 'auditEntries' AND organisation_id = OLD.organisation_id
                AND party_id IS NOT DISTINCT FROM OLD.party_id AND OLD.happened_at < older_than
            ) THEN
                RETURN OLD;
            END IF;
        ELSIF NEW.person_id IS NULL AND to_jsonb(NEW) - 'person_id' = to_jsonb(OLD) - 'person_id'
            AND EXISTS (SELECT FROM person WHERE id = OLD.person_id AND erased_at IS NOT NULL)
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION '% is final', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END $$
"""
FINAL_RECORD = """
    CREATE OR REPLACE FUNCTION refuse_change_of_final_record() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        record_id uuid := coalesce(to_jsonb(OLD) ->> 'session_record_id', to_jsonb(OLD) ->> 'subject_id');
    BEGIN
        IF EXISTS (SELECT FROM session_record WHERE id = record_id AND state = 'final'){unless_logged} THEN
            RAISE EXCEPTION '% is final', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$
"""
UNLESS_LOGGED = """
            AND NOT (TG_OP = 'DELETE' AND EXISTS (
                SELECT FROM destruction_log_entry WHERE destroyed_id = record_id AND kind = 'sessionRecords'
            ))"""
APPROVAL_CHANGES = (
    "BEFORE UPDATE OF subject_type, subject_id, content_hash, party_id, mandate_id, person_id, decision, "
    "statement, decided_at{or_delete} ON approval FOR EACH ROW"
)
FINAL = "FOR EACH ROW WHEN (OLD.state = 'final')"


def upgrade() -> None:
    op.add_column("person", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    _let_approvals_be_about((*SUBJECTS, "destruction"))
    op.create_table(
        "retention_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="retained_kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("keep_months", sa.Integer(), nullable=False),
        sa.Column("archive_class", sa.String(), nullable=False),
        sa.Column("decision_reference", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("keep_months >= 1", name=op.f("ck_retention_rule_keep_months")),
        sa.CheckConstraint("decision_reference <> ''", name=op.f("ck_retention_rule_decision_reference")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_retention_rule_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rule")),
    )
    op.create_index("uq_retention_rule_kind", "retention_rule", ["organisation_id", "kind"], unique=True)
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("held_group_id", sa.Uuid(), nullable=True),
        sa.Column("held_record_id", sa.Uuid(), nullable=True),
        sa.Column("held_person_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(held_group_id, held_record_id, held_person_id) <= 1", name=op.f("ck_legal_hold_one_thing")
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_legal_hold_organisation_id")),
        sa.ForeignKeyConstraint(["held_group_id"], ["working_group.id"], name=op.f("fk_legal_hold_held_group_id")),
        sa.ForeignKeyConstraint(["held_person_id"], ["person.id"], name=op.f("fk_legal_hold_held_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index("ix_legal_hold_organisation_id_id", "legal_hold", ["organisation_id", "id"])
    op.create_table(
        "destruction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("destroyed_record_id", sa.Uuid(), nullable=False),
        sa.Column("records", postgresql.JSONB(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "carriedOut",
                "withdrawn",
                name="destruction_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decision_reference", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_destruction_organisation_id")),
        sa.ForeignKeyConstraint(
            ["working_group_id"], ["working_group.id"], name=op.f("fk_destruction_working_group_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_destruction_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction")),
    )
    op.create_index("ix_destruction_working_group_id_id", "destruction", ["working_group_id", "id"])
    op.create_index(
        "uq_destruction_proposed",
        "destruction",
        ["destroyed_record_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_table(
        "destruction_log_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="retained_kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("destroyed_id", sa.Uuid(), nullable=True),
        sa.Column("older_than", sa.DateTime(timezone=True), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("archive_class", sa.String(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=True),
        sa.Column("decision_reference", sa.String(), nullable=False),
        sa.Column("retention_rule_id", sa.Uuid(), nullable=True),
        sa.Column("destruction_id", sa.Uuid(), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("decision_reference <> ''", name=op.f("ck_destruction_log_entry_decision_reference")),
        sa.CheckConstraint(
            "num_nonnulls(destroyed_id, older_than) <= 1", name=op.f("ck_destruction_log_entry_one_or_many")
        ),
        sa.CheckConstraint(
            "num_nonnulls(retention_rule_id, destruction_id) <= 1", name=op.f("ck_destruction_log_entry_one_ground")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_destruction_log_entry_organisation_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_destruction_log_entry_party_id")),
        sa.ForeignKeyConstraint(
            ["destruction_id"], ["destruction.id"], name=op.f("fk_destruction_log_entry_destruction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_log_entry")),
    )
    op.create_index("ix_destruction_log_entry_organisation_id_id", "destruction_log_entry", ["organisation_id", "id"])
    op.create_index("ix_destruction_log_entry_destroyed_id", "destruction_log_entry", ["destroyed_id"])
    _guard()


def _in_the_tables_schema(function: str) -> str:
    """The same, for tables that stand in another schema than `public`."""
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    return function.replace("search_path = public", f"search_path = {schema}")


def _guard() -> None:
    op.execute(_in_the_tables_schema(IS_HELD))
    op.execute(_in_the_tables_schema(REFUSE_WHILE_HELD))
    for table, (update, kept) in UNDER_HOLD.items():
        arguments = ", ".join(f"'{column}'" for column in kept.split(", ") if column)
        op.execute(
            f"CREATE TRIGGER {table}_under_hold BEFORE DELETE ON {table} FOR EACH ROW "
            "EXECUTE FUNCTION refuse_while_held()"
        )
        if update is not None:
            op.execute(
                f"CREATE TRIGGER {table}_under_hold_as_it_is BEFORE {update} ON {table} FOR EACH ROW "
                f"EXECUTE FUNCTION refuse_while_held({arguments})"
            )
    op.execute(
        "CREATE TRIGGER person_under_hold BEFORE UPDATE OF erased_at ON person FOR EACH ROW "
        "WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION refuse_while_held('name')"
    )
    op.execute(_in_the_tables_schema(REFUSE_UNLESS_LOGGED))
    op.execute(_in_the_tables_schema(AUDIT_ENTRY_STAYS))
    for table in ("audit_entry", "session_record", "approval"):
        op.execute(f"DROP TRIGGER {table}_stays ON {table}")
    op.execute(
        "CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW "
        "EXECUTE FUNCTION refuse_change_of_audit_entry()"
    )
    op.execute(
        f"CREATE TRIGGER session_record_stays BEFORE UPDATE ON session_record {FINAL} EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER session_record_goes_logged BEFORE DELETE ON session_record {FINAL} "
        "EXECUTE FUNCTION refuse_unless_logged()"
    )
    op.execute(
        f"CREATE TRIGGER approval_stays {APPROVAL_CHANGES.format(or_delete='')} EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER approval_goes_logged BEFORE DELETE ON approval FOR EACH ROW "
        "EXECUTE FUNCTION refuse_unless_logged()"
    )
    op.execute(FINAL_RECORD.format(unless_logged=UNLESS_LOGGED))
    op.execute(
        "CREATE TRIGGER destruction_log_entry_stays BEFORE UPDATE OR DELETE ON destruction_log_entry FOR EACH ROW "
        "EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER destruction_log_entry_is_not_emptied BEFORE TRUNCATE ON destruction_log_entry "
        "EXECUTE FUNCTION refuse_change()"
    )


def _let_approvals_be_about(subjects: tuple[str, ...]) -> None:
    allowed = ", ".join(f"'{subject}'" for subject in subjects)
    op.execute("ALTER TABLE approval DROP CONSTRAINT ck_approval_subject_type")
    op.execute(f"ALTER TABLE approval ADD CONSTRAINT ck_approval_subject_type CHECK (subject_type IN ({allowed}))")


def downgrade() -> None:
    op.execute(FINAL_RECORD.format(unless_logged=""))
    for trigger, table in (
        ("approval_goes_logged", "approval"),
        ("approval_stays", "approval"),
        ("session_record_goes_logged", "session_record"),
        ("session_record_stays", "session_record"),
        ("audit_entry_stays", "audit_entry"),
        ("person_under_hold", "person"),
        *((f"{table}_under_hold", table) for table in UNDER_HOLD),
        *((f"{table}_under_hold_as_it_is", table) for table, (update, _kept) in UNDER_HOLD.items() if update),
    ):
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    # Decisions to destroy go with what they decided about.
    op.execute("DELETE FROM approval WHERE subject_type = 'destruction'")
    op.execute(
        f"CREATE TRIGGER approval_stays {APPROVAL_CHANGES.format(or_delete=' OR DELETE')} "
        "EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER session_record_stays BEFORE UPDATE OR DELETE ON session_record {FINAL} "
        "EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW "
        "EXECUTE FUNCTION refuse_change()"
    )
    op.drop_table("destruction_log_entry")
    op.drop_table("destruction")
    op.drop_table("legal_hold")
    op.drop_table("retention_rule")
    for function in (
        "refuse_while_held()",
        "is_held(uuid, uuid, uuid, uuid)",
        "refuse_unless_logged()",
        "refuse_change_of_audit_entry()",
    ):
        op.execute(f"DROP FUNCTION {function}")
    _let_approvals_be_about(SUBJECTS)
    op.drop_column("person", "erased_at")
