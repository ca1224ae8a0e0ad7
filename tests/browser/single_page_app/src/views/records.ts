import { api } from "../client";
import { el } from "../elements";
import { myOrganisation } from "../me";
import { link, show } from "../page";
import { pageButtons } from "../paging";
import { ok } from "../problems";
import { RECORD_STATE, moment } from "../words";

const ON_A_PAGE = 4;

/** The organisation's session records, a few at a time. The page stands in the address, so that Back works. */
export async function showRecords(address: URLSearchParams): Promise<void> {
  const { id, name } = await myOrganisation();
  const page = Number(address.get("page") ?? 1);
  const after = address.get("after");
  const list = ok(
    await api.GET("/organisations/{organisationId}/session-records", {
      params: { path: { organisationId: id }, query: { limit: ON_A_PAGE, page, ...(after ? { after } : {}) } },
    }),
  );
  show(
    page === 1 ? "Protokoll" : `Protokoll, sida ${page}`,
    el("p", {}, name),
    list.items.length === 0 ? el("p", {}, "Här finns inga protokoll.") : null,
    el(
      "ul",
      { class: "cards" },
      ...list.items.map((record) =>
        el(
          "li",
          {},
          link(`/protokoll/${record.id}`, record.title),
          el("span", { class: "state" }, RECORD_STATE[record.state]),
          record.state === "underReview" && record.reviewDeadline
            ? el("span", {}, `Beslut senast ${moment(record.reviewDeadline)}`)
            : null,
        ),
      ),
    ),
    pageButtons("/", list),
  );
}
