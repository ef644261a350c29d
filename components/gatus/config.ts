import { stringify } from "yaml";

/** An endpoint in Gatus's format. Other fields (`alerts`, `dns`, `client`, `ui`, …) are passed through unchanged. */
export interface GatusEndpoint {
  readonly name: string;
  readonly group?: string | undefined;
  readonly url: string;
  /** A Go duration. */
  readonly interval: string;
  readonly conditions: readonly string[];
  readonly [field: string]: unknown;
}

/** Where Gatus stores its results. */
export type GatusStorage =
  | { readonly type: "memory" }
  | { readonly type: "sqlite"; readonly size: string; readonly storageClass?: string | undefined }
  /** A `postgres://` URL under a key in an existing Secret in Gatus's namespace. */
  | { readonly type: "postgres"; readonly secret: string; readonly key: string };

/** Port of Gatus's page, API, `/health` and `/metrics`; above 1024, so that no capability is needed to bind it. */
export const GATUS_PORT = 8080;
/** Folder of the SQLite file. */
export const DATA_DIRECTORY = "/data";

/**
 * The endpoint used if none is configured, since Gatus rejects a configuration without endpoints (docs/decisions/gatus-configuration.md). It depends only on
 * Gatus. The condition is not `[STATUS] < 500`, since that also holds on a timeout (status 0).
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
 * The base configuration, as YAML. Gatus merges it with the other files in its configuration directory: it merges maps, concatenates lists,
 * and rejects a scalar that is set in two files. It then expands `${VARIABLE}`; `$$` is a literal dollar sign.
 */
export function gatusConfig(endpoints: readonly GatusEndpoint[], storage: GatusStorage): string {
  return toYaml({
    web: { port: GATUS_PORT },
    metrics: true,
    // Without this, an invalid file makes Gatus exit; with it, Gatus waits for a valid one. Gatus stops serving either way (5.36 shuts down
    // before it reads the file), so the liveness probe makes an invalid configuration visible.
    "skip-invalid-config-update": true,
    storage: storageConfig(storage),
    endpoints: baseEndpoints(endpoints),
  });
}

/** The URL of a Postgres database is in a separate file, which is never part of a ConfigMap. */
function storageConfig(storage: GatusStorage): Record<string, unknown> {
  if (storage.type === "memory") return { type: "memory" };
  const path = storage.type === "sqlite" ? { path: `${DATA_DIRECTORY}/gatus.db` } : {};
  return { type: storage.type, ...path, caching: true };
}

/**
 * The Pushover part of the configuration. An endpoint opts in with `alerts: [{ type: pushover }]`. If the token or the key is not 30
 * characters long, Gatus logs a message and ignores the provider.
 */
export function pushoverSettings<Value>(token: Value, userKey: Value): object {
  return {
    alerting: {
      pushover: {
        "application-token": token,
        "user-key": userKey,
        "default-alert": {
          description: "health check failed",
          "failure-threshold": 3,
          "success-threshold": 2,
          "send-on-resolved": true,
        },
      },
    },
  };
}

/** The same as YAML. It is a separate file, so that it can be in a Secret, and a new token needs no restart. */
export function pushoverConfig(token: string, userKey: string): string {
  return toYaml(pushoverSettings(literal(token), literal(userKey)));
}

/** Escapes a value so that Gatus does not expand environment variables in it, or Kubernetes in a container's command. */
export function literal(value: string): string {
  return value.replaceAll("$", "$$$$");
}

function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0 });
}
