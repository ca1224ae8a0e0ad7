/* The docs page: Swagger UI on the document of this installation, and a sign-in that gives it a token.
   Tokens stay in this page's memory, and are gone when it is left. */
"use strict";

const language = document.documentElement.lang;
const ui = SwaggerUIBundle({
  url: document.getElementById("document").dataset.document,
  dom_id: "#document",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  requestInterceptor: (request) => {
    request.headers["Accept-Language"] ??= language;
    return request;
  },
});

const form = document.getElementById("sign-in");
const words = JSON.parse(form.dataset.words);
const told = document.getElementById("signed-in");
const signOut = document.getElementById("sign-out");
let refreshToken = null;
let renewal = null;

async function ask(path, body) {
  try {
    return await fetch(`${words.at}/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": language },
      body: JSON.stringify(body),
    });
  } catch {
    return null;
  }
}

function forget(text) {
  clearTimeout(renewal);
  if (refreshToken !== null) {
    ui.authActions.logout(["bearerAuth"]);
  }
  refreshToken = null;
  signOut.hidden = true;
  told.textContent = text;
}

async function getIn(grant) {
  const answer = await ask("token", grant);
  if (answer === null) {
    told.textContent = words.no_answer;
    return;
  }
  const said = await answer.json();
  if (!answer.ok) {
    forget(`${said.title}. ${said.detail}`);
    return;
  }
  refreshToken = said.refreshToken;
  ui.preauthorizeApiKey("bearerAuth", said.accessToken);
  renewal = setTimeout(() => getIn({ grantType: "refresh_token", refreshToken }), (said.expiresIn - 30) * 1000);
  signOut.hidden = false;
  told.textContent = words.signed_in;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  clearTimeout(renewal);
  const given = Object.fromEntries(new FormData(form));
  if (!given.oneTimeCode) {
    delete given.oneTimeCode;
  }
  form.elements.password.value = "";
  await getIn({ grantType: "password", ...given });
});

signOut.addEventListener("click", async () => {
  const token = refreshToken;
  forget(words.signed_out);
  await ask("sign-out", { refreshToken: token });
});
