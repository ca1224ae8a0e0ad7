// The survey. The link's token stands after #, which browsers keep to themselves; it goes into the header and is kept
// nowhere. There is no account here, no cookie, and nothing that would tell who answered.
import { type Shape, survey } from "../client";
import { byId, el } from "../elements";
import { attempt, show } from "../page";
import { ok } from "../problems";
import { moment } from "../words";

type Form = Shape<"SurveyFormRead">;

export async function showSurvey(): Promise<void> {
  byId("meny").replaceChildren();
  const headers = { Authorization: `Bearer ${location.hash.slice(1)}` };
  const form = ok(await survey.GET("/survey-forms/current", { headers }));

  const fields = form.items.map((item) => itemField(form, item));
  const texts = form.openQuestions.map((question) =>
    el("textarea", { id: question.id, maxlength: question.maxCharacters, rows: 4 }),
  );
  const send = attempt(async () => {
    const answers = Object.fromEntries(fields.flatMap(({ item, chosen }) => (chosen() === null ? [] : [[item.id, chosen()]])));
    const written = Object.fromEntries(texts.flatMap((text) => (text.value ? [[text.id, text.value]] : [])));
    const thanks = ok(await survey.POST("/survey-responses", { headers, body: { answers, texts: written } }));
    // The link has done its work: it need not stay in the history of a phone that others may use.
    history.replaceState(null, "", "/svara");
    show(form.language === "en" ? thanks.en : thanks.sv);
  });
  show(
    form.title,
    // The questionnaire may be in another language than the page around it.
    el(
      "form",
      { lang: form.language, submit: send, class: "survey" },
      el("ul", { class: "notices" }, ...form.privacyNotices.map((notice) => el("li", {}, notice))),
      form.validationNotice ? el("p", {}, form.validationNotice) : null,
      el("p", {}, form.instruction),
      el("p", { lang: "sv" }, `Svara senast ${moment(form.closesAt)}. Du kan hoppa över det du inte vill svara på.`),
      ...fields.map(({ field }) => field),
      form.freeTextNotice ? el("p", {}, form.freeTextNotice) : null,
      ...texts.map((text, number) =>
        el("p", {}, el("label", { for: text.id }, form.openQuestions[number]?.text ?? ""), text),
      ),
      el("p", { lang: "sv" }, el("button", { type: "submit" }, "Skicka svaren")),
    ),
  );
}

function itemField(form: Form, item: Form["items"][number]) {
  const choice = (value: string, label: string) =>
    el("label", { class: "choice" }, el("input", { type: "radio", name: item.id, value }), label);
  const field = el(
    "fieldset",
    {},
    el("legend", {}, item.text),
    ...form.scale.points.map((point) => choice(String(point.value), point.label)),
    form.scale.dontKnow ? choice("dontKnow", form.scale.dontKnow) : null,
  );
  const chosen = (): number | "dontKnow" | null => {
    const input = field.querySelector<HTMLInputElement>("input:checked");
    if (!input) return null;
    return input.value === "dontKnow" ? "dontKnow" : Number(input.value);
  };
  return { item, field, chosen };
}
