// Serves the built app from an origin of its own: node serve.mjs [directory] [port]. In production any web server does
// this; what matters are the headers.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

const directory = process.argv[2] ?? "dist";
const port = Number(process.argv[3] ?? 5173);
const api = new URL(process.env.API ?? "http://localhost:8000/larande/v1");

const FILES = {
  "/main.js": "text/javascript; charset=utf-8",
  "/style.css": "text/css; charset=utf-8",
};
const HEADERS = {
  // No script but our own, no inline script, calls to the API alone: the last wall should a text ever become markup.
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src ${api.origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cache-Control": "no-cache",
};

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  // Every other address is a view of the app.
  const file = pathname in FILES ? pathname : "/index.html";
  response.writeHead(200, { ...HEADERS, "Content-Type": FILES[file] ?? "text/html; charset=utf-8" });
  response.end(await readFile(join(directory, file)));
});
server.listen(port, "127.0.0.1", () => console.log(`http://localhost:${server.address().port}`));
