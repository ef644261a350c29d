import { z } from "zod";
import { policySettings } from "../policy/engine/settings.ts";

/** The section `policies`. Each rule has a schema for its settings (docs/reference/policies.md). */
export const policies = z
  .record(z.string(), z.unknown())
  .meta({ title: "map of rule ids" })
  .prefault({})
  .pipe(policySettings);
