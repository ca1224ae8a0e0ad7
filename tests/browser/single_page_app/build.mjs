// The whole build: one script, one style sheet, one page, put in the directory that is named or in dist/.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";

const directory = process.argv[2] ?? "dist";
const api = process.env.API ?? "http://localhost:8000/larande/v1";

await mkdir(directory, { recursive: true });
await build({
  entryPoints: ["src/main.ts"],
  outfile: `${directory}/main.js`,
  bundle: true,
  format: "esm",
  target: "es2022",
  define: { API: JSON.stringify(api) },
});
for (const file of ["index.html", "style.css"]) await copyFile(file, `${directory}/${file}`);
