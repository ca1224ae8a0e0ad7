/* The reading view: ReDoc on the document of this installation. Its search would need a worker made of text, which
   the page's policy forbids; a browser finds words on the page by itself. */
"use strict";

const swedish = {
  enum: "Värden",
  enumSingleValue: "Värde",
  enumArray: "Poster",
  default: "Om inget anges",
  deprecated: "Utgående",
  example: "Exempel",
  examples: "Exempel",
  recursive: "Samma igen",
  arrayOf: "Lista av ",
  webhook: "Webhook",
  const: "Värde",
  noResultsFound: "Inget hittades",
  download: "Hämta",
  downloadSpecification: "OpenAPI-dokumentet",
  responses: "Svar",
  callbackResponses: "Svar på återanrop",
  requestSamples: "Exempel på anrop",
  responseSamples: "Exempel på svar",
};

const place = document.getElementById("document");
Redoc.init(
  place.dataset.document,
  {
    disableSearch: true,
    hideDownloadButton: true,
    sortRequiredPropsFirst: true,
    labels: document.documentElement.lang === "sv" ? swedish : {},
  },
  place,
);
