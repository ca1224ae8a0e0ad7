import { el } from "../elements";
import { attempt, show } from "../page";
import { Refused } from "../problems";
import { signIn } from "../sign_in";

/** Sign in, then do what comes next. The code of a second factor is asked for when the service asks for it. */
export function showSignIn(next: () => Promise<void>): void {
  const email = el("input", { id: "epost", type: "email", autocomplete: "username", required: true });
  const password = el("input", {
    id: "losenord",
    type: "password",
    autocomplete: "current-password",
    required: true,
  });
  const code = el("input", { id: "kod", inputmode: "numeric", autocomplete: "one-time-code" });
  const codeField = el("p", { hidden: true }, el("label", { for: "kod" }, "Engångskod"), code);

  const submit = attempt(async () => {
    try {
      await signIn(email.value, password.value, code.value);
    } catch (thrown) {
      if (thrown instanceof Refused && thrown.problem.code === "secondFactorRequired") {
        codeField.hidden = false;
        code.focus();
      }
      throw thrown;
    }
    await next();
  });
  show(
    "Logga in",
    el(
      "form",
      { submit },
      el("p", {}, el("label", { for: "epost" }, "E-postadress"), email),
      el("p", {}, el("label", { for: "losenord" }, "Lösenord"), password),
      codeField,
      el("p", {}, el("button", { type: "submit" }, "Logga in")),
    ),
  );
}
