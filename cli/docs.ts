import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configurationPage } from "../docs/configuration-page.ts";

/** `npm run docs`: writes the page that is made from the configuration's schema. */
const page = join(import.meta.dirname, "../docs/configuration.md");
writeFileSync(`${page}.tmp`, configurationPage());
renameSync(`${page}.tmp`, page);
