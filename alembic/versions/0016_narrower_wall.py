"""The structure is changed by those alone whom the rules let: people, parties, mandates, units, service clients

Until now any member could store a change of any of them, had the policy table forgotten to ask: give themselves a role,
close a union, prolong a mandate. Who sees and locks which rows stays as it is.

Revision ID: 0016
Revises: 0015
"""

from dataclasses import dataclass

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SERVICE = "larande_service"

ORGANISATION = "(SELECT nullif(current_setting('larande.organisation', true), '')::uuid)"
PERSON = "(SELECT nullif(current_setting('larande.person', true), '')::uuid)"
PARTIES = "(SELECT string_to_array(current_setting('larande.parties', true), ',')::uuid[])::uuid[]"
ADMINISTRATOR = "(SELECT current_setting('larande.administrator', true) = 'yes')"
REPRESENTS = "(SELECT current_setting('larande.parties', true) <> '')"

OWN = f"organisation_id = {ORGANISATION}"
OWN_OR_RUN = f"({OWN} OR {ADMINISTRATOR})"
OWN_PARTY = f"({OWN} AND party_id = ANY ({PARTIES}))"
BY_A_PARTY_OR_RUN = f"({OWN} AND {REPRESENTS} OR {ADMINISTRATOR})"


@dataclass(frozen=True)
class Narrowed:
    """As what rows may be stored from now on, as what they were before, and the columns that nobody changes."""

    table: str
    verb: str
    now: str
    before: str
    kept: tuple[str, ...] = ()


NARROWED = (
    Narrowed(
        "person",
        "update",
        f"(id = {PERSON} OR {ADMINISTRATOR})",
        f"({OWN} OR id = {PERSON} OR {ADMINISTRATOR})",
        ("erased_at",),
    ),
    Narrowed(
        "person",
        "insert",
        f"({OWN} AND {REPRESENTS} AND roles = '{{}}' OR {ADMINISTRATOR})",
        f"({OWN} OR id = {PERSON} OR {ADMINISTRATOR})",
    ),
    Narrowed("party", "update", f"({OWN} AND id = ANY ({PARTIES}) OR {ADMINISTRATOR})", OWN_OR_RUN, ("side",)),
    Narrowed("party", "insert", ADMINISTRATOR, OWN_OR_RUN),
    Narrowed("mandate", "update", OWN_PARTY, OWN, ("valid_from", "first")),
    Narrowed("unit", "update", BY_A_PARTY_OR_RUN, OWN_OR_RUN),
    Narrowed("unit", "insert", BY_A_PARTY_OR_RUN, OWN_OR_RUN),
    Narrowed("unit_placement", "update", BY_A_PARTY_OR_RUN, OWN_OR_RUN),
    Narrowed("unit_placement", "insert", BY_A_PARTY_OR_RUN, OWN_OR_RUN),
    # A party's consent, or what becomes of it, is stored in the client.
    Narrowed("service_client", "update", BY_A_PARTY_OR_RUN, OWN_OR_RUN),
)

# A policy sees the row as it becomes, not as it was; which of its columns change, triggers have to look at.
REFUSE = """
    CREATE FUNCTION refuse_to_actor() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'not theirs to change in %', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END $$
"""
# An administrator, who appoints the first, sees no other mandate; the owner looks for it.
REFUSE_SECOND = """
    CREATE FUNCTION refuse_second_first() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM mandate WHERE party_id = NEW.party_id AND working_group_id IS NULL AND
                (valid_to IS NULL OR valid_to >= timezone('Europe/Stockholm', NEW.created_at)::date)
        ) THEN
            RAISE EXCEPTION 'somebody speaks for the party' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END $$
"""
RUNS = "coalesce(current_setting('larande.administrator', true), '') = 'yes'"
SPEAKS_FOR_IT = "OLD.id = ANY (coalesce(string_to_array(current_setting('larande.parties', true), ',')::uuid[], '{}'))"
TRIGGERS = {
    "person": (
        "person_gives_itself_nothing",
        "BEFORE UPDATE OF roles, active, unit_id ON person FOR EACH ROW WHEN ("
        f"current_user = '{SERVICE}' AND NOT {RUNS} "
        "AND (NEW.roles, NEW.active, NEW.unit_id) IS DISTINCT FROM (OLD.roles, OLD.active, OLD.unit_id)) "
        "EXECUTE FUNCTION refuse_to_actor()",
    ),
    "party": (
        "party_closes_itself",
        "BEFORE UPDATE OF state, closed_at ON party FOR EACH ROW WHEN ("
        f"current_user = '{SERVICE}' AND NOT {SPEAKS_FOR_IT} "
        "AND (NEW.state, NEW.closed_at) IS DISTINCT FROM (OLD.state, OLD.closed_at)) "
        "EXECUTE FUNCTION refuse_to_actor()",
    ),
    "mandate": (
        "mandate_first_is_first",
        f"BEFORE INSERT ON mandate FOR EACH ROW WHEN (NEW.first AND current_user = '{SERVICE}') "
        "EXECUTE FUNCTION refuse_second_first()",
    ),
}


def upgrade() -> None:
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    for each in NARROWED:
        op.execute(f"ALTER POLICY {SERVICE}_{each.verb} ON {each.table} WITH CHECK ({each.now})")
        for column in each.kept:
            op.execute(f"REVOKE UPDATE ({column}) ON {each.table} FROM {SERVICE}")
    op.execute(REFUSE)
    op.execute(REFUSE_SECOND.format(schema=schema))
    for name, trigger in TRIGGERS.values():
        op.execute(f"CREATE TRIGGER {name} {trigger}")


def downgrade() -> None:
    for table, (name, _) in TRIGGERS.items():
        op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute("DROP FUNCTION refuse_second_first()")
    op.execute("DROP FUNCTION refuse_to_actor()")
    for each in NARROWED:
        op.execute(f"ALTER POLICY {SERVICE}_{each.verb} ON {each.table} WITH CHECK ({each.before})")
        for column in each.kept:
            op.execute(f"GRANT UPDATE ({column}) ON {each.table} TO {SERVICE}")
