"""HR syncing: who somebody is over there, mandates that rest, a brake on leavers, and refused union data counted

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SERVICE, CLIENT, SYSTEM = "larande_service", "larande_client", "larande_system"

ORGANISATION = "(SELECT nullif(current_setting('larande.organisation', true), '')::uuid)"
ADMINISTRATOR = "(SELECT current_setting('larande.administrator', true) = 'yes')"
SERVICE_CLIENT = "(SELECT nullif(current_setting('larande.client', true), '')::uuid)"
OWN = f"organisation_id = {ORGANISATION}"
OF_CLIENT = f"service_client_id = {SERVICE_CLIENT}"
OF_SEEN_CLIENT = "EXISTS (SELECT FROM service_client AS parent WHERE parent.id = union_data_refusal.service_client_id)"

PERSON_TEXTS = ("external_id", "given_name", "family_name", "department", "employee_number")
PERSON_MOMENTS = ("deactivated_at", "removed_at")
PERSON_COLUMNS = (*PERSON_TEXTS, "manager_id", *PERSON_MOMENTS)
# Whoever changes their own name takes back the parts that syncing had said of it.
NOT_ONES_OWN = ("external_id", "department", "employee_number", "manager_id", *PERSON_MOMENTS)

ENTER = """
    CREATE OR REPLACE FUNCTION larande_enter(who uuid, today date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
    DECLARE
        home uuid;
        runs boolean := false;
        speaks_for text := '';
    BEGIN
        -- These statements, and the one that loads the actor after this one, are planned once for each connection; that
        -- one sets the mode back (app/services/actors.py).
        PERFORM set_config('plan_cache_mode', 'force_generic_plan', false);
        SELECT organisation_id, 'systemAdministrator' = ANY (roles) INTO home, runs
        FROM person WHERE id = who AND active;
        IF NOT FOUND THEN
            who := NULL;
            PERFORM set_config('plan_cache_mode', 'force_custom_plan', false);
        ELSE
            SELECT coalesce(string_agg(DISTINCT mandate.party_id::text, ','), '') INTO speaks_for
            FROM mandate JOIN party ON party.id = mandate.party_id
            WHERE mandate.person_id = who
                AND mandate.valid_from <= today AND (mandate.valid_to IS NULL OR mandate.valid_to >= today){rests}
                AND party.state = 'active' AND party.organisation_id = home;
        END IF;
        PERFORM
            set_config('larande.person', coalesce(who::text, ''), false),
            set_config('larande.organisation', coalesce(home::text, ''), false),
            set_config('larande.parties', speaks_for, false),
            set_config('larande.administrator', CASE WHEN runs THEN 'yes' ELSE '' END, false),
            set_config('larande.client', '', false);
    END $$
"""
REFUSE_SECOND = """
    CREATE OR REPLACE FUNCTION refuse_second_first() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM mandate WHERE party_id = NEW.party_id AND working_group_id IS NULL{rests} AND
                (valid_to IS NULL OR valid_to >= timezone('Europe/Stockholm', NEW.created_at)::date)
        ) THEN
            RAISE EXCEPTION 'somebody speaks for the party' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END $$
"""
RESTS = " AND mandate.suspended_at IS NULL"
FIRST = "CREATE UNIQUE INDEX uq_mandate_first ON mandate (party_id, valid_from) WHERE first{rests}"

RUNS = "coalesce(current_setting('larande.administrator', true), '') = 'yes'"
GIVES_ITSELF_NOTHING = (
    "CREATE TRIGGER person_gives_itself_nothing BEFORE UPDATE OF {columns} ON person FOR EACH ROW WHEN ("
    f"current_user = '{SERVICE}' AND NOT {RUNS} "
    "AND ({new}) IS DISTINCT FROM ({old})) EXECUTE FUNCTION refuse_to_actor()"
)
GIVEN = ("roles", "active", "unit_id")


def upgrade() -> None:
    for column in PERSON_TEXTS:
        op.add_column("person", sa.Column(column, sa.String()))
    op.add_column("person", sa.Column("manager_id", sa.Uuid()))
    op.create_foreign_key(op.f("fk_person_manager_id"), "person", "person", ["manager_id"], ["id"])
    for column in PERSON_MOMENTS:
        op.add_column("person", sa.Column(column, sa.DateTime(timezone=True)))
    op.create_index("uq_person_external_id", "person", ["organisation_id", "external_id"], unique=True)
    op.add_column("mandate", sa.Column("suspended_at", sa.DateTime(timezone=True)))
    # Whoever appoints the first again on the day on which the former one left.
    op.drop_index("uq_mandate_first", "mandate")
    op.execute(FIRST.format(rests=" AND suspended_at IS NULL"))
    brake = sa.Column("deactivation_brake_percent", sa.Integer(), nullable=False, server_default="10")
    op.add_column("organisation", brake)
    op.create_check_constraint(
        op.f("ck_organisation_deactivation_brake"), "organisation", "deactivation_brake_percent BETWEEN 1 AND 100"
    )
    op.create_table(
        "deactivation_release",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("people > 0", name="people"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_deactivation_release_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deactivation_release")),
    )
    op.create_index("ix_deactivation_release_organisation_id_id", "deactivation_release", ["organisation_id", "id"])
    op.create_table(
        "union_data_refusal",
        sa.Column("service_client_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_client_id"], ["service_client.id"], name=op.f("fk_union_data_refusal_service_client_id")
        ),
        sa.PrimaryKeyConstraint("service_client_id", "day", name=op.f("pk_union_data_refusal")),
    )
    _wall()
    _functions(RESTS, (*GIVEN, *NOT_ONES_OWN))


def _wall() -> None:
    columns = ", ".join(PERSON_COLUMNS)
    op.execute(f"GRANT UPDATE ({columns}) ON person TO {SERVICE}, {CLIENT}")
    op.execute(f"GRANT UPDATE (suspended_at) ON mandate TO {SERVICE}")
    op.execute(f"GRANT UPDATE (deactivation_brake_percent) ON organisation TO {SERVICE}")
    for table in ("deactivation_release", "union_data_refusal"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {SYSTEM}")
        op.execute(f"CREATE POLICY {SYSTEM} ON {table} TO {SYSTEM} USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT ON {table} TO {SERVICE}, {CLIENT}")
    seen = f"({OWN} OR {ADMINISTRATOR})"
    op.execute(f"CREATE POLICY {SERVICE}_select ON deactivation_release FOR SELECT TO {SERVICE} USING ({_often(seen)})")
    op.execute(f"GRANT INSERT ON deactivation_release TO {SERVICE}")
    op.execute(
        f"CREATE POLICY {SERVICE}_insert ON deactivation_release FOR INSERT TO {SERVICE} WITH CHECK ({ADMINISTRATOR})"
    )
    op.execute(f"CREATE POLICY {CLIENT}_select ON deactivation_release FOR SELECT TO {CLIENT} USING ({_often(OWN)})")
    # Whoever sees a client sees how often it was refused; only the client itself adds to that.
    op.execute(f"CREATE POLICY {SERVICE}_select ON union_data_refusal FOR SELECT TO {SERVICE} USING ({OF_SEEN_CLIENT})")
    op.execute(f"GRANT INSERT, UPDATE (refusals) ON union_data_refusal TO {CLIENT}")
    for verb, clause in (
        ("select", f"USING ({OF_CLIENT})"),
        ("insert", f"WITH CHECK ({OF_CLIENT})"),
        ("update", f"USING ({OF_CLIENT}) WITH CHECK ({OF_CLIENT})"),
    ):
        op.execute(f"CREATE POLICY {CLIENT}_{verb} ON union_data_refusal FOR {verb} TO {CLIENT} {clause}")


def _often(condition: str) -> str:
    """The same, in words of which PostgreSQL expects that they leave nearly every row (see 0012)."""
    return f"nullif({condition}, false) IS NOT NULL"


def _functions(rests: str, given: tuple[str, ...]) -> None:
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    op.execute(ENTER.format(schema=schema, rests=rests))
    op.execute(REFUSE_SECOND.format(schema=schema, rests=rests))
    op.execute("DROP TRIGGER person_gives_itself_nothing ON person")
    new, old = (", ".join(f"{row}.{column}" for column in given) for row in ("NEW", "OLD"))
    op.execute(GIVES_ITSELF_NOTHING.format(columns=", ".join(given), new=new, old=old))


def downgrade() -> None:
    _functions("", GIVEN)
    op.drop_table("union_data_refusal")
    op.drop_table("deactivation_release")
    op.drop_constraint(op.f("ck_organisation_deactivation_brake"), "organisation")
    op.drop_column("organisation", "deactivation_brake_percent")
    # The program before knows no rest: whoever has left must not speak again because of that.
    op.execute(
        "UPDATE mandate SET valid_to = greatest(valid_from, timezone('Europe/Stockholm', suspended_at)::date), "
        "first = first AND NOT EXISTS (SELECT FROM mandate AS other WHERE other.first AND other.id <> mandate.id "
        "AND other.party_id = mandate.party_id AND other.valid_from = mandate.valid_from) "
        "WHERE suspended_at IS NOT NULL"
    )
    op.drop_index("uq_mandate_first", "mandate")
    op.execute(FIRST.format(rests=""))
    op.drop_column("mandate", "suspended_at")
    op.drop_index("uq_person_external_id", "person")
    for column in PERSON_COLUMNS:
        op.drop_column("person", column)
