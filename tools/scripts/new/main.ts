import { join } from "node:path";
import { EdgefirstError } from "../../../lib/errors.ts";
import { create } from "./create.ts";
import { KINDS } from "./kinds.ts";

// npm run new:rule|step|check -- <id>
const [kind = "", id] = process.argv.slice(2);
try {
  if (id === undefined)
    throw new EdgefirstError(`new:${kind} needs an id.`, `For example: npm run new:${kind} -- image-pinned`);
  const { files, edited } = await create(join(import.meta.dirname, "../../.."), kind, id);
  for (const file of files) console.log(`wrote   ${file}`);
  for (const file of edited) console.log(`changed ${file}`);
  const { test, next } = KINDS[kind] ?? { test: () => "", next: [] };
  console.log(
    [
      "",
      `Its test fails until the ${kind} is written:`,
      `  ${test(id)}`,
      ...next.map((line) => `Then: ${line}`),
    ].join("\n"),
  );
} catch (error) {
  if (!(error instanceof EdgefirstError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
