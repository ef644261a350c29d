import { z } from "zod";
import { flux } from "./flux.ts";
import { alerting, gatus } from "./monitoring.ts";
import { gateway, gatewayApi } from "./network.ts";
import { notify } from "./notify.ts";
import { ownChecks } from "./own-checks.ts";
import { images } from "./pods.ts";
import { policies } from "./policies.ts";
import { after, gate, override, promotion, verification } from "./staged.ts";

/**
 * The schema of a stack's configuration: all keys in the namespace `edgefirst`. Every object is strict: an unknown key is
 * an error, since a misspelled key would silently keep its default. docs/reference/configuration.md is generated from
 * the descriptions (`npm run docs`).
 */

const cluster = z.strictObject({
  context: z
    .string()
    .min(1)
    .describe(
      "Name of the kubeconfig context. A stack never follows the current context, which other tools may switch.",
    ),
  kubeconfig: z
    .string()
    .min(1)
    .optional()
    .describe("Path of the kubeconfig. Defaults to KUBECONFIG, then ~/.kube/config."),
  rebuilt: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Set this for one update after the cluster was rebuilt, to the UID that the namespace `kube-system` had on the former cluster. The update replaces and deletes nothing, excuses nothing that is unhealthy, and starts the evidence from scratch.",
    ),
});

const adoptable = z
  .string()
  .regex(
    /^[A-Z][A-Za-z]+ ([-a-z0-9.]+\/)?[-a-z0-9.:]+$/,
    'an object such as "Namespace network" or "ConfigMap network/app"',
  );

/** Every key in the namespace `edgefirst` except the secrets. */
export const configSchema = z.strictObject({
  cluster: cluster.describe("The cluster of the stack."),
  adopt: z
    .array(adoptable)
    .default([])
    .describe("Objects to take over from their current owner, as `Kind name` or `Kind namespace/name`."),
  images: images.describe("From which registries images are pulled."),
  networkPolicies: z
    .strictObject({ install: z.boolean().describe("Whether to install them.") })
    .prefault({ install: false })
    .describe(
      "Close every port of Traefik's and Gatus's pods with NetworkPolicies, except Traefik's entry points, Gatus's page, and Traefik's metrics for pods of the cluster.",
    ),
  gatewayApi: gatewayApi.describe("The Gateway API's CRDs."),
  gateways: z
    .array(gateway)
    .default([])
    .describe("Gateways, each with its own GatewayClass and Traefik instance."),
  flux: flux
    .optional()
    .describe("The repository that Flux follows. Without this section, the stack leaves Flux alone."),
  gatus: gatus.describe("Monitoring with Gatus."),
  alerting: alerting.describe("Rules and receivers for the Prometheus operator."),
  after: after.describe(
    "Upstream stacks: they must verify a release before this stack may run it. List only those directly upstream.",
  ),
  gate: gate.describe("How strictly upstream stacks are checked."),
  override: override
    .optional()
    .describe("Lets a release that the upstream stacks have not verified pass the gate."),
  verification: verification.describe("How every update is verified."),
  checks: ownChecks.describe(
    "The stack's own checks, in addition to those that every verification runs. The evidence contains these settings, so they must not contain secrets.",
  ),
  notify: notify.describe(
    "Notifications about updates. A notification that fails is sent once more and never fails the update. The evidence records the outcome.",
  ),
  promotion: promotion.describe("Promotion of the repository's revision from stack to stack."),
  policies: policies.describe(
    "Enforcement level and settings of the rules in docs/reference/policies.md, by rule id. A value is either a level, or `{ enforcementLevel?, … }` with the rule's settings.",
  ),
});

/** Secret configuration keys with their descriptions; each must be set with `pulumi config set --secret`. */
export const SECRETS = {
  sopsAgeKey:
    "The age private key that the children use to decrypt secrets. The stack creates the Secret with this key in the namespaces to which it moves children.",
  pushoverToken: "Pushover application token (30 characters).",
  pushoverUserKey: "Pushover user or group key (30 characters).",
  notifyWebhook: "URL that receives notifications about updates; it may contain a token.",
  gatusPasswordHash:
    "Password for `gatus.login.basic`, as a bcrypt hash in base64: `htpasswd -nbBC 10 '' PASSWORD | tr -d ':\\n' | base64 -w0`.",
  gatusClientSecret: "Client secret for `gatus.login.oidc`.",
  gatusCredentials:
    "Credentials for reaching Gatus by URL, one line per Gatus: `https://status.example.com basic USER:PASSWORD`, or `… bearer TOKEN`. Include those of upstream stacks, which the gate queries.",
} as const;
export type SecretKey = keyof typeof SECRETS;
export const SECRET_KEYS = Object.keys(SECRETS) as readonly SecretKey[];

export type Config = z.infer<typeof configSchema>;
export type GatewayConfig = Config["gateways"][number];
export type FluxConfig = NonNullable<Config["flux"]>;
