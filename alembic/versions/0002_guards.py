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
        "BEFORE UPDATE OF content_hash, party_id, mandate_id, person_id, decision, statement, decided_at "
        "OR DELETE ON approval FOR EACH ROW"
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
    op.execute(NO_WAY_BACK)


def downgrade() -> None:
    op.execute("DROP TRIGGER dialogue_template_goes_on ON dialogue_template")
    for table in GUARDS:
        op.execute(f"DROP TRIGGER {table}_stays ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
