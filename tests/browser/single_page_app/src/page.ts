// The page around the views: which one is shown, where the focus goes, what is announced.
import { byId, el } from "./elements";
import { type Problem, problemIn } from "./problems";

let isFirst = true;

/**
 * Show a view. Its heading gets the focus, so that screen readers say where one has come and the keyboard goes on from
 * there; not the first one, which is read like any page that has been loaded.
 */
export function show(title: string, ...content: (Node | string | null)[]): void {
  const heading = el("h1", { tabindex: -1 }, title);
  byId("innehall").replaceChildren(heading, ...content.filter((part) => part !== null));
  document.title = `${title} – Lärande i förändring`;
  if (!isFirst) heading.focus();
  isFirst = false;
}

/** What went wrong. The element has role=alert and was there from the start: what is put into it is read out. */
export function alert(problem: Problem): void {
  const faults = (problem.errors ?? []).map((fault) => el("li", {}, fault.detail));
  byId("fel").replaceChildren(
    el("h2", {}, problem.title),
    el("p", {}, problem.detail),
    ...(faults.length ? [el("ul", {}, ...faults)] : []),
  );
  // The button that was pressed may be far below. A field that is wrong says so itself, and is where one goes on.
  (document.querySelector("[aria-invalid=true]") ?? byId("fel")).scrollIntoView({ block: "nearest" });
}

/** What went well; read out when the reader is silent (role=status). */
export function tell(text: string): void {
  byId("besked").textContent = text;
}

export function quiet(): void {
  byId("fel").replaceChildren();
  byId("besked").textContent = "";
}

/** Do something that may be refused; what is refused is said. The button is not pressed twice meanwhile. */
export function attempt(action: () => Promise<void>): (event: Event) => Promise<void> {
  return async (event) => {
    event.preventDefault();
    const pressed = event.currentTarget as HTMLElement;
    if (pressed.ariaBusy === "true") return;
    pressed.ariaBusy = "true";
    quiet();
    try {
      await action();
    } catch (thrown) {
      alert(problemIn(thrown));
    } finally {
      pressed.ariaBusy = null;
    }
  };
}

/** Go to a view of this app, as a link does. */
export function go(path: string): void {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}

export const link = (path: string, text: string): HTMLAnchorElement =>
  el("a", { href: path, click: (event) => followed(event as MouseEvent, path) }, text);

function followed(event: MouseEvent, path: string): void {
  // With Ctrl or the middle button the browser opens a tab of its own, as everywhere.
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go(path);
}
