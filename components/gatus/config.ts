import { stringify } from "yaml";

/** An endpoint as Gatus reads it; fields beyond these (`alerts`, `dns`, `client`, `ui`, …) are handed over as they are. */
export interface GatusEndpoint {
  readonly name: string;
  readonly group?: string | undefined;
  readonly url: string;
  /** A Go duration. */
  readonly interval: string;
  readonly conditions: readonly string[];
  readonly [field: string]: unknown;
}

/** Where Gatus keeps its results. */
export type GatusStorage =
  | { readonly type: "memory" }
  | { readonly type: "sqlite"; readonly size: string; readonly storageClass?: string | undefined }
  /** A `postgres://` address in the key of an existing Secret of Gatus' namespace. */
  | { readonly type: "postgres"; readonly secret: string; readonly key: string };

/** Port of Gatus' page, API, `/health` and `/metrics`; above 1024, so that it needs no right to bind it. */
export const GATUS_PORT = 8080;
/** Folder of the SQLite file. */
export const DATA_DIRECTORY = "/data";
/** Environment variable that holds the Postgres address. */
export const STORAGE_URL_VARIABLE = "STORAGE_URL";

/**
 * The endpoint that stands in where none is configured: Gatus refuses a configuration without any, and this one depends on
 * nothing but Gatus. `[STATUS] == 200`, since `< 500` holds on a time-out too (status 0).
 */
export const SELF_ENDPOINT: GatusEndpoint = {
  name: "gatus",
  group: "self",
  url: `http://localhost:${GATUS_PORT}/health`,
  interval: "1m",
  conditions: ["[STATUS] == 200"],
};

/** The endpoints of the base configuration; never empty. */
export function baseEndpoints(configured: readonly GatusEndpoint[]): readonly GatusEndpoint[] {
  return configured.length === 0 ? [SELF_ENDPOINT] : configured;
}

/**
 * The base configuration, as YAML. Gatus merges it with every other file of its configuration directory: maps are merged, lists are
 * joined, and a plain value that two files set is refused. It then expands `${VARIABLE}`; `$$` stands for a dollar sign.
 */
export function gatusConfig(endpoints: readonly GatusEndpoint[], storage: GatusStorage): string {
  return toYaml({
    web: { port: GATUS_PORT },
    metrics: true,
    // Without it a bad file ends the process; with it Gatus waits for a better one. It stops serving in either case (5.36 shuts
    // down before it reads), so the liveness probe is what makes a bad configuration visible.
    "skip-invalid-config-update": true,
    storage: storageConfig(storage),
    endpoints: baseEndpoints(endpoints),
  });
}

function storageConfig(storage: GatusStorage): Record<string, unknown> {
  if (storage.type === "memory") return { type: "memory" };
  const path = storage.type === "sqlite" ? `${DATA_DIRECTORY}/gatus.db` : `\${${STORAGE_URL_VARIABLE}}`;
  return { type: storage.type, path, caching: true };
}

/**
 * The Pushover part of the configuration, as YAML: a file of its own, so that it lives in a Secret and a new token is read without
 * a restart. An endpoint alerts where it lists `alerts: [{ type: pushover }]`. Gatus ignores the provider, with a line in its
 * log, where token or key are not 30 characters long.
 */
export function pushoverConfig(token: string, userKey: string): string {
  return toYaml({
    alerting: {
      pushover: {
        "application-token": literal(token),
        "user-key": literal(userKey),
        "default-alert": {
          description: "health check failed",
          "failure-threshold": 3,
          "success-threshold": 2,
          "send-on-resolved": true,
        },
      },
    },
  });
}

/** Protects text from Gatus' expansion of environment variables. */
function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}

function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0 });
}
