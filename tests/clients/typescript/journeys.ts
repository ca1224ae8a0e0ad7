// The dialogue and the survey, by the generated TypeScript client: `node journeys.js <address of the API> dialogue|survey`.
// It knows the document and nothing else of the service. What comes back is written as JSON: the ids of what was made.
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Schemas = components["schemas"];
// Records and results come as pages and PDFs too; these journeys read JSON.
type Json = "application/json" | "application/problem+json";
type Api = Client<paths, Json>;
type Answer<T> = { data?: T; error?: unknown; response: Response };

const PASSWORD = "vantar-till-alla-torskar";

class Refused extends Error {}

/** The answer, if it is the documented success. */
function expect<T>(status: number, { data, error, response }: Answer<T>): T {
  if (response.status !== status || data === undefined) {
    throw new Refused(`${response.url} ${response.status} ${JSON.stringify(error)}`);
  }
  return data;
}

function must(fact: boolean, what: string): asserts fact {
  if (!fact) throw new Refused(what);
}

function there<T>(value: T | null | undefined, what: string): T {
  must(value !== null && value !== undefined, what);
  return value;
}

function etag({ response }: { response: Response }): string {
  return there(response.headers.get("etag"), `${response.url} has no ETag.`);
}

interface Person {
  client: Api;
  me: Schemas["MeRead"];
  organisation: string;
}

function clientOf(api: string, token: string): Api {
  return createClient<paths, Json>({ baseUrl: api, headers: { Authorization: `Bearer ${token}` } });
}

async function signIn(api: string, name: string): Promise<Person> {
  const nobody = createClient<paths, Json>({ baseUrl: api });
  const token = expect(
    200,
    await nobody.POST("/auth/token", {
      body: { grantType: "password", username: `${name}@mhv.example`, password: PASSWORD },
    }),
  );
  must("accessToken" in token, "JSON is answered as JSON.");
  const client = clientOf(api, token.accessToken);
  const me = expect(200, await client.GET("/me"));
  must("mandates" in me, "A person has mandates.");
  return { client, me, organisation: there(me.organisation, "Everybody here has a workplace.").id };
}

function twoWeeksOn(): string {
  return new Date(Date.now() + 14 * 24 * 3600 * 1000).toISOString();
}

function approval(contentHash: string | null): Schemas["ApprovalCreate"] {
  return { contentHash: there(contentHash, "There is nothing to approve yet."), decision: "approve" };
}

function firstMandate({ me }: Person): { id: string; partyId: string } {
  return there(me.mandates[0], `${me.name} speaks for nobody.`);
}

interface Table {
  employer: Person;
  union: Person;
  facilitator: Person;
  unit: string;
  group: string;
}

/** Both sides approve a working group. */
async function begin(api: string): Promise<Table> {
  const employer = await signIn(api, "katarina.wikmark");
  const union = await signIn(api, "anneli.kettunen");
  const facilitator = await signIn(api, "jonna.fjellstrom");
  const units = await employer.client.GET("/organisations/{organisationId}/units", {
    params: { path: { organisationId: employer.organisation }, query: { q: "Biologilaboratoriet" } },
  });
  const unit = there(expect(200, units).items[0], "The unit is there.").id;
  const made = await employer.client.POST("/organisations/{organisationId}/working-groups", {
    params: { path: { organisationId: employer.organisation } },
    body: {
      name: "Lärgruppen på Biologilaboratoriet",
      purpose: "Att tala om vad ett väl utfört arbete är och vad vi behöver lära.",
      scopeUnitId: unit,
      partyIds: [firstMandate(employer).partyId, firstMandate(union).partyId],
    },
  });
  const group = expect(201, made);
  must(group.state === "forming", "Nothing begins before both have approved.");
  const path = { workingGroupId: group.id };
  for (const { client } of [employer, union]) {
    const read = await client.GET("/working-groups/{workingGroupId}", { params: { path } });
    const given = await client.POST("/working-groups/{workingGroupId}/approvals", {
      params: { path, header: { "If-Match": etag(read) } },
      body: approval(expect(200, read).contentHash),
    });
    must(expect(201, given).decision === "approve", "The decision is what was sent.");
  }
  const read = await union.client.GET("/working-groups/{workingGroupId}", { params: { path } });
  must(expect(200, read).state === "active", "Both have approved.");
  return { employer, union, facilitator, unit, group: group.id };
}

/** From a working group to a record that both sides have approved. */
async function dialogue(api: string): Promise<Record<string, string>> {
  const { employer, union, facilitator, group } = await begin(api);
  const templates = await union.client.GET("/dialogue-templates", { params: { query: { q: "work well done" } } });
  const planned = await union.client.POST("/working-groups/{workingGroupId}/dialogue-sessions", {
    params: { path: { workingGroupId: group } },
    body: {
      dialogueTemplateId: there(expect(200, templates).items[0], "The template is there.").id,
      startsAt: new Date().toISOString(),
      place: "Fikarummet",
      facilitatorId: facilitator.me.id,
      facilitatorFunction: "Verksamhetsutvecklare",
    },
  });
  const session = { dialogueSessionId: expect(201, planned).id };
  const noted = await facilitator.client.PATCH("/dialogue-sessions/{dialogueSessionId}", {
    params: { path: session, header: { "If-Match": etag(planned) } },
    body: {
      employeeHeadcount: 7,
      attendances: [employer, union].map((each) => ({ mandateId: firstMandate(each).id, status: "present" as const })),
    },
  });
  must(expect(200, noted).employeeHeadcount === 7, "Seven were counted.");
  const held = await facilitator.client.POST("/dialogue-sessions/{dialogueSessionId}/transitions", {
    params: { path: session, header: { "If-Match": etag(noted) } },
    body: { to: "held" },
  });
  const path = { sessionRecordId: there(expect(201, held).sessionRecordId, "A session that was held has a record.") };
  const draft = await facilitator.client.GET("/session-records/{sessionRecordId}", { params: { path } });
  const written = await facilitator.client.PATCH("/session-records/{sessionRecordId}", {
    params: { path, header: { "If-Match": etag(draft) } },
    body: {
      sharedPicture: "Tiden för handledning har minskat.",
      answers: {
        q2: "Att provsvaret går att lita på, och att nästa skift kan ta vid utan att fråga.",
        q4: "Tid att gå bredvid varandra, och att våga säga till när något är oklart.",
      },
    },
  });
  expect(200, written);
  const sent = await facilitator.client.POST("/session-records/{sessionRecordId}/transitions", {
    params: { path, header: { "If-Match": etag(written) } },
    body: { to: "underReview", noIndividualRecognisable: true, reviewDeadline: twoWeeksOn() },
  });
  must(expect(201, sent).state === "underReview", "It is under review.");
  for (const { client } of [employer, union]) {
    const read = await client.GET("/session-records/{sessionRecordId}", { params: { path } });
    const body = approval(expect(200, read).contentHash);
    const given = await client.POST("/session-records/{sessionRecordId}/approvals", {
      params: { path, header: { "If-Match": etag(read) } },
      body,
    });
    must(expect(201, given).contentHash === body.contentHash, "What was read is what is approved.");
  }
  const final = expect(200, await union.client.GET("/session-records/{sessionRecordId}", { params: { path } }));
  must(final.state === "final", "Both have approved.");
  must(final.content.sharedPicture === "Tiden för handledning har minskat.", "It says what was written.");
  must(final.approvals.length === 2, "Both decisions are there.");
  return { record: final.id, contentHash: there(final.contentHash, "What is final has a hash.") };
}

/** From a round that both sides open to a result that both can read. */
async function survey(api: string): Promise<Record<string, string>> {
  const { employer, union, unit: parentId, group } = await begin(api);
  const organisation = { organisationId: employer.organisation };
  const instruments = await employer.client.GET("/organisations/{organisationId}/instruments", {
    params: { path: organisation },
  });
  const unit = await employer.client.POST("/organisations/{organisationId}/units", {
    params: { path: organisation },
    body: { name: "Planktongruppen", parentId, headcount: 12 },
  });
  const unitId = expect(201, unit).id;
  const drafted = await employer.client.POST("/working-groups/{workingGroupId}/survey-rounds", {
    params: { path: { workingGroupId: group } },
    body: {
      title: "Lärklimatet",
      instrumentId: there(expect(200, instruments).items[0], "There is an instrument.").id,
      rootUnitId: unitId,
      opensAt: new Date().toISOString(),
      closesAt: twoWeeksOn(),
    },
  });
  const path = { surveyRoundId: expect(201, drafted).id };
  const promised = await employer.client.GET("/survey-rounds/{surveyRoundId}/protection", {
    params: { path, query: { responseRate: 0.6 } },
  });
  must(expect(200, promised).units[0]?.status === "shown", "Seven of twelve are enough.");
  const proposed = await employer.client.POST("/survey-rounds/{surveyRoundId}/transitions", {
    params: { path, header: { "If-Match": etag(drafted) } },
    body: { to: "proposed" },
  });
  expect(201, proposed);
  for (const { client } of [employer, union]) {
    const read = await client.GET("/survey-rounds/{surveyRoundId}", { params: { path } });
    const given = await client.POST("/survey-rounds/{surveyRoundId}/approvals", {
      params: { path, header: { "If-Match": etag(read) } },
      body: approval(expect(200, read).contentHash),
    });
    expect(201, given);
  }
  const invited = await union.client.POST("/survey-rounds/{surveyRoundId}/invitations", {
    params: { path },
    body: { unitId, kind: "slips", count: 10 },
  });
  const batch = expect(201, invited);
  must(typeof batch !== "string", "What is asked for as JSON is no file.");
  const links = there(batch.slipLinks, "There are links.");
  must(links.length === 10, "There is a link for each slip.");
  for (const [number, link] of links.entries()) {
    await answer(api, there(link.split("#")[1], "A link has a token."), number);
  }
  const asked = await union.client.POST("/survey-rounds/{surveyRoundId}/amendments", {
    params: { path },
    body: { closesAt: null, reason: "Alla har svarat." },
  });
  const amendment = { surveyAmendmentId: expect(201, asked).id };
  for (const { client } of [employer, union]) {
    const read = await client.GET("/survey-amendments/{surveyAmendmentId}", { params: { path: amendment } });
    const given = await client.POST("/survey-amendments/{surveyAmendmentId}/approvals", {
      params: { path: amendment, header: { "If-Match": etag(read) } },
      body: approval(expect(200, read).contentHash),
    });
    expect(201, given);
  }
  const result = await released(employer.client, path.surveyRoundId, unitId);
  const same = await released(union.client, path.surveyRoundId, unitId);
  must(same.contentHash === result.contentHash, "Both read the same.");
  must(result.content.status === "published", "Ten answers of twelve are shown.");
  const said = there(result.content.dimensions[0], "There is a first dimension.").textAlternative;
  return { round: path.surveyRoundId, unit: unitId, said: there(said.sv, "It is said in Swedish.") };
}

/** One respondent, who has a link and no account. */
async function answer(api: string, token: string, number: number): Promise<void> {
  const client = clientOf(api, token);
  const form = expect(200, await client.GET("/survey-forms/current"));
  const answers = Object.fromEntries(form.items.map((item, place) => [item.id, 2 + ((number + place) % 4)]));
  const thanks = expect(201, await client.POST("/survey-responses", { body: { answers } }));
  must(thanks.sv !== "", "Whoever answers is thanked.");
}

/** The result, which comes within half a minute; until then it is refused. */
async function released(client: Api, surveyRoundId: string, unitId: string): Promise<Schemas["UnitResultRead"]> {
  for (let turn = 0; turn < 40; turn++) {
    const read = await client.GET("/survey-rounds/{surveyRoundId}/results/units/{unitId}", {
      params: { path: { surveyRoundId, unitId } },
    });
    if (read.response.status !== 409) return expect(200, read);
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
  throw new Refused("No result has come.");
}

const [api, which] = process.argv.slice(2);
const journey = which === "dialogue" ? dialogue : which === "survey" ? survey : undefined;
if (!api || !journey) throw new Error("Say where the API is, and which journey.");
process.stdout.write(`${JSON.stringify(await journey(api))}\n`);
