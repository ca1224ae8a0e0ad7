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
// Grows with each sign-in and sign-out: what was asked before it has no say any more when its answer comes.
let generation = 0;

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

/* What the service says: null when it does not answer, or when something before it answers instead, in HTML perhaps. */
async function said(answer) {
  try {
    const body = await answer?.json();
    const isOurs = answer?.ok ? body?.accessToken && body.refreshToken : body?.title && body.detail;
    return isOurs ? body : null;
  } catch {
    return null;
  }
}

function begin() {
  clearTimeout(renewal);
  generation += 1;
  return generation;
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

async function getIn(grant, mine) {
  const answer = await ask("token", grant);
  const body = await said(answer);
  if (mine !== generation) {
    return;
  }
  if (body === null) {
    told.textContent = words.no_answer;
    return;
  }
  if (!answer.ok) {
    forget(`${body.title}. ${body.detail}`);
    return;
  }
  refreshToken = body.refreshToken;
  ui.preauthorizeApiKey("bearerAuth", body.accessToken);
  renewal = setTimeout(() => getIn({ grantType: "refresh_token", refreshToken }, mine), (body.expiresIn - 30) * 1000);
  signOut.hidden = false;
  told.textContent = words.signed_in;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const mine = begin();
  const given = Object.fromEntries(new FormData(form));
  if (!given.oneTimeCode) {
    delete given.oneTimeCode;
  }
  form.elements.password.value = "";
  await getIn({ grantType: "password", ...given }, mine);
});

signOut.addEventListener("click", async () => {
  const mine = begin();
  // The calls on the page are made as nobody at once; the refresh token is kept until the service has ended the sign-in.
  ui.authActions.logout(["bearerAuth"]);
  told.textContent = "";
  const answer = await ask("sign-out", { refreshToken });
  if (mine !== generation) {
    return;
  }
  if (answer?.status === 204) {
    forget(words.signed_out);
  } else {
    told.textContent = words.not_signed_out;
  }
});
