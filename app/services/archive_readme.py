"""How a package is checked with tools that everybody has, in Swedish and English. Its wording belongs to the format."""

from app.models.columns import Language
from app.services.archive_keys import PublicArchiveKey
from app.services.archive_texts import Archived

_SWEDISH = """\
ETT JUSTERAT PROTOKOLL, FÖR ARKIVET
===================================

Det här paketet innehåller ett slutligt protokoll från ett partsgemensamt samtal
och visar att innehållet är det som de beslutande parterna har godkänt. Vilka de
är, och om någon nämnd part inte har beslutat, står under JUSTERING i protokollet.
Paketet går att läsa och kontrollera utan det program som skapade det. Alla texter
är UTF-8.

Protokoll:    {title}
Organisation: {organisation}
Id:           {record_id}

Rättelser av ett slutligt protokoll är egna tillägg, med egna paket.

Filerna
-------
record.sv.txt      Protokollet som text på svenska. Börja här.
record.en.txt      Detsamma med rubriker och frågor på engelska.
record.json        Exakt det innehåll som de beslutande parterna godkände, som
                   kanonisk JSON (RFC 8785). Filens SHA-256 är den kontrollsumma
                   de godkände.
approvals.json     Parternas beslut: part, funktion, beslut, tid, kontrollsumma.
{registration}template.json      Samtalsunderlaget med frågorna. Filens SHA-256 står i
                   record.json, så även frågornas ordalydelse är godkänd.
SHA256SUMS         Kontrollsummor för filerna ovan.
manifest.json      Vilket protokoll det är och alla filer med storlek och SHA-256.
manifest.sig       Elektronisk underskrift (Ed25519, 64 byte) av manifest.json.
public-key.pem     Den öppna nyckel som underskriften kontrolleras med.
README.txt         Den här texten på engelska.

Så kontrolleras paketet
-----------------------
Packa upp filerna i en tom katalog och gå dit.

1. Är filerna hela?

       sha256sum -c SHA256SUMS

   Varje rad ska sluta med OK. I Windows visar
   certutil -hashfile record.json SHA256 en fils kontrollsumma.

2. Är innehållet det som de beslutande parterna godkände?

       sha256sum record.json

   ska ge

       {content_hash}

   Samma värde ska stå som contentHash vid varje beslut i approvals.json.

3. Är underskriften rätt?

       openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in manifest.json -sigfile manifest.sig

   ska svara Signature Verified Successfully (OpenSSL 3.0 eller senare). Jämför
   sedan kontrollsumman för SHA256SUMS med den som står i manifest.json:

       sha256sum SHA256SUMS

4. Är det organisationens nyckel?

   Vem som helst kan skapa en nyckel. Filen public-key.pem ska bokstav för bokstav
   vara en nyckel som organisationen själv har lämnat ut eller lagt i sitt diarium.
   Den här är

{pem}
   med tumavtrycket (RFC 7638)

       {thumbprint}

Med programmet Lärande i förändring görs allt detta, och mer, av

       larande verify PAKETET.zip --key organisationens-nyckel.pem

Underskriften visar att organisationens tjänst har skapat paketet, inte när. När det
togs emot visar diariet.
"""

_ENGLISH = """\
AN APPROVED RECORD, FOR THE ARCHIVE
===================================

This package holds a final record of a joint conversation and shows that its
content is what the parties that decided approved. Which they are, and whether a
party that is named has not decided, stands under APPROVAL in the record. The
package can be read and checked without the program that made it. All texts are
UTF-8.

Record:       {title}
Organisation: {organisation}
Id:           {record_id}

Corrections of a final record are appendices of their own, with packages of their own.

The files
---------
record.sv.txt      The record as text, in Swedish.
record.en.txt      The same with headings and questions in English. Begin here.
record.json        Exactly the content that the parties that decided approved, as
                   canonical JSON (RFC 8785). Its SHA-256 is the checksum they
                   approved.
approvals.json     The parties' decisions: party, function, decision, time, checksum.
{registration}template.json      The dialogue template with the questions. Its SHA-256 stands
                   in record.json: the wording of the questions is approved too.
SHA256SUMS         Checksums of the files above.
manifest.json      Which record it is, and every file with size and SHA-256.
manifest.sig       Electronic signature (Ed25519, 64 bytes) of manifest.json.
public-key.pem     The public key with which the signature is checked.
LASMIG.txt         This text in Swedish.

How to check the package
------------------------
Unpack the files in an empty directory and go there.

1. Are the files whole?

       sha256sum -c SHA256SUMS

   Every line must end with OK. On Windows,
   certutil -hashfile record.json SHA256 shows the checksum of a file.

2. Is the content what the parties that decided approved?

       sha256sum record.json

   must give

       {content_hash}

   The same value must stand as contentHash of every decision in approvals.json.

3. Is the signature right?

       openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in manifest.json -sigfile manifest.sig

   must answer Signature Verified Successfully (OpenSSL 3.0 or later). Then compare
   the checksum of SHA256SUMS with the one that stands in manifest.json:

       sha256sum SHA256SUMS

4. Is it the organisation's key?

   Anybody can make a key. The file public-key.pem must be, letter by letter, a key
   that the organisation itself has handed out or put in its register. This one is

{pem}
   with the thumbprint (RFC 7638)

       {thumbprint}

The program Lärande i förändring does all this, and more, by

       larande verify THE-PACKAGE.zip --key the-organisations-key.pem

The signature shows that the organisation's service made the package, not when. When
it was received, the register shows.
"""

_WORDS = {Language.SWEDISH: _SWEDISH, Language.ENGLISH: _ENGLISH}
_REGISTRATION = {
    Language.SWEDISH: "registration.json  Diarienummer, arkivklass och när det tidigast får gallras.\n",
    Language.ENGLISH: "registration.json  Case number, archive class and how long it is to be kept.\n",
}


def readme(archived: Archived, key: PublicArchiveKey, language: Language) -> str:
    filled = {
        "title": archived.content.title,
        "organisation": archived.organisation.name,
        "record_id": str(archived.approvals.session_record_id),
        "registration": _REGISTRATION[language] if archived.registration is not None else "",
        "content_hash": archived.approvals.content_hash,
        "pem": "".join(f"       {line}\n" for line in key.pem.splitlines()),
        "thumbprint": key.thumbprint,
    }
    return _WORDS[language].format(**filled)
