import { z } from "zod";
import { policySettings } from "../policy/engine/settings.ts";

/** The `policies` section. Each rule has a schema for its settings (docs/reference/policies.md). */
export const policies = z
  .record(z.string(), z.unknown())
  .meta({ title: "map keyed by rule id" })
  .prefault({})
  .pipe(policySettings);
