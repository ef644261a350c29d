import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { userCache } from "./user-cache.ts";

// Imported before everything else, so that the next run reuses what Node compiled in this one. If the folder is not writable, Node runs without the cache.
enableCompileCache(join(userCache(), "compiled"));
