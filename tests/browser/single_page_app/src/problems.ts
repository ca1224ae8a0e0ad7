// Every refusal is a problem (RFC 9457). `code` is for programs, `title` and `detail` are for people and come in the
// language that was asked for.
import type { components } from "./api";

export type Problem = Pick<components["schemas"]["Problem"], "status" | "code" | "title" | "detail"> & {
  errors?: { pointer: string; detail: string }[];
};

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

const AWAY: Problem = {
  status: 0,
  code: "databaseAway",
  title: "Tjänsten går inte att nå",
  detail: "Kontrollera uppkopplingen och försök igen om en stund.",
};

/** What openapi-fetch gives as `error`: a problem, unless something between us and the service answered instead. */
export function problemOf(error: unknown): Problem {
  const isProblem = typeof error === "object" && error !== null && "code" in error && "detail" in error;
  return isProblem ? (error as Problem) : AWAY;
}

/** The answer's body, or the refusal thrown. */
export function ok<Body>(answer: { data?: Body; error?: unknown }): Body {
  if (answer.data === undefined) throw new Refused(problemOf(answer.error));
  return answer.data;
}

/** What went wrong, in words. A `fetch` that could not reach anybody throws a TypeError. */
export function problemIn(thrown: unknown): Problem {
  if (thrown instanceof Refused) return thrown.problem;
  if (thrown instanceof TypeError) return AWAY;
  throw thrown;
}
