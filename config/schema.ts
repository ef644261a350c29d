import { z } from "zod";
import { flux } from "./flux.ts";
import { alerting, gatus } from "./monitoring.ts";
import { gateway, gatewayApi } from "./network.ts";
import { policies } from "./policies.ts";
import { after, gate, override, promotion, verification } from "./staged.ts";

/**
 * The shape of a stack's configuration, one schema for all keys of the namespace `edgefirst`. Every object is strict:
 * an unknown key is a fault, since a misspelt one would silently leave its default in force. The descriptions are what
 * docs/reference/configuration.md is made from (`npm run docs`).
 */

const cluster = z.strictObject({
  context: z
    .string()
    .min(1)
    .describe(
      "Name of the kubeconfig context; a stack never follows the current context, which another tool may switch.",
    ),
  kubeconfig: z
    .string()
    .min(1)
    .optional()
    .describe("Path of the kubeconfig; by default KUBECONFIG, then ~/.kube/config."),
});

const adoptable = z
  .string()
  .regex(
    /^[A-Z][A-Za-z]+ ([-a-z0-9.]+\/)?[-a-z0-9.:]+$/,
    'an object such as "Namespace network" or "ConfigMap network/app"',
  );

/** Every key of the namespace `edgefirst` that is not a secret. */
export const configSchema = z.strictObject({
  cluster: cluster.describe("Which cluster the stack is for."),
  adopt: z
    .array(adoptable)
    .default([])
    .describe("Objects to take over from their present owner, as `Kind name` or `Kind namespace/name`."),
  gatewayApi: gatewayApi.describe("The Gateway API's definitions."),
  gateways: z
    .array(gateway)
    .default([])
    .describe("Gateways, each with a GatewayClass and a Traefik of its own."),
  flux: flux.optional().describe("The repository that Flux follows; left out, the stack leaves Flux alone."),
  gatus: gatus.describe("Monitoring of what the cluster serves."),
  alerting: alerting.describe("Rules and receivers for the Prometheus operator."),
  after: after.describe("The stacks that must have verified a release before this one may get it."),
  gate: gate.describe("How strictly the stacks before are looked at."),
  override: override
    .optional()
    .describe("Lets a release pass the gate that the stacks before have not verified."),
  verification: verification.describe("What must hold after every update, and for how long."),
  promotion: promotion.describe("Whether the repository moves from stack to stack as well."),
  policies: policies.describe(
    "How far the rules of docs/reference/policies.md go for this stack, and what they go by: by rule id a level, or `{ enforcementLevel?, … }` with the rule's settings.",
  ),
});

/** Configuration keys whose values are secret, with what each is; each must be set with `pulumi config set --secret`. */
export const SECRETS = {
  sopsAgeKey: "The age private key that children decrypt with, for a namespace that has no such Secret yet.",
  pushoverToken: "Application token of Pushover, of 30 characters.",
  pushoverUserKey: "User or group key of Pushover, of 30 characters.",
} as const;
export type SecretKey = keyof typeof SECRETS;
export const SECRET_KEYS = Object.keys(SECRETS) as readonly SecretKey[];

export type Config = z.infer<typeof configSchema>;
export type GatewayConfig = Config["gateways"][number];
export type FluxConfig = NonNullable<Config["flux"]>;
