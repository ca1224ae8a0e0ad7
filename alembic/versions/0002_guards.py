"""Guards: the audit trail only grows, what is final stays, published templates do not change

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The services never try any of this. The triggers are there for the day somebody's script does.
GUARDS = {
    "audit_entry": "BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW",
    "session_record": "BEFORE UPDATE OR DELETE ON session_record FOR EACH ROW WHEN (OLD.state = 'final')",
    "approval": (
        "BEFORE UPDATE OF subject_type, subject_id, content_hash, party_id, mandate_id, person_id, decision, "
        "statement, decided_at OR DELETE ON approval FOR EACH ROW"
    ),
    "dialogue_template": (
        "BEFORE UPDATE OF key, template_version, content, title, languages, total_minutes, climate_dimensions, "
        "content_hash, published_at, organisation_id, derived_from_id "
        "OR DELETE ON dialogue_template FOR EACH ROW WHEN (OLD.state <> 'draft')"
    ),
}
# Nor does a template go back to a state in which it could be changed.
NO_WAY_BACK = """
    CREATE TRIGGER dialogue_template_goes_on BEFORE UPDATE OF state ON dialogue_template FOR EACH ROW
    WHEN ((OLD.state, NEW.state) IN (('published', 'draft'), ('retired', 'draft'), ('retired', 'published')))
    EXECUTE FUNCTION refuse_change()
"""
# What a final record was agreed on stays with it: the decisions, and what each party said in it.
OF_FINAL_RECORD = {
    "approval": "BEFORE UPDATE OF voided_at, void_reason ON approval",
    "statement": "BEFORE UPDATE OR DELETE ON statement",
}


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is final', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """
    )
    for table, when in GUARDS.items():
        op.execute(f"CREATE TRIGGER {table}_stays {when} EXECUTE FUNCTION refuse_change()")
        op.execute(f"CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")
    op.execute(NO_WAY_BACK)
    op.execute(
        """
        CREATE FUNCTION refuse_change_of_final_record() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            record_id uuid := coalesce(to_jsonb(OLD) ->> 'session_record_id', to_jsonb(OLD) ->> 'subject_id');
        BEGIN
            IF EXISTS (SELECT FROM session_record WHERE id = record_id AND state = 'final') THEN
                RAISE EXCEPTION '% is final', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN coalesce(NEW, OLD);
        END $$
        """
    )
    for table, when in OF_FINAL_RECORD.items():
        op.execute(
            f"CREATE TRIGGER {table}_of_final_record {when} FOR EACH ROW "
            "EXECUTE FUNCTION refuse_change_of_final_record()"
        )


def downgrade() -> None:
    for table in OF_FINAL_RECORD:
        op.execute(f"DROP TRIGGER {table}_of_final_record ON {table}")
    op.execute("DROP FUNCTION refuse_change_of_final_record()")
    op.execute("DROP TRIGGER dialogue_template_goes_on ON dialogue_template")
    for table in GUARDS:
        op.execute(f"DROP TRIGGER {table}_is_not_emptied ON {table}")
        op.execute(f"DROP TRIGGER {table}_stays ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
