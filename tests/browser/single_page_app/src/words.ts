// Words for what the API says in codes, and dates as people in Sweden read them.
import type { Shape } from "./client";

export const RECORD_STATE: Record<Shape<"SessionRecordState">, string> = {
  draft: "Utkast",
  underReview: "Under granskning",
  returned: "Återlämnat",
  final: "Fastställt",
  notApproved: "Inte godkänt i tid",
};

export const SESSION_STATE: Record<Shape<"DialogueSessionState">, string> = {
  planned: "Planerat",
  prepared: "Förberett",
  held: "Genomfört",
  cancelled: "Inställt",
};

export const DECISION: Record<Shape<"Decision">, string> = {
  approve: "Godkänt",
  approveWithDissent: "Godkänt med avvikande mening",
  requestChange: "Ändring begärd",
};

export const ATTENDANCE: Record<Shape<"AttendanceStatus">, string> = {
  present: "närvarande",
  excused: "anmält förhinder",
  absent: "frånvarande",
};

export const HANDED_OVER_TO: Record<Shape<"HandedOverTo">, string> = {
  cooperationGroup: "samverkansgruppen",
  mbl11: "förhandling enligt 11 § MBL",
  mbl19: "information enligt 19 § MBL",
  safetyCommittee: "skyddskommittén",
};

const REASON: Record<string, string> = {
  partyHasDecided: "Din part har redan beslutat om det här protokollet.",
  personHasDecided: "Du har redan beslutat om det här protokollet.",
  notUnderReview: "Protokollet är inte under granskning.",
  reviewDeadlinePassed: "Tiden för granskning har gått ut.",
  changeRequested: "En part har begärt ändringar.",
  recordIsFinal: "Protokollet är fastställt.",
  notYourRole: "Bara parternas företrädare i gruppen beslutar om protokollet.",
};

/** Why something is not allowed now. A code that is newer than this program is no reason to show nothing. */
export const reasonOf = (code: string | null | undefined): string =>
  REASON[code ?? ""] ?? `Det går inte just nu (${code}).`;

// A moment is an instant in UTC. It is shown in Swedish time, wherever the reader's computer thinks it is.
const MOMENT = new Intl.DateTimeFormat("sv-SE", {
  dateStyle: "long",
  timeStyle: "short",
  timeZone: "Europe/Stockholm",
});
export const moment = (instant: string): string => MOMENT.format(new Date(instant));

// A date has no zone: "2027-01-14" is that day everywhere. Read as UTC and written as UTC it stays so.
const DAY = new Intl.DateTimeFormat("sv-SE", { dateStyle: "long", timeZone: "UTC" });
export const day = (date: string): string => DAY.format(new Date(`${date}T00:00:00Z`));
