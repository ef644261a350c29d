import type { Mapping, PathStep } from "../../../gitops/yaml/values.ts";

/** What a release gets, and what else has to change for it. */
export interface SidecarPlace {
  /** Added to `spec.values`. */
  readonly values: Mapping;
  /** Name of the ServiceAccount whose token gatus-sidecar gets. */
  readonly serviceAccount: string;
  readonly config: ConfigPlace;
}

/** Where Gatus's configuration is: among `values`, as text in the release's values, or in a ConfigMap. */
export type ConfigPlace =
  | { readonly in: "values"; readonly path: readonly PathStep[] }
  | { readonly in: "text"; readonly path: readonly PathStep[] }
  | { readonly in: "ConfigMap"; readonly name: string; readonly key: string };

/** The directory in Gatus's environment variable that makes it read a directory instead of one file. */
export const CONFIG_PATH = "GATUS_CONFIG_PATH";
/** At startup, Gatus deletes the history of every endpoint that is not in its configuration yet. */
export const START_DELAY = { name: "GATUS_DELAY_START_SECONDS", seconds: 5 } as const;

/** Matches Gatus's image, from any registry. */
export const GATUS_IMAGE = /(?:^|\/)(?:twin|twinproduction)\/gatus(?:[:@]|$)/;
