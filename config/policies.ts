import { z } from "zod";
import { policySettings } from "../policy/engine/settings.ts";

/** The rules' own schemas say what each takes; docs/reference/policies.md shows them. */
export const policies = z
  .record(z.string(), z.unknown())
  .meta({ title: "map of rule ids" })
  .prefault({})
  .pipe(policySettings);
