// Signing in, renewing and signing out. The access token lives in this variable and nowhere else; the refresh token is
// a cookie that no script can read.
import createClient from "openapi-fetch";
import type { paths } from "./api";
import type { Json } from "./client";
import { Refused, problemOf } from "./problems";

declare const API: string;

let accessToken: string | null = null;

// Only these calls carry cookies. All others are signed in by the header alone.
const door = createClient<paths, Json>({ baseUrl: API, credentials: "include", headers: { "Accept-Language": "sv" } });

export async function signIn(username: string, password: string, oneTimeCode?: string): Promise<void> {
  const { data, error } = await door.POST("/auth/token", {
    body: {
      grantType: "password",
      username,
      password,
      refreshTokenIn: "cookie",
      ...(oneTimeCode ? { oneTimeCode } : {}),
    },
  });
  if (!data || !("accessToken" in data)) throw new Refused(problemOf(error));
  accessToken = data.accessToken;
}

let renewing: Promise<boolean> | null = null;

/** A new access token by the cookie; whether there is one. Calls made at the same time share one renewal. */
export function renew(): Promise<boolean> {
  renewing ??= oneTabAtATime(renewOnce).finally(() => (renewing = null));
  return renewing;
}

async function renewOnce(): Promise<boolean> {
  const { data, error, response } = await door.POST("/auth/token", { body: { grantType: "refresh_token" } });
  if (data && "accessToken" in data) {
    accessToken = data.accessToken;
    return true;
  }
  accessToken = null;
  // Only a 401 says that nobody is signed in. If the service is busy or away the cookie is as good as before.
  if (response.status === 401) return false;
  throw new Refused(problemOf(error));
}

// A refresh token is good for one use: two tabs that renew at once wait for each other.
async function oneTabAtATime(renewal: () => Promise<boolean>): Promise<boolean> {
  return navigator.locks.request("larande-renewal", renewal);
}

const tabs = new BroadcastChannel("larande-sign-in");

export async function signOut(): Promise<void> {
  const headers = accessToken ? { Authorization: `Bearer ${accessToken}` } : {};
  const { response } = await door.POST("/auth/sign-out", { headers });
  if (!response.ok) throw new Refused(problemOf(undefined));
  accessToken = null;
  tabs.postMessage("signed out");
}

/** Another tab has signed out: this one forgets its token too. */
export function onSignedOutElsewhere(then: () => void): void {
  tabs.onmessage = () => {
    accessToken = null;
    then();
  };
}

/** Sends a request with the access token, and once more with a new one if that has expired. */
export async function signedInFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await fetch(withToken(request));
  if (response.status !== 401) return response;
  if (!(await renew())) return response;
  return fetch(withToken(again));
}

function withToken(request: Request): Request {
  request.headers.set("Authorization", `Bearer ${accessToken}`);
  return request;
}

export const isSignedIn = (): boolean => accessToken !== null;
