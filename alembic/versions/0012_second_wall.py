"""The second wall: roles without ownership, what each may touch, and row-level security on every table

The roles are the server's, not the database's. Where the owner may not make them, a database administrator makes them
once: docs/running.md has the lines. Row-level security is not forced on the owner, so that the program before this
migration, which works as the owner, goes on running.

Whoever adds a table adds it to a table like `CONFINED` in a migration of its own (tests/test_second_wall.py asks).

Revision ID: 0012
Revises: 0011
"""

from dataclasses import dataclass

import sqlalchemy as sa

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SERVICE, CLIENT, ENTRANCE, BALLOT, SYSTEM = ROLES = (
    *("larande_service", "larande_client"),
    *("larande_entrance", "larande_ballot", "larande_system"),
)

# --- What an actor's transaction is confined to ------------------------------------------------------------------
# Each setting is read in a sub-select: once for a statement, not once for a row.

ORGANISATION = "(SELECT nullif(current_setting('larande.organisation', true), '')::uuid)"
PERSON = "(SELECT nullif(current_setting('larande.person', true), '')::uuid)"
# The cast outside makes PostgreSQL take the sub-select for an array, and not for rows.
PARTIES = "(SELECT string_to_array(current_setting('larande.parties', true), ',')::uuid[])::uuid[]"
ADMINISTRATOR = "(SELECT current_setting('larande.administrator', true) = 'yes')"
SERVICE_CLIENT = "(SELECT nullif(current_setting('larande.client', true), '')::uuid)"

OWN = f"organisation_id = {ORGANISATION}"
OWN_PARTY = f"({OWN} AND party_id = ANY ({PARTIES}))"
OWN_PERSON = f"person_id = {PERSON}"
OWN_OR_CENTRAL = f"(organisation_id IS NULL OR {OWN})"
OWN_OR_RUN = f"({OWN} OR {ADMINISTRATOR})"


def of(table: str, parent: str, key: str = "id", subject: str | None = None) -> str:
    """Rows of what the actor sees: the parent's own policy decides.

    The table's name stands before its column: a column of the parent's would be taken for one of the same name.
    """
    own = subject or (f"{parent}_id" if key == "id" else key)
    return f"EXISTS (SELECT FROM {parent} AS parent WHERE parent.{key} = {table}.{own})"


def named_by(table: str, child: str) -> str:
    """Rows that something names which the actor sees."""
    return f"EXISTS (SELECT FROM {child} AS child WHERE child.{table}_id = {table}.id)"


@dataclass(frozen=True)
class Confined:
    """What an actor may do with the rows of a table: `may` has S, I, U, D for select, insert, update, delete.

    And L to lock rows, for which PostgreSQL wants the right to change some column: one that then cannot be changed.
    """

    may: str
    sees: str
    """The rows that are there, also to be locked."""
    writes: str = ""
    """As what they may be stored or deleted; what is seen unless said otherwise."""
    adds: str = ""
    """As what they may be added; as `writes` unless said otherwise."""
    columns: tuple[str, ...] = ()
    """The only columns that may be read."""
    renews: tuple[str, ...] = ()
    """Columns that are fixed elsewhere, and do not say here whose a row is."""
    changes: tuple[str, ...] = ()
    """The only columns that may be changed."""


CONFINED: dict[str, Confined] = {
    # --- The structure, which a system administrator runs
    "organisation": Confined("SIU", f"(id = {ORGANISATION} OR {ADMINISTRATOR})", ADMINISTRATOR),
    "unit": Confined("SIU", OWN_OR_RUN),
    "unit_placement": Confined("SIU", OWN_OR_RUN),
    "party": Confined("SIU", OWN_OR_RUN),
    "person": Confined("SIU", f"({OWN} OR id = {PERSON} OR {ADMINISTRATOR})"),
    # A list of everybody's mandates would be a register of unions: an administrator knows those it gave.
    "mandate": Confined(
        "SIU",
        f"({OWN} OR first AND {ADMINISTRATOR})",
        OWN,
        f"({OWN_PARTY} OR first AND {ADMINISTRATOR})",
    ),
    # --- Content, each organisation's own
    "working_group": Confined("SIU", OWN),
    "working_group_party": Confined(
        "SID",
        of("working_group_party", "working_group"),
        adds=f"({of('working_group_party', 'working_group')} AND {of('working_group_party', 'party')})",
    ),
    "dialogue_session": Confined("SIU", OWN),
    "session_record": Confined("SIU", OWN),
    "record_registration": Confined("SIU", of("record_registration", "session_record")),
    "action": Confined("SIUD", OWN),
    "survey_round": Confined("SIU", OWN),
    "survey_unit": Confined("SID", of("survey_unit", "survey_round")),
    "survey_covered_unit": Confined("SID", of("survey_covered_unit", "survey_round")),
    "survey_release": Confined("S", OWN),
    "survey_result": Confined("S", of("survey_result", "survey_release", "survey_round_id")),
    "survey_texts": Confined("SU", OWN),
    "survey_text": Confined("SD", of("survey_text", "survey_texts")),
    "survey_text_withholding": Confined(
        "SIUD",
        of("survey_text_withholding", "survey_text"),
        adds=f"(party_id = ANY ({PARTIES}) AND {of('survey_text_withholding', 'survey_text')})",
    ),
    "survey_invitation_batch": Confined("SIU", OWN),
    "survey_reminder": Confined("SI", OWN),
    # Whether one has been used is nobody's to know.
    "survey_invitation": Confined(
        "SID", of("survey_invitation", "survey_round"), columns=("token_hash", "survey_round_id", "unit_id")
    ),
    "dialogue_template": Confined("SIUD", OWN_OR_CENTRAL, OWN),
    "instrument": Confined("SIU", OWN_OR_CENTRAL, OWN),
    "content_pack": Confined("S", "true"),
    # --- One party's own, and what only that party can add
    "party_note": Confined("SIUD", OWN_PARTY),
    "statement": Confined("SIU", f"({OWN} AND published OR {OWN_PARTY})", OWN_PARTY),
    # An administrator is shown the consent to the service clients it runs, and voids it with a change of one.
    "approval": Confined("SIU", f"({OWN} OR subject_type = 'serviceClient' AND {ADMINISTRATOR})", adds=OWN_PARTY),
    "survey_amendment": Confined("SIU", OWN, adds=OWN_PARTY),
    "audit_entry": Confined(
        "SI",
        f"({OWN} AND audience IN ('organisation', 'workingGroup') OR {OWN_PARTY} "
        f"OR audience = 'person' AND {OWN_PERSON} OR audience = 'organisation' AND {ADMINISTRATOR})",
        adds=f"({OWN_PERSON} AND service_client_id IS NULL AND (organisation_id IS NULL OR {OWN_OR_RUN}))",
    ),
    # --- Retention and destruction
    "retention_rule": Confined("SIUD", OWN),
    "legal_hold": Confined("SIU", OWN),
    "destruction": Confined("SIU", OWN, adds=OWN_PARTY),
    "destruction_log_entry": Confined("S", f"({OWN} AND (party_id IS NULL OR {OWN_PARTY}))"),
    # --- What a system administrator sets up for an organisation, and its parties may see
    "email_domain": Confined("SIUD", OWN_OR_RUN, ADMINISTRATOR),
    # Whoever has an account there, or whose organisation has a domain bound to it, is shown its name.
    "identity_provider": Confined(
        "SIU",
        f"({ADMINISTRATOR} OR {named_by('identity_provider', 'identity')} "
        f"OR {named_by('identity_provider', 'email_domain')})",
        ADMINISTRATOR,
    ),
    # The parties consent to it as it is.
    "service_client": Confined("SIU", OWN_OR_RUN, adds=ADMINISTRATOR),
    "service_client_credential": Confined("SIDL", OWN_OR_RUN, ADMINISTRATOR),
    # --- One person's own
    "idempotency_key": Confined("SIU", OWN_PERSON),
    "sign_in": Confined("SU", OWN_PERSON),
    "refresh_token": Confined("SD", of("refresh_token", "sign_in")),
    "second_factor": Confined("SIUD", OWN_PERSON, renews=("created_at",)),
    "recovery_code": Confined("SID", OWN_PERSON),
    "identity": Confined("SDL", OWN_PERSON),
    # --- Nobody's who is signed in
    "credential": Confined("", "false"),
    "person_invitation": Confined("", "false"),
    "sign_in_failure": Confined("", "false"),
    "sealed_response": Confined("", "false"),
    "survey_sums": Confined("", "false"),
    "authorisation_request": Confined("", "false"),
    "service_client_idempotency_key": Confined("", "false"),
}

# --- What a service client is confined to -------------------------------------------------------------------------
# Its own organisation, whatever its scopes, and nothing of any party's. Of what is not named here it sees no row; the
# tables are there for it, for a request about them is answered like one about a thing that does not exist.

FINAL = f"({OWN} AND state = 'final')"
RELEASED = f"({OWN} AND state = 'released')"

SERVED: dict[str, Confined] = {
    "organisation": Confined("SL", f"id = {ORGANISATION}"),
    "unit": Confined("SIU", OWN),
    "unit_placement": Confined("SIU", OWN),
    # No role, no other address to which a link to set a password would go.
    "person": Confined(
        "SIU",
        OWN,
        adds=f"({OWN} AND roles = '{{}}')",
        changes=("version", "name", "language", "active", "unit_id"),
    ),
    "session_record": Confined("SL", FINAL),
    "record_registration": Confined("S", of("record_registration", "session_record")),
    "approval": Confined(
        "SL",
        f"({OWN} AND (subject_type = 'sessionRecord' AND {of('approval', 'session_record', subject='subject_id')} "
        f"OR subject_type = 'surveyRound' AND {of('approval', 'survey_round', subject='subject_id')}))",
    ),
    "survey_round": Confined("SL", RELEASED),
    "survey_unit": Confined("S", of("survey_unit", "survey_round")),
    "survey_covered_unit": Confined("S", of("survey_covered_unit", "survey_round")),
    "survey_release": Confined("S", of("survey_release", "survey_round")),
    "survey_result": Confined("S", of("survey_result", "survey_round")),
    "instrument": Confined("SL", OWN_OR_CENTRAL),
    "service_client": Confined("SL", f"id = {SERVICE_CLIENT}"),
    "service_client_credential": Confined("SL", f"service_client_id = {SERVICE_CLIENT}"),
    "service_client_idempotency_key": Confined("SIU", f"service_client_id = {SERVICE_CLIENT}"),
    "audit_entry": Confined(
        "SI", "false", f"({OWN} AND service_client_id = {SERVICE_CLIENT} AND person_id IS NULL AND party_id IS NULL)"
    ),
}

# What says whose a row is. No actor can move it to somebody else.
FIXED = (
    *("id", "created_at", "organisation_id", "working_group_id", "party_id", "person_id"),
    *("survey_round_id", "session_record_id"),
)

# --- Those that act for no signed-in person ------------------------------------------------------------------------
# `L` is to lock rows, for which PostgreSQL wants the right to change some column: one that says nothing. `M` is to mark
# a secret as used, and `E` to take the name of somebody erased out of the trail: nothing else of either is changed.

OTHERS: dict[str, dict[str, str]] = {
    # Before there is an actor: signing in, renewing, setting a password.
    ENTRANCE: {
        "person": "SL",
        "mandate": "S",
        "party": "S",
        "credential": "SIUD",
        "sign_in": "SIU",
        "refresh_token": "SIUD",
        "person_invitation": "SU",
        "sign_in_failure": "SIUD",
        "second_factor": "SU",
        "recovery_code": "SU",
        "identity_provider": "SL",
        "email_domain": "SL",
        "identity": "SIDL",
        "authorisation_request": "SIUD",
        "organisation": "S",
        "service_client": "S",
        "service_client_credential": "SM",
        "audit_entry": "I",
    },
    # Answering a survey with nothing but a token.
    BALLOT: {
        "survey_invitation": "SU",
        "survey_round": "SL",
        "survey_unit": "S",
        "instrument": "S",
        "sealed_response": "I",
    },
    # The service itself: what closes rounds, sends mail, loads content, and the commands of whoever runs it.
    SYSTEM: dict.fromkeys(CONFINED, "SIUD") | {"audit_entry": "SIDE", "destruction_log_entry": "SI"},
}
VERBS = {
    "S": "SELECT",
    "I": "INSERT",
    "U": "UPDATE",
    "D": "DELETE",
    "L": "UPDATE (created_at)",
    "M": "UPDATE (last_used_at)",
    "E": "UPDATE (person_id)",
}

# --- Who an actor is: found by the database, not told by the program ------------------------------------------------

ENTER = """
    CREATE FUNCTION larande_enter(who uuid, today date) RETURNS void
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
                AND mandate.valid_from <= today AND (mandate.valid_to IS NULL OR mandate.valid_to >= today)
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
ENTER_CLIENT = """
    CREATE FUNCTION larande_enter_client(who uuid, secret uuid, moment timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
    DECLARE
        home uuid;
    BEGIN
        SELECT service_client.organisation_id INTO home
        FROM service_client
        JOIN service_client_credential ON service_client_credential.service_client_id = service_client.id
        JOIN organisation ON organisation.id = service_client.organisation_id
        WHERE service_client.id = who AND service_client_credential.id = secret
            AND service_client.state = 'active' AND service_client.expires_at > moment
            AND service_client_credential.expires_at > moment AND organisation.state = 'active';
        PERFORM
            set_config('larande.client', CASE WHEN home IS NULL THEN '' ELSE who::text END, false),
            set_config('larande.organisation', coalesce(home::text, ''), false),
            set_config('larande.person', '', false),
            set_config('larande.parties', '', false),
            set_config('larande.administrator', '', false);
    END $$
"""
ENTERS = {
    SERVICE: ("larande_enter", ENTER),
    CLIENT: ("larande_enter_client", ENTER_CLIENT),
}

# A list by name goes on where the page before ended, by an index; beyond a row-level policy PostgreSQL uses an index
# only with functions that are known to tell nothing of what they are given. One in SQL is inlined, and then not known.
SWEDISH_ORDER = """
    CREATE OR REPLACE FUNCTION swedish_order(name varchar) RETURNS text IMMUTABLE PARALLEL SAFE {language}
"""
IN_PLPGSQL = """
    LANGUAGE plpgsql AS $$
    BEGIN
        RETURN translate(lower(name COLLATE "C"), 'åäöæøÅÄÖÆØéèáàüÉÈÁÀÜ', '{|}|}{|}|}eeaayeeaay');
    END $$
"""
IN_SQL = """
    LANGUAGE sql RETURN translate(lower(name COLLATE "C"), 'åäöæøÅÄÖÆØéèáàüÉÈÁÀÜ', '{|}|}{|}|}eeaayeeaay')
"""

_PUT = (
    "INSERT, SELECT (id, entrypoint, priority, dedupe_key) ON queue.pgqueuer",
    "INSERT ON queue.pgqueuer_log",
    "USAGE ON ALL SEQUENCES IN SCHEMA queue",
)
QUEUE = {
    SERVICE: _PUT,
    ENTRANCE: _PUT,
    SYSTEM: (
        "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA queue",
        "USAGE ON ALL SEQUENCES IN SCHEMA queue",
    ),
}


def upgrade() -> None:
    connection = op.get_bind()
    schema = connection.scalar(sa.text("SELECT quote_ident(current_schema())"))
    _make_roles(connection)
    for role in ROLES:
        op.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        op.execute(f"GRANT SELECT ON alembic_version TO {role}")
    for table, confined in CONFINED.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        _confine(connection, SERVICE, table, confined)
        if confined.may and table not in SERVED:
            _show_empty(connection, table)
    for table, served in SERVED.items():
        _confine(connection, CLIENT, table, served)
    for role, tables in OTHERS.items():
        for table, may in tables.items():
            op.execute(f"GRANT {', '.join(VERBS[each] for each in may)} ON {table} TO {role}")
            op.execute(f"CREATE POLICY {role} ON {table} TO {role} USING (true) WITH CHECK (true)")
    for role, (name, function) in ENTERS.items():
        op.execute(function.format(schema=schema))
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {role}")
    for role, rights in QUEUE.items():
        op.execute(f"GRANT USAGE ON SCHEMA queue TO {role}")
        for right in rights:
            op.execute(f"GRANT {right} TO {role}")
    op.execute(SWEDISH_ORDER.format(language=IN_PLPGSQL))
    if connection.scalar(sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")):
        op.execute("ALTER FUNCTION swedish_order LEAKPROOF")


def _make_roles(connection: sa.Connection) -> None:
    """Those that are missing, and let the owner take their place if it may give that to itself."""
    for role in ROLES:
        if connection.scalar(sa.text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role}):
            continue
        try:
            # Two databases of one server may be migrated at once, and roles are the server's.
            with connection.begin_nested():
                connection.execute(sa.text(f"CREATE ROLE {role} NOLOGIN NOINHERIT"))
                connection.execute(sa.text(f"GRANT {role} TO CURRENT_USER"))
        except sa.exc.ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) != "42710":
                raise
        except sa.exc.IntegrityError:
            pass  # made by the other one just now


def _confine(connection: sa.Connection, role: str, table: str, confined: Confined) -> None:
    writes = confined.writes or confined.sees
    clauses = {
        "L": ("UPDATE", f"USING ({_hardly_ever_false(confined.sees)}) WITH CHECK (false)"),
        "S": ("SELECT", f"USING ({_hardly_ever_false(confined.sees)})"),
        "I": ("INSERT", f"WITH CHECK ({confined.adds or writes})"),
        "U": ("UPDATE", f"USING ({_hardly_ever_false(confined.sees)}) WITH CHECK ({writes})"),
        "D": ("DELETE", f"USING ({_hardly_ever_false(writes)})"),
    }
    for each in confined.may:
        verb, clause = clauses[each]
        right = verb
        if each == "S" and confined.columns:
            right = f"SELECT ({', '.join(confined.columns)})"
        if each == "U":
            changed = confined.changes or _changeable(connection, table, confined.renews)
            right = f"UPDATE ({', '.join(changed)})"
        if each == "L":
            right = VERBS["L"]
        op.execute(f"GRANT {right} ON {table} TO {role}")
        op.execute(f"CREATE POLICY {role}_{verb.lower()} ON {table} FOR {verb} TO {role} {clause}")


def _show_empty(connection: sa.Connection, table: str) -> None:
    """Without a policy there are rights and no row."""
    op.execute(f"GRANT SELECT ON {table} TO {CLIENT}")
    # To lock a row takes the right to change something of it; there is none to lock.
    if columns := _changeable(connection, table):
        op.execute(f"GRANT UPDATE ({columns[0]}) ON {table} TO {CLIENT}")


def _hardly_ever_false(condition: str) -> str:
    """The same, in words of which PostgreSQL expects that they leave nearly every row.

    So it is: every statement of the service filters by itself. Two conditions of which each is expected to leave one
    organisation's part would make a list look so short that it is read whole and sorted, instead of by its index.
    """
    return condition if condition == "true" else f"nullif({condition}, false) IS NOT NULL"


def _changeable(connection: sa.Connection, table: str, renews: tuple[str, ...] = ()) -> list[str]:
    columns = connection.scalars(
        sa.text(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 "
            "AND NOT attisdropped AND attgenerated = '' AND attname <> ALL (:fixed) ORDER BY attnum"
        ),
        {"table": table, "fixed": [each for each in FIXED if each not in renews]},
    )
    return list(columns)


def downgrade() -> None:
    # The roles stay: other databases of the server may have them.
    connection = op.get_bind()
    schema = connection.scalar(sa.text("SELECT quote_ident(current_schema())"))
    for role in ROLES:
        op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA queue FROM {role}")
        op.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA queue FROM {role}")
        op.execute(f"REVOKE ALL ON SCHEMA queue FROM {role}")
        op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}")
        op.execute(f"REVOKE ALL ON SCHEMA {schema} FROM {role}")
    for name, _ in ENTERS.values():
        op.execute(f"DROP FUNCTION {name}")
    for role, tables in ((SERVICE, CONFINED), (CLIENT, SERVED)):
        for table, confined in tables.items():
            for each in confined.may:
                op.execute(f"DROP POLICY {role}_{VERBS[each].split()[0].lower()} ON {table}")
    for table in CONFINED:
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for role, rights in OTHERS.items():
        for table in rights:
            op.execute(f"DROP POLICY {role} ON {table}")
    op.execute(SWEDISH_ORDER.format(language=IN_SQL))
