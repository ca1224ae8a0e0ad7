// The generated types and openapi-fetch make every call typed: paths, parameters, bodies and answers.
import createClient from "openapi-fetch";
import type { components, paths } from "./api";
import { signedInFetch } from "./sign_in";

declare const API: string;

export type Shape<Name extends keyof components["schemas"]> = components["schemas"][Name];

// Records and results come as pages and PDFs too; this app reads JSON.
export type Json = "application/json" | "application/problem+json";

export const api = createClient<paths, Json>({
  baseUrl: API,
  credentials: "omit",
  headers: { "Accept-Language": "sv" },
  fetch: signedInFetch,
});

// Whoever answers a survey is nobody: neither a cookie nor an access token may go along.
export const survey = createClient<paths, Json>({
  baseUrl: API,
  credentials: "omit",
  headers: { "Accept-Language": document.documentElement.lang },
});
