import { z } from "zod";
import { placement, resources } from "./pods.ts";
import { duration, hostname, labelName, labels, objectName, quantity, secretKey } from "./values.ts";

const endpoint = z.looseObject({
  name: z.string().min(1).describe("Name of the endpoint, unique within its group."),
  group: z.string().optional().describe("Group under which the page shows the endpoint."),
  url: z.string().min(1).describe("URL to probe, in Gatus's format: `https://…`, `icmp://…`, `tcp://…`."),
  interval: duration.default("1m").describe("Probe interval."),
  conditions: z
    .array(z.string().min(1))
    .min(1)
    .describe("Conditions, such as `[STATUS] == 200`. Avoid `< 500`, which also holds on a timeout."),
});

const storage = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("memory").describe("In memory; results are lost on a restart.") }),
    z.strictObject({
      type: z.literal("sqlite").describe("A file on a PersistentVolumeClaim, which outlives the stack."),
      size: quantity.default("1Gi").describe("Size of the claim."),
      storageClass: z
        .string()
        .min(1)
        .optional()
        .describe("Storage class of the claim. Defaults to the cluster's default class."),
    }),
    z.strictObject({
      type: z.literal("postgres").describe("A PostgreSQL database."),
      secret: objectName.describe(
        "An existing Secret in Gatus's namespace with a `postgres://` or `postgresql://` URL.",
      ),
      key: secretKey.default("url").describe("Key in the Secret."),
    }),
  ],
  { error: 'type "memory", "sqlite" or "postgres"' },
);

const existingSecret = (content: string, key: string) => ({
  secret: objectName
    .optional()
    .describe(
      `An existing Secret in Gatus's namespace with ${content}, such as one from External Secrets or SOPS. Gatus reads it when it starts.`,
    ),
  key: secretKey.optional().describe(`Key in the Secret. Defaults to \`${key}\`.`),
});
const hasSecret = ({ secret, key }: { secret?: string | undefined; key?: string | undefined }): boolean =>
  key === undefined || secret !== undefined;

const login = z.union(
  [
    z.strictObject({
      basic: z
        .strictObject({
          username: z.string().min(1).describe("User name."),
          ...existingSecret(
            "the password as a bcrypt hash in base64, like `gatusPasswordHash` (under `data`, in base64 a second time)",
            "passwordHash",
          ),
        })
        .refine(hasSecret, { error: "secret next to it", path: ["key"] })
        .describe("Basic authentication; needs `secret` here, or the stack's secret `gatusPasswordHash`."),
    }),
    z.strictObject({
      oidc: z
        .strictObject({
          issuerUrl: z.url({ protocol: /^https$/ }).describe("URL of the issuer."),
          clientId: z.string().min(1).describe("Client ID."),
          scopes: z.array(z.string().min(1)).default(["openid"]).describe("Scopes."),
          allowedSubjects: z
            .array(z.string().min(1))
            .default([])
            .describe("Who may log in. Defaults to everyone."),
          ...existingSecret("the client secret", "clientSecret"),
        })
        .refine(hasSecret, { error: "secret next to it", path: ["key"] })
        .describe(
          "OpenID Connect; needs `hostname`, and `secret` here or the stack's secret `gatusClientSecret`.",
        ),
    }),
  ],
  { error: "either { basic: { username } } or { oidc: { issuerUrl, clientId } }" },
);

const pushover = z.union(
  [
    z.boolean(),
    z.strictObject({
      secret: objectName.describe(
        "An existing Secret in the same namespace, such as one from External Secrets or SOPS. The stack then needs no keys.",
      ),
      token: secretKey.default("token").describe("Key of the application token in the Secret."),
      userKey: secretKey.default("userKey").describe("Key of the user or group key in the Secret."),
    }),
  ],
  { error: "true, false or { secret }" },
);

/** The section `gatus`. */
export const gatus = z
  .strictObject({
    install: z.boolean().describe("`false` if Gatus has another owner, or if the cluster has no Gatus."),
    namespace: labelName.default("observability").describe("Namespace of Gatus; created if absent."),
    hostname: hostname.optional().describe("Hostname of the page. Without one, the page gets no HTTPRoute."),
    login: login
      .optional()
      .describe(
        "Login for the endpoints' results. The page's frame and badges stay public, as Gatus has it. The verification then needs `verification.gatus.url` with `gatusCredentials`, or must skip the check `gatus`.",
      ),
    gateway: labelName
      .optional()
      .describe("Name of the Gateway that serves the page. Defaults to the first of `gateways`."),
    endpoints: z
      .array(endpoint)
      .default([])
      .describe(
        "Endpoints in addition to the discovered ones; any other Gatus field is allowed. If empty, Gatus monitors itself, since it does not start without endpoints.",
      ),
    storage: storage.default({ type: "memory" }).describe("Where results are stored."),
    discover: z
      .strictObject({
        httpRoutes: z
          .boolean()
          .default(true)
          .describe('Every HTTPRoute, unless annotated `gatus.home-operations.com/enabled: "false"`.'),
        services: z
          .boolean()
          .default(false)
          .describe('Services annotated `gatus.home-operations.com/enabled: "true"`.'),
      })
      .prefault({})
      .describe("Kinds for which gatus-sidecar creates endpoints."),
    labelledConfigMaps: z
      .union(
        [
          z.boolean(),
          z.strictObject({
            namespaces: z
              .array(labelName)
              .min(1)
              .describe("The namespaces to read, which must exist; the sidecar gets rights in these only."),
          }),
        ],
        { error: "true, false or { namespaces: [...] }" },
      )
      .default(false)
      .describe(
        "Also read endpoints from ConfigMaps with the label `gatus.io/enabled`: true for those in any namespace, or `{ namespaces }`. Whoever may write such a ConfigMap decides what Gatus probes.",
      ),
    resources: resources
      .default({ requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } })
      .describe("Resources for Gatus."),
    ...placement,
    pushover: pushover
      .default(false)
      .describe(
        "Set up Pushover for endpoints whose `alerts` name it, such as all routes of a Gateway: `gateways[].gatus.endpoint: { alerts: [{ type: pushover }] }`. `true` needs `pushoverToken` and `pushoverUserKey`, which it writes into the Secret `gatus-pushover` in Gatus's namespace. `{ secret }` reads an existing Secret when Gatus starts.",
      ),
  })
  .prefault({ install: false });

/** The section `alerting`. */
export const alerting = z
  .strictObject({
    install: z
      .boolean()
      .describe(
        "Install alerting rules for metrics from Gatus, the kubelets and Flux, and a PodMonitor for each Traefik and for Gatus, in their namespaces. If the Prometheus operator's CRDs are missing, nothing is installed, and a warning is printed.",
      ),
    namespace: labelName.default("observability").describe("Namespace of the rules; created if absent."),
    ruleLabels: labels
      .default({})
      .describe(
        "Labels that the cluster's Prometheus and Alertmanager use to select rules, PodMonitors and receivers.",
      ),
    pushover: pushover
      .default(true)
      .describe(
        "Route critical alerts to Pushover. `true` needs `pushoverToken` and `pushoverUserKey`, `{ secret }` an existing Secret.",
      ),
  })
  .prefault({ install: false });
