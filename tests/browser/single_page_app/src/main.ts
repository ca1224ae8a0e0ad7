// Which view belongs to which address, and who is signed in.
import { byId, el } from "./elements";
import { alert, attempt, go, link, quiet, show } from "./page";
import { Refused, problemIn } from "./problems";
import { isSignedIn, onSignedOutElsewhere, renew, signOut } from "./sign_in";
import { showRecord } from "./views/record";
import { showRecords } from "./views/records";
import { showSession } from "./views/session";
import { showSessions } from "./views/sessions";
import { showSignIn } from "./views/sign_in";
import { showSurvey } from "./views/survey";

const VIEWS: [RegExp, (id: string) => Promise<void>][] = [
  [/^\/$/, () => showRecords(new URLSearchParams(location.search))],
  [/^\/protokoll\/([0-9a-f-]{36})$/, showRecord],
  [/^\/samtal$/, () => showSessions()],
  [/^\/samtal\/([0-9a-f-]{36})$/, showSession],
];

async function showView(): Promise<void> {
  quiet();
  if (location.pathname === "/svara") return showSurvey();
  if (!isSignedIn() && !(await renew())) return signInFirst();
  for (const [pattern, view] of VIEWS) {
    const match = pattern.exec(location.pathname);
    if (match) {
      showMenu();
      return view(match[1] ?? "");
    }
  }
  show("Sidan finns inte", el("p", {}, link("/", "Till protokollen")));
}

async function refresh(): Promise<void> {
  try {
    await showView();
  } catch (thrown) {
    // The sign-in ended while one was at work: sign in again and go on where one was.
    const isSignedOut = thrown instanceof Refused && thrown.problem.status === 401;
    if (isSignedOut && location.pathname !== "/svara") return signInFirst();
    show("Något gick fel", el("button", { type: "button", click: () => refresh() }, "Försök igen"));
    alert(problemIn(thrown));
  }
}

function signInFirst(): void {
  byId("meny").replaceChildren();
  showSignIn(refresh);
}

function showMenu(): void {
  const here = (path: string) => (location.pathname === path ? { "aria-current": "page" } : {});
  const entry = (path: string, text: string) => {
    const entry = link(path, text);
    for (const [name, value] of Object.entries(here(path))) entry.setAttribute(name, value);
    return entry;
  };
  const leave = attempt(async () => {
    await signOut();
    history.replaceState(null, "", "/");
    await refresh();
  });
  byId("meny").replaceChildren(
    entry("/", "Protokoll"),
    entry("/samtal", "Samtal"),
    el("button", { type: "button", click: leave }, "Logga ut"),
  );
}

// Followed as a link it would change what stands after # in the address: on the survey's page that is the token.
byId("forbi").addEventListener("click", (event) => {
  event.preventDefault();
  byId("innehall").focus();
});
onSignedOutElsewhere(() => go("/"));
addEventListener("popstate", () => void refresh());
// The back button may bring a whole page back from the browser's memory, signed in as it was then: begin anew.
addEventListener("pageshow", (event) => event.persisted && location.reload());
void refresh();
