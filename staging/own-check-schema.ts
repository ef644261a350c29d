import { z } from "zod";
import { loose, word } from "./loose-schema.ts";

/** The stack's own checks that only read (config/own-checks.ts). A gate and `edgefirst verify` run them again. */
export const repeatable = loose({
  prometheus: z
    .union([
      loose({ url: z.string() }),
      loose({ namespace: z.string(), service: z.string(), port: z.string() }),
    ])
    .optional(),
  queries: z.record(
    z.string(),
    loose({
      query: z.string(),
      window: z.string().optional(),
      min: z.number().optional(),
      max: z.number().optional(),
      empty: word<"wait" | "holds">(),
    }),
  ),
  http: z.record(
    z.string(),
    z.union([
      loose({ url: z.string(), status: z.array(z.int()), contains: z.string().optional() }),
      loose({ namespace: z.string(), service: z.string(), port: z.string(), path: z.string() }),
    ]),
  ),
  /** Length of `$window` for queries that do not set `window`. */
  window: z.string(),
});
