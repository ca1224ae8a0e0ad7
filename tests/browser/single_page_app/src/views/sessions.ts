import { api } from "../client";
import { el } from "../elements";
import { myOrganisation } from "../me";
import { link, show } from "../page";
import { ok } from "../problems";
import { SESSION_STATE, moment } from "../words";

/** The sessions of each group that this person sees; the latest first. */
export async function showSessions(): Promise<void> {
  const { id } = await myOrganisation();
  const groups = ok(
    await api.GET("/organisations/{organisationId}/working-groups", {
      params: { path: { organisationId: id }, query: { limit: 100 } },
    }),
  );
  const sections = await Promise.all(
    groups.items.map(async (group) => {
      const sessions = ok(
        await api.GET("/working-groups/{workingGroupId}/dialogue-sessions", {
          params: { path: { workingGroupId: group.id }, query: { limit: 100 } },
        }),
      );
      return el(
        "section",
        {},
        el("h2", {}, group.name),
        sessions.items.length === 0 ? el("p", {}, "Inga samtal är planerade.") : null,
        el(
          "ul",
          { class: "cards" },
          ...sessions.items.map((session) =>
            el(
              "li",
              {},
              link(`/samtal/${session.id}`, session.title),
              el("span", { class: "state" }, SESSION_STATE[session.state]),
              el("span", {}, moment(session.startsAt)),
            ),
          ),
        ),
      );
    }),
  );
  show("Samtal", ...sections);
}
