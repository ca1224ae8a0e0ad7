"""A legal hold holds all that erasure and edits overwrite, and all that belongs to a record

Not everybody may ask any more what is held. And erasure reaches two more texts: what was said with a decision that is
void, and the proposal of a round that was cancelled before it opened.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MAY_ASK = ("larande_service", "larande_system")

# `its_record` is a record, or anything that belongs to one: a decision on it, a step of it, the session that it is of,
# a proposal to destroy it.
OF_RECORD = """
                its_record,
                (SELECT subject_id FROM approval WHERE id = its_record),
                (SELECT session_record_id FROM action WHERE id = its_record),
                (SELECT destroyed_record_id FROM destruction WHERE id = its_record),
                (SELECT id FROM session_record WHERE dialogue_session_id = its_record AND appendix_to_id IS NULL)
"""
IS_HELD = """
    CREATE OR REPLACE FUNCTION is_held(its_organisation uuid, its_group uuid, its_record uuid, its_person uuid)
    RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
        WITH RECURSIVE records (id, corrects) AS (
            SELECT id, appendix_to_id FROM session_record WHERE id IN ({of_record})
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
MORE_TABLES = """
        ELSIF TG_TABLE_NAME = 'audit_entry' THEN
            its_record := before ->> 'subject_id';
        ELSIF TG_TABLE_NAME = 'dialogue_session' THEN
            its_record := before ->> 'id';
        ELSIF TG_TABLE_NAME = 'destruction' THEN
            its_record := before ->> 'destroyed_record_id';
        ELSIF TG_TABLE_NAME = 'working_group' THEN
            its_group := before ->> 'id';"""
REFUSE_WHILE_HELD = """
    CREATE OR REPLACE FUNCTION refuse_while_held() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
    DECLARE
        before jsonb := to_jsonb(OLD);
        after jsonb := to_jsonb(NEW);
        kept text;
        lost boolean := TG_OP = 'DELETE';
        its_organisation uuid := before ->> 'organisation_id';
        its_group uuid := before ->> 'working_group_id';
        its_record uuid := before ->> 'session_record_id';
        its_person uuid := before ->> 'person_id';
    BEGIN
        FOREACH kept IN ARRAY coalesce(TG_ARGV, '{{}}'::text[]) LOOP
            lost := lost OR NOT (
                coalesce(before -> kept, 'null') IN ('null', '""', '{{}}', '[]')
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
            its_organisation := (SELECT organisation_id FROM person WHERE id = its_person);{more_tables}
        END IF;
        IF is_held(its_organisation, its_group, its_record, its_person) THEN
            RAISE EXCEPTION '% is under legal hold', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'legal_hold';
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$
"""
# What people write, or note, and erasure or an edit would overwrite; a hold lets them add to it. Beside the tables of
# 0011; tests/api/test_named_texts.py holds all of them against the list that erasure goes by.
HELD = {
    "dialogue_session": ("title", "place", "facilitator_function", "cancel_reason"),
    "mandate": ("function",),
    "working_group": ("name", "purpose", "close_reason"),
    "survey_round": ("title", "cancel_reason"),
    "survey_amendment": ("reason",),
    "destruction": ("reason",),
    "approval": ("statement",),
}
FORMERLY_HELD = {"dialogue_session": ("title", "place")}
# Before it is held, who is to come changes as it is planned.
AS_NOTED = ("attendances", "employee_headcount")

DECISION = "subject_type, subject_id, content_hash, party_id, mandate_id, person_id, decision, {statement}decided_at"
FROZEN_DECISION = """
    CREATE TRIGGER survey_round_is_as_decided BEFORE UPDATE ON survey_round FOR EACH ROW
    WHEN (
        OLD.state NOT IN ('draft', 'proposed')
        AND (
            (
                OLD.instrument_id, OLD.root_unit_id, OLD.every_unit, OLD.threshold, OLD.free_text, OLD.two_keys,
                OLD.public_key, OLD.employer_public_key, OLD.union_public_key
            ) IS DISTINCT FROM (
                NEW.instrument_id, NEW.root_unit_id, NEW.every_unit, NEW.threshold, NEW.free_text, NEW.two_keys,
                NEW.public_key, NEW.employer_public_key, NEW.union_public_key
            )
            OR (OLD.content, OLD.content_hash) IS DISTINCT FROM (NEW.content, NEW.content_hash){unless}
        )
    )
    EXECUTE FUNCTION refuse_change()
"""
NEVER_DECIDED = """
            AND NOT (
                OLD.state = 'cancelled' AND NEW.state = 'cancelled' AND OLD.opened_at IS NULL AND NEW.content IS NULL
            )"""


def upgrade() -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(IS_HELD.format(schema=schema, of_record=OF_RECORD))
    op.execute(REFUSE_WHILE_HELD.format(schema=schema, more_tables=MORE_TABLES))
    op.execute("REVOKE ALL ON FUNCTION is_held FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION is_held TO {', '.join(MAY_ASK)}")
    op.execute("DROP TRIGGER dialogue_session_under_hold_as_it_is ON dialogue_session")
    for table, kept in HELD.items():
        _keep(table, kept)
    arguments = ", ".join(f"'{column}'" for column in AS_NOTED)
    op.execute(
        f"CREATE TRIGGER dialogue_session_under_hold_as_noted BEFORE UPDATE OF {', '.join(AS_NOTED)} "
        "ON dialogue_session FOR EACH ROW WHEN (OLD.state = 'held') "
        f"EXECUTE FUNCTION refuse_while_held({arguments})"
    )
    op.execute("DROP TRIGGER approval_stays ON approval")
    op.execute(
        f"CREATE TRIGGER approval_stays BEFORE UPDATE OF {DECISION.format(statement='')} ON approval FOR EACH ROW "
        "EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER approval_says_what_it_said BEFORE UPDATE OF statement ON approval FOR EACH ROW "
        "WHEN (OLD.voided_at IS NULL) EXECUTE FUNCTION refuse_change()"
    )
    op.execute("DROP TRIGGER survey_round_is_as_decided ON survey_round")
    op.execute(FROZEN_DECISION.format(unless=NEVER_DECIDED))


def _keep(table: str, kept: tuple[str, ...]) -> None:
    arguments = ", ".join(f"'{column}'" for column in kept)
    op.execute(
        f"CREATE TRIGGER {table}_under_hold_as_it_is BEFORE UPDATE OF {', '.join(kept)} ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_while_held({arguments})"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER survey_round_is_as_decided ON survey_round")
    op.execute(FROZEN_DECISION.format(unless=""))
    op.execute("DROP TRIGGER approval_says_what_it_said ON approval")
    op.execute("DROP TRIGGER approval_stays ON approval")
    op.execute(
        f"CREATE TRIGGER approval_stays BEFORE UPDATE OF {DECISION.format(statement='statement, ')} ON approval "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute("DROP TRIGGER dialogue_session_under_hold_as_noted ON dialogue_session")
    for table in HELD:
        op.execute(f"DROP TRIGGER {table}_under_hold_as_it_is ON {table}")
    for table, kept in FORMERLY_HELD.items():
        _keep(table, kept)
    op.execute("GRANT EXECUTE ON FUNCTION is_held TO PUBLIC")
    for role in MAY_ASK:
        op.execute(f"REVOKE ALL ON FUNCTION is_held FROM {role}")
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(REFUSE_WHILE_HELD.format(schema=schema, more_tables=""))
    op.execute(IS_HELD.format(schema=schema, of_record="its_record"))
