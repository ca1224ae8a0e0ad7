// One session. Its place is changed optimistically: shown at once, taken back if refused, and settled by the person if
// somebody else was first.
import { api, type Shape } from "../client";
import { el } from "../elements";
import { alert, attempt, quiet, show, tell } from "../page";
import { Refused, ok } from "../problems";
import { SESSION_STATE, moment, reasonOf } from "../words";

type Session = Shape<"DialogueSessionRead">;
interface Read {
  session: Session;
  etag: string;
}

async function read(id: string): Promise<Read> {
  const answer = await api.GET("/dialogue-sessions/{dialogueSessionId}", {
    params: { path: { dialogueSessionId: id } },
  });
  return { session: ok(answer), etag: answer.response.headers.get("ETag") ?? "" };
}

async function save({ session, etag }: Read, place: string): Promise<Read> {
  const answer = await api.PATCH("/dialogue-sessions/{dialogueSessionId}", {
    params: { path: { dialogueSessionId: session.id }, header: { "If-Match": etag } },
    body: { place },
  });
  return { session: ok(answer), etag: answer.response.headers.get("ETag") ?? "" };
}

export async function showSession(id: string): Promise<void> {
  let known = await read(id);
  const { session } = known;
  const place = el("span", { id: "plats" });
  const input = el("input", { id: "ny-plats", maxlength: 200, required: true });
  const conflict = el("div", { id: "konflikt" });

  const showPlace = (text: string | null) => {
    place.textContent = text ?? "Inte bestämd";
  };
  const change = async (wanted: string): Promise<void> => {
    showPlace(wanted);
    conflict.replaceChildren();
    try {
      known = await save(known, wanted);
      tell("Platsen är sparad.");
    } catch (thrown) {
      showPlace(known.session.place);
      if (!(thrown instanceof Refused) || thrown.problem.status !== 412) throw thrown;
      known = await read(id);
      alert(thrown.problem);
      settle(wanted);
    }
    showPlace(known.session.place);
  };
  const settle = (wanted: string): void => {
    const keep = el("button", { type: "button", click: () => settled() }, "Behåll det som står där nu");
    const mine = el("button", { type: "button", click: attempt(() => change(wanted)) }, "Spara min ändring ändå");
    const heading = el("h2", { tabindex: -1 }, "Någon annan har ändrat samtalet");
    conflict.replaceChildren(
      heading,
      el(
        "dl",
        {},
        el("dt", {}, "Där står nu"),
        el("dd", {}, known.session.place ?? "Inte bestämd"),
        el("dt", {}, "Du skrev"),
        el("dd", {}, wanted),
      ),
      el("p", { class: "buttons" }, keep, mine),
    );
    heading.focus();
  };
  const settled = (): void => {
    quiet();
    conflict.replaceChildren();
    input.value = known.session.place ?? "";
    input.focus();
  };

  showPlace(session.place);
  input.value = session.place ?? "";
  const edit = (session.allowedActions ?? []).find((each) => each.action === "update_dialogue_session");
  show(
    session.title,
    el("p", {}, el("span", { class: "state" }, SESSION_STATE[session.state]), ` ${moment(session.startsAt)}`),
    el("p", {}, "Plats: ", place),
    edit?.allowed
      ? el(
          "form",
          { submit: attempt(() => change(input.value)) },
          el("p", {}, el("label", { for: "ny-plats" }, "Ny plats"), input),
          el("p", {}, el("button", { type: "submit" }, "Spara")),
        )
      : el("p", { class: "reason" }, reasonOf(edit?.reason)),
    conflict,
  );
}
