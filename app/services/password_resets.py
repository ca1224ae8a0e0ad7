"""A new password for whoever has forgotten it: by a link to the address of the account, if there is one."""

from app.models.base import new_id
from app.models.sign_in import AttemptKind, PasswordReset
from app.services import account_mail, throttle
from app.services.addresses import by_email
from app.services.places import Place
from app.services.sign_ins import Entrance
from app.services.throttle import attempt_of
from app.services.vault import Vault


async def ask(entrance: Entrance, vault: Vault, data: PasswordReset, place: Place) -> None:
    """Put the mail in the queue. An address that is nobody's takes the same steps; the worker finds that out.

    Too many requests from a place are refused, whosever address is asked about: that tells nothing of any account, not
    even whether it has been signed in to from there. Too many for an account are not carried out and answered all the
    same: a link that was mailed minutes ago, whoever asked for it, still works.
    """
    now = entrance.clock()
    async with entrance.write() as session:
        person = await by_email(session, data.email)
        attempt = attempt_of(entrance.key, person.id if person else None, data.email, place)
        found = await throttle.wait(session, attempt, now, AttemptKind.PASSWORD_RESET)
        if found.place:
            raise throttle.too_many(found.place)
        if found.account:
            return
        await throttle.count(session, attempt, now, AttemptKind.PASSWORD_RESET)
        await account_mail.put_reset(session, vault, new_id(), data.email, now)
