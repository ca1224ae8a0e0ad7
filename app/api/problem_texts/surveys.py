"""Instruments and surveys."""

from app.api.problem_texts.text import ProblemText, told

SURVEYS: dict[str, ProblemText] = {
    # --- instruments
    "instrumentVersionTaken": told(
        409,
        ("Versionen finns redan", "Organisationen har redan den versionen av instrumentet. Ge den ett nytt nummer."),
        ("The version exists", "The organisation already has that version of the instrument. Give it a new number."),
    ),
    "instrumentRetired": told(
        409,
        (
            "Instrumentet är draget tillbaka",
            "Det som är draget tillbaka kommer inte i bruk igen. Läs in en ny version.",
        ),
        ("The instrument is retired", "What is retired does not come back into use. Import a new version."),
    ),
    "instrumentFaulty": told(
        422,
        (
            "Instrumentet går inte ihop",
            "Något i innehållet saknas eller säger emot sig självt. Rätta det och försök igen.",
        ),
        (
            "The instrument does not hold together",
            "Something in it is missing or contradicts itself. Correct it and try again.",
        ),
    ),
    "instrumentTextMissing": told(
        422,
        ("En text saknas", "Texten är inte skriven på det här språket, som instrumentet säger sig ha."),
        ("A text is missing", "The text is not written in this language, which the instrument says it has."),
    ),
    "instrumentScaleUneven": told(
        422,
        ("Skalan går inte ihop", "Stegen ska vara hela tal i följd från det minsta: 1, 2, 3 och så vidare."),
        (
            "The scale does not hold together",
            "Its points are whole numbers in a row from the least: 1, 2, 3 and so on.",
        ),
    ),
    "instrumentIdRepeated": told(
        422,
        ("Samma id två gånger", "Dimensioner, påståenden och öppna frågor behöver var sitt id; zoner var sin nyckel."),
        ("The same id twice", "Dimensions, items and open questions each need an id of their own, zones a key."),
    ),
    "instrumentDimensionUnknown": told(
        422,
        ("Okänd dimension", "Instrumentet har ingen dimension med den nyckeln."),
        ("Unknown dimension", "The instrument has no dimension of that key."),
    ),
    "instrumentDimensionEmpty": told(
        422,
        ("Dimensionen är tom", "Minst ett påstående behöver höra till dimensionen."),
        ("The dimension is empty", "At least one item must belong to the dimension."),
    ),
    "instrumentClimateRepeated": told(
        422,
        ("Två mäter samma sak", "En annan dimension står redan för den delen av lärklimatet."),
        ("Two measure the same", "Another dimension already stands for that part of the learning climate."),
    ),
    "instrumentMinimumTooLarge": told(
        422,
        ("Kravet går inte att nå", "Så många finns inte: ingen person kan få något värde, hur den än svarar."),
        ("The minimum cannot be met", "There are not so many: nobody can get a score, however they answer."),
    ),
    "instrumentZonesOutOfOrder": told(
        422,
        ("Zonerna är inte i ordning", "Den första börjar vid 0 och varje följande högre än den före."),
        ("The zones are out of order", "The first begins at 0, and each of the others above the one before."),
    ),
    # --- surveys
    "roundNotDraft": told(
        409,
        ("Omgången är inget utkast", "Det som är föreslaget ändras inte. Ta först tillbaka omgången till utkast."),
        ("The round is no draft", "What is proposed does not change. Take the round back to draft first."),
    ),
    "roundNotProposed": told(
        409,
        ("Omgången är inte föreslagen", "Parterna beslutar om en omgång när den är föreslagen och inte öppnad än."),
        ("The round is not proposed", "The parties decide on a round once it is proposed and not yet open."),
    ),
    "roundDecided": told(
        409,
        (
            "Omgången är redan öppnad eller inställd",
            "Det här går bara innan omgången har öppnats. En omgång som har öppnats och inte är släppt kan avbrytas om "
            "båda sidor beslutar det: föreslå en ändring med abandon.",
        ),
        (
            "The round is open or cancelled already",
            "This can only be done before the round is opened. One that has opened and is not released can be "
            "abandoned if both sides decide so: propose a change with abandon.",
        ),
    ),
    "roundNotOpen": told(
        409,
        ("Omgången är inte öppen", "Det går från det att båda sidor har godkänt omgången tills den stänger."),
        ("The round is not open", "This is possible from when both sides have approved the round until it closes."),
    ),
    "roundNotUnderWay": told(
        409,
        (
            "Omgången pågår inte",
            "Det går från det att båda sidor har godkänt omgången tills resultatet är släppt eller omgången inställd.",
        ),
        (
            "The round is not under way",
            "This is possible from when both sides have approved the round until the result is released or the round "
            "cancelled.",
        ),
    ),
    "roundHasOneKey": told(
        409,
        (
            "Omgången har en gemensam nyckel",
            "Tjänsten gör den när omgången öppnas. Slå på två nycklar om varje sida ska ha en egen.",
        ),
        (
            "The round has one key",
            "The service makes it when the round opens. Turn on two keys if each side is to have its own.",
        ),
    ),
    "roundKeysMissing": told(
        409,
        ("En nyckel saknas", "Båda sidor gör var sin nyckel innan omgången föreslås. Se keyHolders."),
        ("A key is missing", "Both sides make a key each before the round is proposed. See keyHolders."),
    ),
    "roundTooLarge": told(
        422,
        ("Omgången är för stor", "En omgång har högst 5 000 enheter och 1 000 000 anställda. Välj färre enheter."),
        ("The round is too large", "A round has at most 5,000 units and 1,000,000 employees. Choose fewer units."),
    ),
    "roundTooSmall": told(
        409,
        (
            "Omgången är för liten",
            "De inbjudna är färre än tröskeln, så inget resultat skulle kunna visas. Välj en större enhet eller se "
            "över antalet anställda.",
        ),
        (
            "The round is too small",
            "Fewer are invited than the threshold, so that no result could be shown. Choose a larger unit, or look "
            "over the head-counts.",
        ),
    ),
    "roundTooSoon": told(
        409,
        (
            "För nära en annan omgång",
            "En annan omgång frågar några av samma anställda. Mellan två sådana omgångar går minst 56 dagar, så att "
            "skillnaden mellan resultaten inte kan röja några få.",
        ),
        (
            "Too near another round",
            "Another round asks some of the same employees. At least 56 days pass between two such rounds, so that "
            "the difference between the results cannot give a few away.",
        ),
    ),
    "closesBeforeOpening": told(
        422,
        ("Tiderna är omkastade", "Omgången ska stänga efter att den har öppnat."),
        ("The times are reversed", "The round must close after it opens."),
    ),
    "openTooLong": told(
        422,
        ("Omgången är öppen för länge", "En omgång kan vara öppen i högst 90 dagar."),
        ("The round is open for too long", "A round can be open for at most 90 days."),
    ),
    "opensTooLate": told(
        422,
        ("Omgången öppnar för långt fram", "En omgång kan öppna högst ett år fram i tiden."),
        ("The round opens too far ahead", "A round can open at most one year ahead."),
    ),
    "closingTimePassed": told(
        409,
        ("Stängningstiden har passerat", "Ta tillbaka omgången till utkast och välj en senare tid."),
        ("The closing time has passed", "Take the round back to draft and choose a later time."),
    ),
    "newClosingTimeUnfit": told(
        422,
        (
            "Stängningstiden går inte",
            "Välj en annan tid än den som gäller: i framtiden, efter öppningen och högst 90 dagar efter den. Utan tid "
            "stängs omgången så snart båda sidor har beslutat det.",
        ),
        (
            "That closing time will not do",
            "Choose another time than the present one: in the future, after the opening, and at most 90 days after "
            "it. With null the round closes as soon as both sides have decided so.",
        ),
    ),
    "unknownInstrument": told(
        422,
        ("Okänd enkät", "Enkäten finns inte, är inte er organisations att använda eller har dragits tillbaka."),
        ("Unknown instrument", "The instrument does not exist, is not your organisation's to use, or is retired."),
    ),
    "noOpenQuestions": told(
        422,
        ("Enkäten har inga öppna frågor", "Slå av fritext eller välj en enkät med öppna frågor."),
        ("The instrument has no open questions", "Turn free text off, or choose an instrument with open questions."),
    ),
    "unitOutsideGroup": told(
        422,
        ("Enheten ligger utanför arbetsgruppen", "Välj gruppens egen enhet eller en som i dag ligger under den."),
        ("The unit lies outside the working group", "Choose the group's own unit, or one that lies below it today."),
    ),
    "unitOutsideRound": told(
        422,
        ("Enheten ligger utanför omgången", "Enheten ligger inte under omgångens översta enhet i dag."),
        ("The unit lies outside the round", "The unit does not lie below the round's top unit today."),
    ),
    "closingTimeOrAbandon": told(
        422,
        (
            "Stängningstid eller avbruten omgång",
            "Föreslå ett av två. closesAt ger omgången en ny stängningstid; null betyder att den stängs så snart båda "
            "sidor har beslutat det. abandon avbryter den: den ställs in, och alla svar förstörs olästa.",
        ),
        (
            "A closing time, or an abandoned round",
            "Propose one of the two. closesAt gives the round another closing time; null means that it closes as soon "
            "as both sides have decided so. abandon cancels it, and all answers are destroyed unread.",
        ),
    ),
    "amendmentPending": told(
        409,
        ("En ändring är redan föreslagen", "Besluta om den, eller låt parten ta tillbaka sitt förslag."),
        ("A change is proposed already", "Decide on that one, or let the party take its proposal back."),
    ),
    "amendmentSettled": told(
        409,
        ("Förslaget är avgjort", "Det har beslutats eller tagits tillbaka. Lägg fram ett nytt."),
        ("The proposal is settled", "It has been decided or taken back. Make a new one."),
    ),
    "surveyTokenUnknown": told(
        401,
        (
            "Länken leder inte till någon enkät",
            "Kontrollera att hela länken eller koden är med. Är den det kan enkäten vara avslutad.",
        ),
        (
            "The link leads to no survey",
            "Check that all of the link or code is there. If it is, the survey may be over.",
        ),
    ),
    "surveyTokensDiffer": told(
        422,
        ("Två olika koder", "Koden i HTTP-huvudet Authorization och den i innehållet ska vara samma. En räcker."),
        (
            "Two different tokens",
            "The token in the Authorization header and in the body must be the same. One will do.",
        ),
    ),
    "surveyNotOpenYet": told(
        409,
        ("Enkäten har inte öppnat än", "Länken gäller. Försök igen när enkäten har öppnat."),
        ("The survey is not open yet", "The link is valid. Try again when the survey has opened."),
    ),
    "surveyClosed": told(
        409,
        ("Enkäten är stängd", "Tiden för att svara har gått ut. Inga fler svar tas emot."),
        ("The survey is closed", "The time for answering is over. No more answers are taken."),
    ),
    "surveyAlreadyAnswered": told(
        409,
        (
            "Länken är redan använd",
            "Ett svar är sparat, och länken kan användas en gång. Svaret kan inte visas eller ändras av någon.",
        ),
        (
            "The link has been used",
            "An answer is stored, and the link is good for one. The answer cannot be shown or changed, by us either.",
        ),
    ),
    "surveyAnswerRefused": told(
        422,
        (
            "Svaret passar inte enkäten",
            "Ingenting är sparat och länken kan användas igen. Rätta svaret och skicka det på nytt.",
        ),
        (
            "The answer does not fit the survey",
            "Nothing was stored and the link can be used again. Correct it and send it anew.",
        ),
    ),
    "surveyAnswerEmpty": told(
        422,
        ("Svaret är tomt", "Svara på minst en fråga. Ingenting är sparat och länken kan användas igen."),
        ("The answer is empty", "Answer at least one question. Nothing was stored and the link can be used again."),
    ),
    "surveyItemUnknown": told(
        422,
        ("Frågan ställs inte", "Frågan ställs inte i den här enkäten."),
        ("The question is not asked", "The question is not asked in this survey."),
    ),
    "surveyAnswerNotOffered": told(
        422,
        ("Svaret går inte att välja", "Svaret är inget av dem som går att välja på frågan."),
        ("The answer is not offered", "The answer is none of those that can be chosen for the question."),
    ),
    "surveyTextTooLong": told(
        422,
        ("Texten är för lång", "Texten har fler tecken än frågan tillåter, se maxCharacters i formuläret."),
        (
            "The text is too long",
            "The text has more characters than the question allows; see maxCharacters in the form.",
        ),
    ),
    "surveyBusy": told(
        503,
        ("Många svarar just nu", "Ingenting är sparat. Försök igen om en liten stund; länken gäller."),
        ("Many are answering now", "Nothing was stored. Try again in a little while; the link is still valid."),
    ),
    "surveyRoundNotBegun": told(
        409,
        ("Mätningen har inte börjat", "En påminnelse kan skickas först när det går att svara."),
        ("The survey round has not begun", "A reminder can be sent once it is possible to answer."),
    ),
    "surveyRoundHasBegun": told(
        409,
        (
            "Mätningen har börjat",
            "Inbjudningar kan makuleras bara innan det går att svara. Nu kan någon redan ha använt sin.",
        ),
        (
            "The survey round has begun",
            "Invitations can be voided only before it is possible to answer. Somebody may have used theirs by now.",
        ),
    ),
    "unitNotInRound": told(
        422,
        ("Enheten finns inte i mätningen", "Välj en av de enheter som mätningen visar var för sig."),
        ("The unit is not in the survey round", "Choose one of the units that stand on their own in the round."),
    ),
    "worksElsewhere": told(
        422,
        (
            "Adressen hör till någon i en annan enhet",
            "Den som är registrerad i en enhet bjuds in i den enhet av mätningen som hör till den, och räknas där.",
        ),
        (
            "The address belongs to somebody in another unit",
            "Whoever is registered in a unit is invited and counted in the unit of the round that it belongs to.",
        ),
    ),
    "neededForThisKind": told(
        422,
        ("En uppgift saknas", "Den här sortens inbjudan behöver fältet."),
        ("Something is missing", "This kind of invitation needs the field."),
    ),
    "notForThisKind": told(
        422,
        ("Uppgiften hör inte hit", "Den här sortens inbjudan har inget sådant fält."),
        ("This does not belong here", "This kind of invitation has no such field."),
    ),
    "nobodyToInvite": told(
        409,
        (
            "Det finns ingen att bjuda in",
            "Ingen är registrerad på enheten, eller så är alla som är det redan inbjudna.",
        ),
        ("There is nobody to invite", "Nobody is registered in the unit, or everybody who is has been invited."),
    ),
    "moreThanHeadcount": told(
        409,
        (
            "Inbjudningarna räcker till fler än enheten har",
            "Tillsammans med tidigare inbjudningar blir det fler än det antal anställda som båda sidor har godkänt för "
            "enheten. Var och en ska bara kunna svara en gång.",
        ),
        (
            "There would be more invitations than people in the unit",
            "With earlier invitations there would be more than the number of employees that both sides have approved "
            "for the unit. Each of them is to answer once only.",
        ),
    ),
    "slipsHandedOut": told(
        409,
        (
            "Lapparna är redan utlämnade",
            "Länkarna visades en gång, i det första svaret, och finns inte sparade. Kom de inte fram kan enhetens "
            "inbjudningar makuleras innan mätningen börjar, och nya lappar skapas.",
        ),
        (
            "The slips have been handed out",
            "The links were shown once, in the first answer, and are not stored. If they did not arrive, the unit's "
            "invitations can be voided before the round begins, and new slips made.",
        ),
    ),
    "remindedRecently": told(
        409,
        (
            "En påminnelse har nyss skickats",
            "Alla kan påminnas en gång per dygn. Se HTTP-huvudet Retry-After.",
        ),
        ("A reminder was sent recently", "Everyone can be reminded once in 24 hours. See the Retry-After header."),
    ),
    "keyWordsMiscounted": told(
        422,
        ("Det ska vara 24 ord", "Skriv alla nyckelns ord i den ordning de visades, med mellanslag emellan."),
        ("There must be 24 words", "Enter all words of the key in the order they were shown, with spaces between."),
    ),
    "keyWordUnknown": told(
        422,
        (
            "Ett ord är felskrivet",
            "Minst ett av orden finns inte i listan som nycklar tas ur. Jämför ord för ord med det ni skrev ner.",
        ),
        (
            "A word is misspelt",
            "At least one of the words is not in the list that keys are made from. Compare them, word by word, with "
            "what you wrote down.",
        ),
    ),
    "keyWordsMixedUp": told(
        422,
        (
            "Orden bildar ingen nyckel",
            "Varje ord finns i listan, men något är utbytt mot ett annat eller står på fel plats. Jämför ord för ord "
            "med det ni skrev ner.",
        ),
        (
            "The words make no key",
            "Each word is in the list, but one was exchanged for another or stands in the wrong place. Compare them, "
            "word by word, with what you wrote down.",
        ),
    ),
    "keyWordsOfAnother": told(
        422,
        (
            "Orden är inte er nyckel till den här omgången",
            "De kan vara den andra sidans nyckel eller höra till en annan omgång. Finns det ett papper till?",
        ),
        (
            "The words are not your key to this round",
            "They may be the other side's key, or belong to another round. Is there one more sheet of paper?",
        ),
    ),
    "roundNotClosed": told(
        409,
        (
            "Omgången väntar inte på nycklar",
            "Nycklarna lämnas när omgången har stängt och innan resultatet är släppt.",
        ),
        (
            "The round is not waiting for keys",
            "Keys are handed in once the round has closed and before the result is released.",
        ),
    ),
    "resultsNotReleased": told(
        409,
        (
            "Resultatet är inte släppt än",
            "Innan omgången har stängt visas ingenting, för någon. Sedan släpps resultatet till båda sidor samtidigt.",
        ),
        (
            "The result is not released yet",
            "Until the round has closed nothing is shown, to anyone. Then both sides get the result at the same time.",
        ),
    ),
    "textsReleased": told(
        409,
        ("Texterna är släppta", "Båda sidor har godkänt texterna. Det som är släppt ändras aldrig."),
        ("The texts are released", "Both sides have approved the texts. What is released never changes."),
    ),
    "unknownText": told(
        422,
        ("Okänd text", "Texten finns inte bland dem som granskas."),
        ("Unknown text", "The text is not among those under review."),
    ),
}
