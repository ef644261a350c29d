import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { userCache } from "./user-cache.ts";

// Imported before everything else: what Node has compiled of the packages once is not compiled again in the next run. It is a cache alone: where the
// folder cannot be written, Node goes on without.
enableCompileCache(join(userCache(), "compiled"));
