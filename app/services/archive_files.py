"""The files of an archive package and the file that they make. Pure: same facts and same key, same bytes."""

import hashlib
from dataclasses import dataclass

from app.models.archive_package import FORMAT, FORMAT_VERSION, ArchivedFile, ArchiveManifest
from app.models.base import Output
from app.models.columns import Language
from app.services.archive_keys import ALGORITHM, ArchiveKey, PublicArchiveKey
from app.services.archive_readme import readme
from app.services.archive_texts import Archived, record_text
from app.services.archive_zips import zipped
from app.services.content_hash import canonical

RECORD, TEMPLATE, APPROVALS, REGISTRATION = "record.json", "template.json", "approvals.json", "registration.json"
MANIFEST, SIGNATURE, PUBLIC_KEY, SUMS = "manifest.json", "manifest.sig", "public-key.pem", "SHA256SUMS"
TEXTS = {"record.sv.txt": Language.SWEDISH, "record.en.txt": Language.ENGLISH}
READMES = {"LASMIG.txt": Language.SWEDISH, "README.txt": Language.ENGLISH}
NAMES = {RECORD, TEMPLATE, APPROVALS, REGISTRATION, MANIFEST, SIGNATURE, PUBLIC_KEY, SUMS, *TEXTS, *READMES}

_JSON, _TEXT = "application/json", "text/plain; charset=utf-8"
_MEDIA_TYPES = {PUBLIC_KEY: "application/x-pem-file", SUMS: _TEXT}


@dataclass(frozen=True)
class Package:
    """A package as a whole."""

    manifest: ArchiveManifest
    signature: bytes
    content: bytes
    """The zip file."""


def package(archived: Archived, record: bytes, template: bytes, key: ArchiveKey, api_version: str) -> Package:
    """The signed package. `record` and `template` are their canonical JSON."""
    files = signed_files(archived, record, template, key.public)
    manifest = manifest_of(archived, files, key.public, api_version)
    signature = key.sign(written(manifest))
    whole = files | {MANIFEST: written(manifest), SIGNATURE: signature}
    return Package(manifest, signature, zipped(whole, manifest.final_at))


def signed_files(archived: Archived, record: bytes, template: bytes, key: PublicArchiveKey) -> dict[str, bytes]:
    """All but the manifest and its signature."""
    files = {RECORD: record, TEMPLATE: template, APPROVALS: written(archived.approvals)}
    if archived.registration is not None:
        files[REGISTRATION] = written(archived.registration)
    files |= {name: record_text(archived, language).encode() for name, language in TEXTS.items()}
    files |= {name: readme(archived, key, language).encode() for name, language in READMES.items()}
    files[PUBLIC_KEY] = key.pem.encode()
    # As sha256sum writes and reads it.
    files[SUMS] = "".join(f"{sha256(content)}  {name}\n" for name, content in sorted(files.items())).encode()
    return files


def manifest_of(
    archived: Archived, files: dict[str, bytes], key: PublicArchiveKey, api_version: str
) -> ArchiveManifest:
    return ArchiveManifest(
        package_format=FORMAT,
        format_version=FORMAT_VERSION,
        api_version=api_version,
        organisation=archived.organisation,
        session_record_id=archived.approvals.session_record_id,
        title=archived.content.title,
        final_at=archived.approvals.final_at,
        appendix_to=archived.content.appendix_to,
        content_hash=archived.approvals.content_hash,
        algorithm=ALGORITHM,
        key_thumbprint=key.thumbprint,
        files=[
            ArchivedFile(name=name, media_type=_media_type(name), size=len(content), hash=sha256(content))
            for name, content in sorted(files.items())
        ],
    )


def written(shape: Output) -> bytes:
    """As it stands in a file: canonical JSON."""
    return canonical(shape.model_dump(mode="json", by_alias=True))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _media_type(name: str) -> str:
    return _MEDIA_TYPES.get(name, _JSON if name.endswith(".json") else _TEXT)
