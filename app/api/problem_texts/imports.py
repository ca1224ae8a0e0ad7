"""What HR systems meet: syncing, imported files and unit trees."""

from app.api.problem_texts.text import ProblemText, told

IMPORTS: dict[str, ProblemText] = {
    # --- HR syncing
    "unionDataRefused": told(
        422,
        (
            "Uppgifter om fackligt medlemskap tas inte emot",
            "Något i begäran ser ut att säga vem som hör till ett fackförbund. Ta bort det i källsystemet; inget av "
            "det har sparats.",
        ),
        (
            "Union membership is not accepted",
            "Something in the request looks as if it told who belongs to a union. Remove it in the source system; "
            "nothing of it has been stored.",
        ),
    ),
    "personalNumberRefused": told(
        422,
        (
            "Personnummer tas inte emot som identitet",
            "Det som skickades som id ser ut som ett personnummer eller samordningsnummer. Använd till exempel ett "
            "anställningsnummer eller ett objekt-id.",
        ),
        (
            "Personal identity numbers are not accepted as an id",
            "What was sent as an id looks like a personal identity number or coordination number. Use an employee "
            "number or an object id, for example.",
        ),
    ),
    "deactivationBrake": told(
        409,
        (
            "Så många kan inte avaktiveras utan bekräftelse",
            "Fler skulle avaktiveras inom ett dygn än organisationen tillåter (deactivationBrakePercent). En "
            "systemadministratör bekräftar hur många som har slutat, med "
            "POST /organisations/{organisationId}/deactivation-releases; skicka sedan igen.",
        ),
        (
            "So many cannot be deactivated without confirmation",
            "More people would be deactivated within a day than the organisation allows (deactivationBrakePercent). A "
            "system administrator confirms how many have left, with "
            "POST /organisations/{organisationId}/deactivation-releases; then send it again.",
        ),
    ),
    "unitBrake": told(
        409,
        (
            "Så många enheter kan inte stängas utan bekräftelse",
            "Fler enheter skulle stängas inom ett dygn än organisationen tillåter. Är det rätt? Be en "
            "systemadministratör att släppa igenom så många enheter (`create_deactivation_release`) och skicka sedan "
            "samma sak igen.",
        ),
        (
            "So many units cannot be closed without confirmation",
            "More units would be closed within a day than the organisation allows. If that is right, ask a system "
            "administrator to release so many units (`create_deactivation_release`), and then send the same again.",
        ),
    ),
    "personLeadsSession": told(
        409,
        ("Personen ska leda ett samtal framöver", "Låt först någon annan leda samtalet, eller ställ in det."),
        ("The person leads a session to come", "Let somebody else lead it, or cancel it, first."),
    ),
    "personStillActive": told(
        409,
        (
            "Personen är fortfarande aktiv",
            "Gör personen inaktiv först. Medan den är aktiv är det bara personen själv som kan radera.",
        ),
        (
            "The person is still active",
            "Make the person inactive first. While active, only they can erase themselves.",
        ),
    ),
    # --- imports and unit trees
    "fileEncoding": told(
        422,
        ("Filens teckenkodning kan inte läsas", "Spara filen som UTF-8 eller Windows-1252 och skicka den igen."),
        ("The file's encoding cannot be read", "Save the file as UTF-8 or Windows-1252 and send it again."),
    ),
    "fileForm": told(
        422,
        ("Filen kan inte läsas som en tabell", "Den är skadad eller har en annan form än den som Content-Type säger."),
        ("The file cannot be read as a table", "It is damaged, or of another form than Content-Type says."),
    ),
    "fileTooLarge": told(
        422,
        (
            "Filen är för stor",
            "Den har fler rader eller kolumner, längre celler eller mer uppackat innehåll än vad som läses.",
        ),
        ("The file is too large", "It has more rows or columns, longer cells or more unpacked content than is read."),
    ),
    "fileEmpty": told(
        422,
        ("Filen har inga kolumner", "Den första raden ska namnge kolumnerna."),
        ("The file has no columns", "The first row has to name the columns."),
    ),
    "columnTwice": told(
        422,
        (
            "En kolumn finns två gånger",
            "Varje fält fylls av högst en kolumn, och ett kolumnnamn får bara förekomma en gång.",
        ),
        ("A column is there twice", "Each field is filled by one column at most, and each column name is there once."),
    ),
    "columnUnnamed": told(
        422,
        ("En kolumn saknar namn", "Raden har fler celler än den första raden har namn."),
        ("A column has no name", "The row has more cells than the first row has names."),
    ),
    "columnMissing": told(
        422,
        ("En kolumn saknas", "Filen måste ha en kolumn för externalId."),
        ("A column is missing", "The file must have a column for externalId."),
    ),
    "unknownColumn": told(
        422,
        (
            "Kolumnen är inte känd",
            "Numret är kolumnens, räknat från vänster. Ange med PUT /organisations/{organisationId}/import-mapping "
            "vilket av importens fält den fyller (columns), eller att den inte ska läsas (ignoredColumns).",
        ),
        (
            "The column is not known",
            "The number is the column's, counted from the left. Say with "
            "PUT /organisations/{organisationId}/import-mapping which field of imports it fills (columns), or that it "
            "is not read (ignoredColumns).",
        ),
    ),
    "unknownImportField": told(
        422,
        (
            "Fältet finns inte",
            "Importen har inget sådant fält för en kolumn att fylla. Fälten står i docs/import-files.md, till exempel "
            "externalId, name och email för personer.",
        ),
        (
            "There is no such field",
            "Imports have no such field for a column to fill. The fields stand in docs/import-files.md, as externalId, "
            "name and email of people.",
        ),
    ),
    "columnEmpty": told(
        422,
        ("En cell som behövs är tom", "Fyll i den cell som anges."),
        ("A cell that is needed is empty", "Fill in the cell that is named."),
    ),
    "cellInvalid": told(
        422,
        ("En cell kan inte läsas", "Värdet har inte den form som fältet kräver."),
        ("A cell cannot be read", "The value does not have the form that the field requires."),
    ),
    "cellIsFormula": told(
        422,
        ("Värdet är en formel", "Personers namn och adresser får inte börja med =, +, - eller @."),
        ("The value is a formula", "The names and addresses of people must not begin with =, +, - or @."),
    ),
    "rowTwice": told(
        422,
        ("Raden finns två gånger", "Samma id får ha högst en rad per dag. Ingen av raderna med det id:t tas in."),
        ("The row is there twice", "An id may have at most one row a day. None of the rows with that id is taken in."),
    ),
    "unitTwice": told(
        422,
        ("Enheten finns två gånger", "Varje externalId får bara förekomma en gång i trädet."),
        ("The unit is there twice", "An externalId may occur only once in the tree."),
    ),
    "unitWithoutPeriod": told(
        422,
        ("Enheten saknar period", "En enhet behöver minst en period med namn och plats."),
        ("The unit has no period", "A unit needs at least one period with a name and a place."),
    ),
    "periodsOverlap": told(
        422,
        ("Perioder går in i varandra", "En period ska sluta dagen innan nästa börjar."),
        ("Periods overlap", "A period has to end on the day before the next begins."),
    ),
    "periodsLeaveGap": told(
        422,
        ("Det finns ett glapp mellan perioder", "En period ska börja dagen efter att den förra har slutat."),
        ("There is a gap between periods", "A period has to begin on the day after the one before it has ended."),
    ),
    "planStale": told(
        409,
        (
            "Planen stämmer inte längre",
            "Något som planen ändrar har ändrats sedan dess. Skicka filen igen för en ny plan.",
        ),
        (
            "The plan does not fit any more",
            "Something that the plan changes has changed since. Send the file again for a new plan.",
        ),
    ),
    "planHashDiffers": told(
        409,
        ("Det är en annan plan", "Ange det hashvärde som importen visar."),
        ("It is another plan", "Name the hash that the import shows."),
    ),
    "importSettled": told(
        409,
        ("Importen kan inte genomföras", "Den är redan genomförd, har fel eller har blivit för gammal."),
        ("The import cannot be applied", "It has been applied already, has errors or has become too old."),
    ),
    "importApplying": told(
        409,
        (
            "En import genomförs just nu",
            "Vänta tills den är klar: importens state visar det. Försök sedan igen.",
        ),
        (
            "An import is being applied",
            "Wait until it is done, which its state shows. Then try again.",
        ),
    ),
    "planGone": told(
        410,
        (
            "Planen finns inte kvar",
            "En plan nämner människor och sparas bara tills den är genomförd, har misslyckats eller har blivit för "
            "gammal. Rapporten med alla antal finns i importen; skicka filen igen för en ny plan.",
        ),
        (
            "The plan is gone",
            "A plan names people, and is kept only until it is applied, has failed or has become too old. The report "
            "with all the numbers is in the import; send the file again for a new plan.",
        ),
    ),
}
