"""The survey: instruments, rounds, the ballot box, releases; and where people work

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The services never try any of this. The triggers are there for the day somebody's script does.
GUARDS = {
    "instrument": (
        "BEFORE UPDATE OF organisation_id, key, instrument_version, languages, title, content, content_hash, "
        "published_at OR DELETE ON instrument FOR EACH ROW"
    ),
    "survey_round": "BEFORE UPDATE OR DELETE ON survey_round FOR EACH ROW WHEN (OLD.state = 'released')",
    "survey_release": "BEFORE UPDATE OR DELETE ON survey_release FOR EACH ROW",
    "survey_result": "BEFORE UPDATE OR DELETE ON survey_result FOR EACH ROW",
    "survey_sums": "BEFORE UPDATE OR DELETE ON survey_sums FOR EACH ROW",
    "survey_texts": "BEFORE UPDATE OR DELETE ON survey_texts FOR EACH ROW WHEN (OLD.state = 'released')",
}
# What both sides decided on stays as it was from the moment the round opens.
FROZEN_TREE = """
    CREATE FUNCTION refuse_change_of_open_round() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM survey_round
            WHERE id = coalesce(OLD.survey_round_id, NEW.survey_round_id) AND state NOT IN ('draft', 'proposed')
        ) THEN
            RAISE EXCEPTION '% is final', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$
"""
SUBJECTS = ("workingGroup", "sessionRecord")
NEW_SUBJECTS = ("surveyRound", "surveyAmendment", "surveyTexts")


def _let_approvals_be_about(subjects: tuple[str, ...]) -> None:
    allowed = ", ".join(f"'{each}'" for each in subjects)
    op.execute("ALTER TABLE approval DROP CONSTRAINT ck_approval_subject_type")
    op.execute(f"ALTER TABLE approval ADD CONSTRAINT ck_approval_subject_type CHECK (subject_type IN ({allowed}))")


def upgrade() -> None:
    op.create_table(
        "instrument",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("instrument_version", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "published", "retired", name="instrument_state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("languages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_instrument_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument")),
    )
    op.create_index(
        "uq_instrument_version",
        "instrument",
        ["organisation_id", "key", "instrument_version"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "survey_round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("root_unit_id", sa.Uuid(), nullable=False),
        sa.Column("every_unit", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "proposed",
                "open",
                "closed",
                "released",
                "cancelled",
                name="survey_round_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("free_text", sa.Boolean(), nullable=False),
        sa.Column("two_keys", sa.Boolean(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("employer_public_key", sa.LargeBinary(), nullable=True),
        sa.Column("union_public_key", sa.LargeBinary(), nullable=True),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(content_hash IS NULL) = (content IS NULL) AND (content IS NOT NULL OR state IN ('draft', 'cancelled'))",
            name=op.f("ck_survey_round_content"),
        ),
        sa.CheckConstraint("closes_at >= opens_at", name=op.f("ck_survey_round_times")),
        sa.CheckConstraint("threshold BETWEEN 5 AND 30", name=op.f("ck_survey_round_threshold")),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"], name=op.f("fk_survey_round_instrument_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_survey_round_organisation_id")),
        sa.ForeignKeyConstraint(["root_unit_id"], ["unit.id"], name=op.f("fk_survey_round_root_unit_id")),
        sa.ForeignKeyConstraint(
            ["working_group_id"], ["working_group.id"], name=op.f("fk_survey_round_working_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_round")),
    )
    op.create_index(
        "ix_survey_round_due",
        "survey_round",
        ["closes_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('open', 'closed')"),
    )
    op.create_index("ix_survey_round_organisation_id_id", "survey_round", ["organisation_id", "id"], unique=False)
    op.create_index("ix_survey_round_working_group_id_id", "survey_round", ["working_group_id", "id"], unique=False)
    op.create_table(
        "sealed_response",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_round_id", sa.Uuid(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_round.id"], name=op.f("fk_sealed_response_survey_round_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_response")),
    )
    op.create_index("ix_sealed_response_survey_round_id", "sealed_response", ["survey_round_id"], unique=False)
    op.create_table(
        "survey_amendment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("survey_round_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "decided",
                "withdrawn",
                name="survey_amendment_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_survey_amendment_organisation_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_survey_amendment_party_id")),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_round.id"], name=op.f("fk_survey_amendment_survey_round_id")
        ),
        sa.ForeignKeyConstraint(
            ["working_group_id"], ["working_group.id"], name=op.f("fk_survey_amendment_working_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_amendment")),
    )
    op.create_index(
        "ix_survey_amendment_survey_round_id_id", "survey_amendment", ["survey_round_id", "id"], unique=False
    )
    op.create_index(
        "uq_survey_amendment_proposed",
        "survey_amendment",
        ["survey_round_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_table(
        "survey_release",
        sa.Column("survey_round_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.id"], name=op.f("fk_survey_release_instrument_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_survey_release_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_round.id"], name=op.f("fk_survey_release_survey_round_id")
        ),
        sa.ForeignKeyConstraint(
            ["working_group_id"], ["working_group.id"], name=op.f("fk_survey_release_working_group_id")
        ),
        sa.PrimaryKeyConstraint("survey_round_id", name=op.f("pk_survey_release")),
    )
    op.create_index(
        "ix_survey_release_organisation_id_released_at",
        "survey_release",
        ["organisation_id", "released_at"],
        unique=False,
    )
    op.create_table(
        "survey_texts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("survey_round_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "underReview",
                "released",
                name="survey_texts_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_survey_texts_organisation_id")),
        sa.ForeignKeyConstraint(["survey_round_id"], ["survey_round.id"], name=op.f("fk_survey_texts_survey_round_id")),
        sa.ForeignKeyConstraint(
            ["working_group_id"], ["working_group.id"], name=op.f("fk_survey_texts_working_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_texts")),
        sa.UniqueConstraint("survey_round_id", name=op.f("uq_survey_texts_survey_round_id")),
    )
    op.create_table(
        "survey_unit",
        sa.Column("survey_round_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=False),
        sa.CheckConstraint("headcount >= 0", name=op.f("ck_survey_unit_headcount")),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_survey_unit_parent_id")),
        sa.ForeignKeyConstraint(["survey_round_id"], ["survey_round.id"], name=op.f("fk_survey_unit_survey_round_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_survey_unit_unit_id")),
        sa.PrimaryKeyConstraint("survey_round_id", "unit_id", name=op.f("pk_survey_unit")),
    )
    op.create_index("uq_survey_unit_position", "survey_unit", ["survey_round_id", "position"], unique=True)
    op.create_table(
        "survey_covered_unit",
        sa.Column("survey_round_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_round.id"], name=op.f("fk_survey_covered_unit_survey_round_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_survey_covered_unit_unit_id")),
        sa.PrimaryKeyConstraint("survey_round_id", "unit_id", name=op.f("pk_survey_covered_unit")),
    )
    op.create_table(
        "survey_invitation",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("survey_round_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey_round_id", "unit_id"],
            ["survey_unit.survey_round_id", "survey_unit.unit_id"],
            name=op.f("fk_survey_invitation_survey_round_id_unit_id"),
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_survey_invitation")),
    )
    op.create_index(
        "ix_survey_invitation_survey_round_id_unit_id",
        "survey_invitation",
        ["survey_round_id", "unit_id"],
        unique=False,
    )
    op.create_table(
        "survey_result",
        sa.Column("survey_round_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_release.survey_round_id"], name=op.f("fk_survey_result_survey_round_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_survey_result_unit_id")),
        sa.PrimaryKeyConstraint("survey_round_id", "unit_id", name=op.f("pk_survey_result")),
    )
    op.create_index("uq_survey_result_position", "survey_result", ["survey_round_id", "position"], unique=True)
    op.create_table(
        "survey_sums",
        sa.Column("survey_round_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("invited", sa.Integer(), nullable=False),
        sa.Column("measures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey_round_id"], ["survey_release.survey_round_id"], name=op.f("fk_survey_sums_survey_round_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_survey_sums_unit_id")),
        sa.PrimaryKeyConstraint("survey_round_id", "unit_id", name=op.f("pk_survey_sums")),
    )
    op.create_table(
        "survey_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_texts_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["survey_texts_id"], ["survey_texts.id"], name=op.f("fk_survey_text_survey_texts_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_survey_text_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_text")),
    )
    op.create_index("ix_survey_text_survey_texts_id_id", "survey_text", ["survey_texts_id", "id"], unique=False)
    op.add_column("person", sa.Column("unit_id", sa.Uuid(), nullable=True))
    op.create_index("ix_person_unit_id", "person", ["unit_id"], unique=False)
    op.create_foreign_key(op.f("fk_person_unit_id"), "person", "unit", ["unit_id"], ["id"])
    _let_approvals_be_about(SUBJECTS + NEW_SUBJECTS)
    for table, when in GUARDS.items():
        op.execute(f"CREATE TRIGGER {table}_stays {when} EXECUTE FUNCTION refuse_change()")
    op.execute(FROZEN_TREE)
    for table in ("survey_unit", "survey_covered_unit"):
        op.execute(
            f"CREATE TRIGGER {table}_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
            "EXECUTE FUNCTION refuse_change_of_open_round()"
        )


def downgrade() -> None:
    # Decisions about rounds go with the rounds.
    op.execute("ALTER TABLE approval DISABLE TRIGGER approval_stays")
    op.execute(f"DELETE FROM approval WHERE subject_type NOT IN {SUBJECTS}")  # noqa: S608 - our own words
    op.execute("ALTER TABLE approval ENABLE TRIGGER approval_stays")
    _let_approvals_be_about(SUBJECTS)
    op.drop_constraint(op.f("fk_person_unit_id"), "person", type_="foreignkey")
    op.drop_index("ix_person_unit_id", table_name="person")
    op.drop_column("person", "unit_id")
    op.drop_index("ix_survey_text_survey_texts_id_id", table_name="survey_text")
    op.drop_table("survey_text")
    op.drop_table("survey_sums")
    op.drop_index("uq_survey_result_position", table_name="survey_result")
    op.drop_table("survey_result")
    op.drop_index("ix_survey_invitation_survey_round_id_unit_id", table_name="survey_invitation")
    op.drop_table("survey_invitation")
    op.drop_table("survey_covered_unit")
    op.drop_index("uq_survey_unit_position", table_name="survey_unit")
    op.drop_table("survey_unit")
    op.drop_table("survey_texts")
    op.drop_index("ix_survey_release_organisation_id_released_at", table_name="survey_release")
    op.drop_table("survey_release")
    op.drop_index(
        "uq_survey_amendment_proposed", table_name="survey_amendment", postgresql_where=sa.text("state = 'proposed'")
    )
    op.drop_index("ix_survey_amendment_survey_round_id_id", table_name="survey_amendment")
    op.drop_table("survey_amendment")
    op.drop_index("ix_sealed_response_survey_round_id", table_name="sealed_response")
    op.drop_table("sealed_response")
    op.drop_index("ix_survey_round_working_group_id_id", table_name="survey_round")
    op.drop_index("ix_survey_round_organisation_id_id", table_name="survey_round")
    op.drop_index(
        "ix_survey_round_due", table_name="survey_round", postgresql_where=sa.text("state IN ('open', 'closed')")
    )
    op.drop_table("survey_round")
    op.drop_index("uq_instrument_version", table_name="instrument", postgresql_nulls_not_distinct=True)
    op.drop_table("instrument")
    op.execute("DROP FUNCTION refuse_change_of_open_round()")
