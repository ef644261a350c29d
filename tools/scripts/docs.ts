import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { configurationPage } from "./configuration-page.ts";
import { picture } from "./picture.ts";
import { policiesPage } from "./policies-page.ts";

/** `npm run docs`: writes the pages that are made from the configuration's schema and from the rules, and the README's picture. */
const docs = join(import.meta.dirname, "../../docs/reference");
writeFileAtomic(join(docs, "configuration.md"), configurationPage(), 0o644);
writeFileAtomic(join(docs, "policies.md"), policiesPage(), 0o644);
writeFileAtomic(join(docs, "../images/edge-first.svg"), picture(), 0o644);
