import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { generatedPages } from "./generated-pages.ts";
import { picture } from "./picture.ts";

// `npm run docs`: writes the pages that are generated from the configuration schema and the rules, and the README's diagram.
const docs = join(import.meta.dirname, "../../docs/reference");
const pages = await generatedPages();
mkdirSync(join(docs, "rules"), { recursive: true });
for (const [page, text] of pages) writeFileAtomic(join(docs, page), text, 0o644);
for (const name of readdirSync(join(docs, "rules")))
  if (!pages.has(`rules/${name}`)) rmSync(join(docs, "rules", name));
writeFileAtomic(join(docs, "../images/edge-first.svg"), picture(), 0o644);
