"""A new password for whoever has forgotten it: by a link to the address of the account, if there is one."""

import sqlalchemy as sa
from sqlmodel import col

from app.models.base import new_id
from app.models.person import Person
from app.models.sign_in import AttemptKind, PasswordReset
from app.services import account_mail, throttle
from app.services.places import Place
from app.services.sign_ins import Entrance
from app.services.throttle import attempt_of
from app.services.vault import Vault

_ACCOUNT = sa.select(col(Person.id)).where(
    sa.func.lower(col(Person.email)) == sa.func.lower(sa.bindparam("email", type_=sa.Text))
)


async def ask(entrance: Entrance, vault: Vault, data: PasswordReset, place: Place) -> None:
    """Put the mail in the queue. An address that is nobody's takes the same steps; the worker finds that out.

    Too many requests from a place are refused, whosever address is asked about: that tells nothing of any account, not
    even whether it has been signed in to from there. Too many for an account are not carried out and answered all the
    same.
    """
    now = entrance.clock()
    async with entrance.write() as session:
        person_id = (await session.execute(_ACCOUNT, {"email": data.email})).scalar_one_or_none()
        attempt = attempt_of(entrance.key, person_id, data.email, place)
        found = await throttle.wait(session, attempt, now, AttemptKind.PASSWORD_RESET)
        if found.place:
            raise throttle.too_many(found.place)
        if found.account:
            return
        await throttle.count(session, attempt, now, AttemptKind.PASSWORD_RESET)
        await account_mail.put_reset(session, vault, new_id(), data.email, now)
