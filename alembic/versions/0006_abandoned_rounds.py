"""Rounds that are abandoned; and what was decided about a round stays as it was from the moment it opens

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The services never try any of this. The triggers are there for the day somebody's script does.
FROZEN_TREE = """
    CREATE OR REPLACE FUNCTION refuse_change_of_open_round() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM survey_round WHERE id {its_rounds} AND state NOT IN ('draft', 'proposed')
        ) THEN
            RAISE EXCEPTION '% is final', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$
"""
# A row can be moved from one round into another: neither may be open.
BOTH_ROUNDS = "IN (OLD.survey_round_id, NEW.survey_round_id)"
ONE_ROUND = "= coalesce(OLD.survey_round_id, NEW.survey_round_id)"
FROZEN_DECISION = """
    CREATE TRIGGER survey_round_is_as_decided BEFORE UPDATE ON survey_round FOR EACH ROW
    WHEN (
        OLD.state NOT IN ('draft', 'proposed')
        AND (
            OLD.instrument_id, OLD.root_unit_id, OLD.every_unit, OLD.threshold, OLD.free_text, OLD.two_keys,
            OLD.public_key, OLD.employer_public_key, OLD.union_public_key, OLD.content, OLD.content_hash
        ) IS DISTINCT FROM (
            NEW.instrument_id, NEW.root_unit_id, NEW.every_unit, NEW.threshold, NEW.free_text, NEW.two_keys,
            NEW.public_key, NEW.employer_public_key, NEW.union_public_key, NEW.content, NEW.content_hash
        )
    )
    EXECUTE FUNCTION refuse_change()
"""
# The program before this migration knows no abandoned rounds. It would take such a proposal for one to close the round
# at once, and read the answers that both sides want destroyed. So it cannot store that it is decided.
ABANDONED_MEANS_CANCELLED = """
    CREATE FUNCTION refuse_abandoning_by_halves() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM survey_round WHERE id = NEW.survey_round_id AND state = 'cancelled') THEN
            RAISE EXCEPTION 'the round is not cancelled' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
"""


def upgrade() -> None:
    op.add_column("survey_amendment", sa.Column("abandon", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(ABANDONED_MEANS_CANCELLED)
    op.execute(
        "CREATE TRIGGER survey_amendment_abandons BEFORE UPDATE OF state ON survey_amendment FOR EACH ROW "
        "WHEN (NEW.abandon AND NEW.state = 'decided') EXECUTE FUNCTION refuse_abandoning_by_halves()"
    )
    op.execute(FROZEN_TREE.format(its_rounds=BOTH_ROUNDS))
    op.execute(FROZEN_DECISION)


def downgrade() -> None:
    op.execute("DROP TRIGGER survey_round_is_as_decided ON survey_round")
    op.execute(FROZEN_TREE.format(its_rounds=ONE_ROUND))
    op.execute("DROP TRIGGER survey_amendment_abandons ON survey_amendment")
    op.execute("DROP FUNCTION refuse_abandoning_by_halves()")
    # Without the column it would be a proposal to close the round at once.
    op.execute(
        "UPDATE survey_amendment SET state = 'withdrawn', version = version + 1 WHERE abandon AND state = 'proposed'"
    )
    op.drop_column("survey_amendment", "abandon")
