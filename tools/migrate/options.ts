import { z } from "zod";
import { EdgefirstError } from "../../lib/errors.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { LOSS_KINDS } from "./loss-kinds.ts";
import { OPTIONS_FILE } from "./options-file.ts";
import { annotateOptions } from "./steps/annotate/options.ts";
import { componentsOptions } from "./steps/components/options.ts";
import { gatewayProviderOptions } from "./steps/gateway-provider/options.ts";
import { handoverOptions } from "./steps/handover/options.ts";
import { namespaceOptions } from "./steps/namespace/options.ts";
import { ociOptions } from "./steps/oci/options.ts";
import { probesOptions } from "./steps/probes/options.ts";
import { pushoverOptions } from "./steps/pushover/options.ts";
import { routeOptions } from "./steps/route/options.ts";
import { sidecarOptions } from "./steps/sidecar/options.ts";
import { taskfileOptions } from "./steps/taskfile/options.ts";

/** One section per step; every key has a default. */
const optionsSchema = z.strictObject({
  /** Kinds of loss that the owner accepts, in every step. */
  acceptLoss: z.array(z.enum(LOSS_KINDS)).default([]),
  components: componentsOptions.prefault({}),
  taskfile: taskfileOptions.prefault({}),
  oci: ociOptions.prefault({}),
  probes: probesOptions.prefault({}),
  annotate: annotateOptions.prefault({}),
  "gateway-provider": gatewayProviderOptions.prefault({}),
  pushover: pushoverOptions.prefault({}),
  sidecar: sidecarOptions.prefault({}),
  route: routeOptions.prefault({}),
  namespace: namespaceOptions.prefault({}),
  handover: handoverOptions.prefault({}),
});

/** The options for all steps: the repository's {@link OPTIONS_FILE}, with defaults filled in. */
export type MigrateOptions = z.output<typeof optionsSchema>;

/**
 * Reads the options of a repository.
 * @throws EdgefirstError listing each error in the file
 */
export function readOptions(repository: Repository): MigrateOptions {
  if (!repository.isFile(OPTIONS_FILE)) return optionsSchema.parse({});
  const {
    documents,
    errors: [error],
  } = repository.parse(OPTIONS_FILE);
  if (error) throw invalid([error.message]);
  const result = optionsSchema.safeParse(documents[0]?.value ?? {});
  if (!result.success) {
    throw invalid(result.error.issues.map(({ path, message }) => `${path.join(".") || "(top)"}: ${message}`));
  }
  return result.data;
}

function invalid(errors: readonly string[]): EdgefirstError {
  return new EdgefirstError(
    `${OPTIONS_FILE} is invalid: ${errors.join("; ")}.`,
    "docs/guides/migrate.md lists every key. Nothing was changed.",
  );
}
