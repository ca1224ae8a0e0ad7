"""Whether an archive package holds: said line by line, from the file alone. Pure.

In the end it comes to one question: made anew from the record, the template, the decisions and the registration in it,
by the rules of its format, is it this very file, byte for byte, and is the manifest signed? The lines before that say
where it is not.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from app.models.approval import Decision
from app.models.archive_package import (
    MOST_FILE_BYTES,
    ArchivedApprovals,
    ArchivedRegistration,
    ArchiveManifest,
)
from app.models.base import Output
from app.models.party import Side
from app.models.session_record import RecordContent
from app.models.template_content import TemplateContent
from app.services.archive_files import (
    APPROVALS,
    MANIFEST,
    NAMES,
    PUBLIC_KEY,
    RECORD,
    REGISTRATION,
    SIGNATURE,
    TEMPLATE,
    manifest_of,
    sha256,
    signed_files,
    written,
)
from app.services.archive_keys import SIGNATURE_BYTES, PublicArchiveKey, UnfitArchiveKey
from app.services.archive_texts import Archived, undecided
from app.services.archive_zips import NoPackage, unzipped, zipped
from app.services.content_hash import canonical
from app.services.spelling import read_object

MOST_BYTES = 4 * MOST_FILE_BYTES

ShapeT = TypeVar("ShapeT", bound=Output)


@dataclass(frozen=True)
class Finding:
    holds: bool
    says: str


@dataclass(frozen=True)
class Verdict:
    """What was found, and what the package says of itself, of which nothing is to be believed unless all holds."""

    findings: tuple[Finding, ...]
    manifest: ArchiveManifest | None = None

    @property
    def holds(self) -> bool:
        return bool(self.findings) and all(each.holds for each in self.findings)


class _Broken(Exception):
    """There is no point in looking further; the message is for people."""


def verify(content: bytes, allowed: Collection[str] = ()) -> Verdict:
    """What holds of the package and what does not. `allowed`: thumbprints of keys, any if there are none.

    Never raises, whatever the file is.
    """
    findings: list[Finding] = []
    manifest: ArchiveManifest | None = None
    try:
        files = _files(content)
        manifest, _ = _shape(files, MANIFEST, ArchiveManifest)
        key = _key(files)
        findings += _listed(files, manifest)
        archived = _archived(files, manifest)
        findings += _record(files, archived)
        findings += _two_sided(archived)
        findings += _made_anew(content, files, archived, manifest, key)
        findings += _signed(files, manifest, key, allowed)
    except _Broken as broken:
        findings.append(Finding(False, str(broken)))
    return Verdict(tuple(findings), manifest)


def _files(content: bytes) -> dict[str, bytes]:
    if len(content) > MOST_BYTES:
        raise _Broken("This is not an archive package: it is larger than any.")
    try:
        files = unzipped(content)
    except NoPackage as reason:
        raise _Broken(f"This is not an archive package as it was made: {reason}.") from None
    if unknown := files.keys() - NAMES:
        raise _Broken(f"There are {len(unknown)} files in it that do not belong to an archive package.")
    if missing := NAMES - files.keys() - {REGISTRATION}:
        raise _Broken(f"There are files missing: {', '.join(sorted(missing))}.")
    if large := [name for name, each in sorted(files.items()) if len(each) > MOST_FILE_BYTES]:
        raise _Broken(f"{large[0]} is too large.")
    return files


def _json(files: dict[str, bytes], name: str) -> Any:
    """What the file says, if it is canonical JSON: there is one way only to write a thing."""
    try:
        said = read_object(files[name])
        # A number that no other reader takes for the same is refused by the writer.
        canonical_too = canonical(said) == files[name]
    except (ValueError, RecursionError):
        raise _Broken(f"{name} is not JSON as the format wants it.") from None
    if not canonical_too:
        raise _Broken(f"{name} is not canonical JSON (RFC 8785).")
    return said


def _shape(files: dict[str, bytes], name: str, shape: type[ShapeT]) -> tuple[ShapeT, Any]:
    said = _json(files, name)
    try:
        found = shape.model_validate(said)
    except (ValidationError, RecursionError):
        raise _Broken(f"{name} does not say what it must in this format (or in one that this program knows).") from None
    return found, said


def _key(files: dict[str, bytes]) -> PublicArchiveKey:
    try:
        key = PublicArchiveKey(files[PUBLIC_KEY].decode("ascii"))
        _ = key.thumbprint  # which reads the key
    except (UnicodeDecodeError, UnfitArchiveKey):
        raise _Broken(f"{PUBLIC_KEY} is not a public key for Ed25519 as the format wants it.") from None
    return key


def _listed(files: dict[str, bytes], manifest: ArchiveManifest) -> Iterator[Finding]:
    """Whether the files are those of the manifest."""
    listed = {each.name: each for each in manifest.files}
    there = files.keys() - {MANIFEST, SIGNATURE}
    if len(listed) != len(manifest.files) or listed.keys() != there:
        yield Finding(False, "The manifest does not list exactly the files that are there.")
    changed = [name for name in sorted(there & listed.keys()) if sha256(files[name]) != listed[name].hash]
    for name in changed:
        yield Finding(False, f"{name} is not the file that the manifest lists: its SHA-256 is another.")
    if not changed and listed.keys() == there:
        yield Finding(True, f"All {len(there)} files are there, and each is the one that the manifest lists.")


def _archived(files: dict[str, bytes], manifest: ArchiveManifest) -> Archived:
    content, _ = _shape(files, RECORD, RecordContent)
    approvals, _ = _shape(files, APPROVALS, ArchivedApprovals)
    try:
        template = TemplateContent.model_validate(_json(files, TEMPLATE))
    except (ValidationError, RecursionError):
        raise _Broken(f"{TEMPLATE} is not a dialogue template.") from None
    registration = _shape(files, REGISTRATION, ArchivedRegistration)[0] if REGISTRATION in files else None
    known = {each.id for each in approvals.parties}
    attended = {each.party_id for each in content.attendances}
    named = {
        *attended,
        *(each.party_id for each in content.statements),
        *(each.party_id for each in approvals.approvals),
    }
    if known != named or len(known) != len(approvals.parties):
        raise _Broken(f"{APPROVALS} does not name exactly the parties that the record and the decisions are about.")
    called = {each.id: each.name for each in approvals.parties}
    if any(called[each.party_id] != each.party_name for each in content.attendances):
        raise _Broken(f"{APPROVALS} calls a party by another name than the record does.")
    return Archived(manifest.organisation, content, approvals, registration, template)


def _record(files: dict[str, bytes], archived: Archived) -> Iterator[Finding]:
    """Whether the content is what was decided on, and the questions are those that were asked."""
    found = sha256(files[RECORD])
    decided = {archived.approvals.content_hash, *(each.content_hash for each in archived.approvals.approvals)}
    if decided == {found}:
        yield Finding(True, f"The content is what the parties that decided decided on: its SHA-256 is {found}.")
    else:
        yield Finding(False, f"The content is not what the parties that decided decided on: its SHA-256 is {found}.")
    if sha256(files[TEMPLATE]) == archived.content.dialogue_template.content_hash:
        yield Finding(True, "The questions are those of the dialogue template that the content names.")
    else:
        yield Finding(False, "The dialogue template is not the one that the content names.")


def _two_sided(archived: Archived) -> Iterator[Finding]:
    """Rule 1, as far as a package tells: which unions the group's rule wanted is not in it."""
    approvals = archived.approvals
    sides = {each.id: each.side for each in approvals.parties}
    decided = approvals.approvals
    agreed = {sides[each.party_id] for each in decided}
    if any(each.decision is Decision.REQUEST_CHANGE for each in decided):
        yield Finding(False, "A party has asked for a change: the record cannot be final.")
    if len({each.party_id for each in decided}) < len(decided) or len({each.mandate_id for each in decided}) < len(
        decided
    ):
        yield Finding(False, "Somebody has decided twice.")
    if any(each.decided_at > approvals.final_at for each in decided):
        yield Finding(False, "A party has decided after the record became final.")
    if agreed == set(Side):
        unions = [each for each in decided if sides[each.party_id] is Side.UNION]
        silent = len(undecided(approvals))
        yield Finding(
            True,
            f"The employer and {len(unions)} union{'s' if len(unions) > 1 else ''} have approved it"
            f"{f'; {silent} of the parties named in it made no decision that stands' if silent else ''}. "
            "(Which unions had to, the package does not say.)",
        )
    else:
        yield Finding(False, "It is not approved by both sides, the employer and a union.")


def _made_anew(
    content: bytes, files: dict[str, bytes], archived: Archived, manifest: ArchiveManifest, key: PublicArchiveKey
) -> Iterator[Finding]:
    """Whether this is what the format makes of the facts in it: texts, sums, manifest and the zip file itself."""
    anew = signed_files(archived, files[RECORD], files[TEMPLATE], key)
    others = [name for name, each in sorted(anew.items()) if files.get(name) != each]
    for name in others:
        yield Finding(False, f"{name} does not say what the record says.")
    if not others:
        yield Finding(True, "The readable texts say what the record, the decisions and the registration say.")
    if written(manifest_of(archived, anew, key, manifest.api_version)) != files[MANIFEST]:
        yield Finding(False, "The manifest is about another record, another key or other files.")
    if zipped(files, manifest.final_at) != content:
        yield Finding(False, "The zip file is not as it was made: something is before, after or between its files.")


def _signed(
    files: dict[str, bytes], manifest: ArchiveManifest, key: PublicArchiveKey, allowed: Collection[str]
) -> Iterator[Finding]:
    signature = files[SIGNATURE]
    if len(signature) == SIGNATURE_BYTES and key.verifies(signature, files[MANIFEST]):
        yield Finding(True, f"The manifest is signed by the key {key.thumbprint}.")
    else:
        yield Finding(False, f"The manifest is not signed by the key {key.thumbprint} that it came with.")
    if manifest.key_thumbprint != key.thumbprint:
        yield Finding(False, "The manifest names another key than the one that it came with.")
    if allowed:
        fits = key.thumbprint in allowed
        yield Finding(fits, "That key is one of those you gave." if fits else "That key is none of those you gave.")
