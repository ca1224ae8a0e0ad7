import { el } from "./elements";
import { go } from "./page";
import type { Shape } from "./client";

/** The query of a link, to ask for that page with. `after` in it makes a deep page as quick as the first. */
export function queryOf(link: Shape<"Link">): Record<string, string> {
  return Object.fromEntries(new URL(link.href).searchParams);
}

/** Buttons to the pages before and after, as far as there are any. */
export function pageButtons(path: string, list: { _meta: Shape<"PageMeta">; _links: Shape<"PageLinks"> }): HTMLElement {
  const { page, limit, totalRecords, totalIsLowerBound } = list._meta;
  const pages = Math.max(1, Math.ceil(totalRecords / limit));
  const button = (text: string, to: Shape<"Link"> | null) =>
    to && el("button", { type: "button", click: () => go(`${path}?${new URLSearchParams(queryOf(to))}`) }, text);
  return el(
    "nav",
    { "aria-label": "Sidor", class: "pages" },
    button("Föregående sida", list._links.prev),
    el("span", {}, `Sida ${page} av ${totalIsLowerBound ? "minst " : ""}${pages}`),
    button("Nästa sida", list._links.next),
  );
}
