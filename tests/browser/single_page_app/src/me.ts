import { api, type Shape } from "./client";
import { Refused, ok } from "./problems";

/** Where the person who is signed in works. */
export async function myOrganisation(): Promise<Shape<"MyOrganisation">> {
  const { organisation } = ok(await api.GET("/me"));
  if (organisation) return organisation;
  throw new Refused({
    status: 404,
    code: "notFound",
    title: "Ingen arbetsplats",
    detail: "Du hör inte till någon organisation, så här finns inget att visa.",
  });
}
