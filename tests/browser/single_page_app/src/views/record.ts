// One session record: read it, and decide on exactly what was read.
import { api, type Shape } from "../client";
import { byId, el } from "../elements";
import { attempt, show, tell } from "../page";
import { Refused, ok } from "../problems";
import { ATTENDANCE, DECISION, HANDED_OVER_TO, RECORD_STATE, day, moment, reasonOf } from "../words";

type Record = Shape<"SessionRecordRead">;

export async function showRecord(id: string): Promise<void> {
  const answer = await api.GET("/session-records/{sessionRecordId}", { params: { path: { sessionRecordId: id } } });
  const record = ok(answer);
  const etag = answer.response.headers.get("ETag") ?? "";
  show(
    record.title,
    el("p", {}, el("span", { class: "state" }, RECORD_STATE[record.state])),
    record.reviewDeadline ? el("p", {}, `Beslut senast ${moment(record.reviewDeadline)}`) : null,
    ...contentOf(record.content),
    el("h2", {}, "Beslut"),
    decisionsOf(record),
    decisionForm(record, etag),
  );
}

/** All that the parties decide on: nobody approves what the page left out. */
function contentOf(content: Record["content"]): Node[] {
  const parties = partiesOf(content);
  const part = (title: string, ...lines: string[]) =>
    lines.length ? [el("h2", {}, title), ...lines.map((line) => el("p", { class: "text" }, line))] : [];
  return [
    ...part("Samtalet", `${moment(content.startedAt)}, ${content.place ?? "plats inte angiven"}`),
    el(
      "ul",
      {},
      ...content.attendances.map((each) =>
        el("li", {}, `${each.partyName}, ${each.function}: ${ATTENDANCE[each.status]}`),
      ),
      content.employeeHeadcount ? el("li", {}, `${content.employeeHeadcount} medarbetare`) : null,
    ),
    ...part("Vår gemensamma bild", content.sharedPicture ?? "Inget skrivet än."),
    ...part("Gruppens svar", ...Object.values(content.answers)),
    ...content.statements.flatMap((each) =>
      part(
        `${parties.get(each.partyId) ?? "En part"} säger`,
        ...Object.values(each.answers),
        ...(each.differences ? [each.differences] : []),
      ),
    ),
    ...part(
      "Åtgärder",
      ...content.actions.map((each) => `${each.what} ${each.ownerFunction}, senast ${day(each.dueOn)}.`),
    ),
    ...part(
      "Frågor som lämnas över",
      ...content.handovers.map((each) => `${each.matter} (${HANDED_OVER_TO[each.handedOverTo]})`),
    ),
  ];
}

const partiesOf = (content: Record["content"]): Map<string, string> =>
  new Map(content.attendances.map((each) => [each.partyId, each.partyName]));

function decisionsOf(record: Record): HTMLElement {
  const names = partiesOf(record.content);
  const decisions = record.approvals.map((each) =>
    el(
      "li",
      {},
      `${names.get(each.partyId) ?? "En part"}: ${DECISION[each.decision]}, ${moment(each.decidedAt)}`,
      each.statement ? el("p", { class: "text" }, each.statement) : null,
    ),
  );
  return decisions.length ? el("ul", { class: "decisions" }, ...decisions) : el("p", {}, "Ingen part har beslutat än.");
}

/** The service says what this person may do now. The page never guesses from roles and states. */
function allowed(record: Record, action: string): Shape<"AllowedAction"> {
  return (record.allowedActions ?? []).find((each) => each.action === action) ?? { action, allowed: false, reason: null };
}

function decisionForm(record: Record, etag: string): HTMLElement {
  const { allowed: mayDecide, reason } = allowed(record, "approve_session_record");
  if (!mayDecide) return el("p", { class: "reason" }, reasonOf(reason));

  const statement = el("textarea", { id: "yttrande", rows: 3, "aria-describedby": "om-yttrande" });
  const button = (decision: Shape<"Decision">, text: string) =>
    el("button", { type: "button", click: attempt(() => decide(record, etag, decision, statement)) }, text);
  return el(
    "form",
    { submit: (event) => event.preventDefault() },
    el("p", {}, el("label", { for: "yttrande" }, "Avvikande mening eller önskad ändring"), statement),
    el("p", { id: "om-yttrande", class: "hint" }, "Behövs inte när ni godkänner utan förbehåll."),
    el(
      "p",
      { class: "buttons" },
      button("approve", "Godkänn"),
      button("approveWithDissent", "Godkänn med avvikande mening"),
      button("requestChange", "Begär ändring"),
    ),
  );
}

async function decide(
  record: Record,
  etag: string,
  decision: Shape<"Decision">,
  statement: HTMLTextAreaElement,
): Promise<void> {
  const key = crypto.randomUUID();
  const send = () =>
    api.POST("/session-records/{sessionRecordId}/approvals", {
      params: {
        path: { sessionRecordId: record.id },
        // The version that was on the screen, and a key that makes a request that is sent twice one decision.
        header: { "If-Match": etag, "Idempotency-Key": key },
      },
      // The hash of what was read: nobody approves a text that changed meanwhile.
      body: { contentHash: record.contentHash ?? "", decision, ...(statement.value ? { statement: statement.value } : {}) },
    });
  // No answer came. Whether the request did is not known, so it is sent once more.
  const { error } = await send().catch(send);
  if (error) {
    // Somebody changed it meanwhile: what stands there now must be read before anybody decides on it.
    if (error.status === 412) await showRecord(record.id);
    // There is one field that can be wrong: say so beside it too, and go there.
    if (error.status === 422) {
      byId("om-yttrande").textContent = error.errors?.[0]?.detail ?? error.detail;
      statement.setAttribute("aria-invalid", "true");
      statement.focus();
    }
    throw new Refused(error);
  }
  await showRecord(record.id);
  tell("Ert beslut är sparat.");
}
