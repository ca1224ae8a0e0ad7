"""Free text: what each party withholds, and released texts that stay as they are

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# The services never try any of this. The trigger is there for the day somebody's script does.
RELEASED_TEXTS = """
    CREATE FUNCTION refuse_change_of_released_texts() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM survey_texts
            WHERE id IN (OLD.survey_texts_id, NEW.survey_texts_id) AND state = 'released'
        ) THEN
            RAISE EXCEPTION '% is final', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$
"""


def upgrade() -> None:
    op.create_table(
        "survey_text_withholding",
        sa.Column("survey_text_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "authorRecognisable",
                "otherPersonRecognisable",
                "eventRecognisable",
                name="withholding_reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["survey_text_id"], ["survey_text.id"], name=op.f("fk_survey_text_withholding_survey_text_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_survey_text_withholding_party_id")),
        sa.PrimaryKeyConstraint("survey_text_id", "party_id", name=op.f("pk_survey_text_withholding")),
    )
    op.execute(RELEASED_TEXTS)
    op.execute(
        "CREATE TRIGGER survey_text_stays BEFORE INSERT OR UPDATE OR DELETE ON survey_text FOR EACH ROW "
        "EXECUTE FUNCTION refuse_change_of_released_texts()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER survey_text_stays ON survey_text")
    op.execute("DROP FUNCTION refuse_change_of_released_texts()")
    op.drop_table("survey_text_withholding")
