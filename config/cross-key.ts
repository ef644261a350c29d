import { isBcryptInBase64 } from "../lib/bcrypt.ts";
import { PUSHOVER_KEY_LENGTH } from "../lib/pushover.ts";
import { GATUS_CREDENTIALS, parseGatusCredentials } from "./gatus-credentials.ts";
import type { Config, SecretKey } from "./schema.ts";
import { verificationErrors } from "./verification-errors.ts";

type Secrets = Readonly<Partial<Record<SecretKey, string>>>;

const PUSHOVER_KEYS = ["pushoverToken", "pushoverUserKey"] as const;

/** Secrets in the wrong format. The messages never contain any part of a secret. */
export function secretErrors(secrets: Secrets): string[] {
  const { sopsAgeKey, gatusCredentials = "", notifyWebhook } = secrets;
  const errors = PUSHOVER_KEYS.flatMap((key) => {
    const length = secrets[key]?.length ?? PUSHOVER_KEY_LENGTH;
    return length === PUSHOVER_KEY_LENGTH
      ? []
      : [
          `edgefirst:${key}: has ${length} characters; expected ${PUSHOVER_KEY_LENGTH} (Gatus silently ignores keys of any other length)`,
        ];
  });
  if (sopsAgeKey?.includes("AGE-SECRET-KEY-") === false)
    errors.push("edgefirst:sopsAgeKey: is not an age private key; expected AGE-SECRET-KEY-…");
  if (parseGatusCredentials(gatusCredentials) === undefined)
    errors.push(`edgefirst:gatusCredentials: has the wrong format; expected ${GATUS_CREDENTIALS}`);
  if (secrets.gatusPasswordHash !== undefined && !isBcryptInBase64(secrets.gatusPasswordHash))
    errors.push("edgefirst:gatusPasswordHash: is not a bcrypt hash in base64");
  if (notifyWebhook !== undefined && !/^https?:\/\/[^\s/]/.test(notifyWebhook))
    errors.push("edgefirst:notifyWebhook: is not an http or https URL");
  return errors;
}

/** Errors that involve several keys. Conflicts between Gateways are reported by `checkGateways`. */
export function crossKeyErrors(config: Config, secrets: Secrets): string[] {
  return [
    ...promotionErrors(config),
    ...gatusErrors(config),
    ...loginErrors(config, secrets),
    ...pushoverErrors(config, secrets),
    ...tenancyErrors(config),
    ...queryErrors(config),
    ...verificationErrors(config),
    ...webhookErrors(config, secrets),
  ];
}

function promotionErrors({ after, promotion, flux }: Config): string[] {
  if (!promotion.pin) return [];
  const errors: string[] = [];
  if (flux?.root.mode !== "manage")
    errors.push(
      "edgefirst:promotion.pin: requires flux.root.mode: manage, so that this stack owns the source",
    );
  if (promotion.from === undefined && after.length !== 1)
    errors.push(
      "edgefirst:promotion.from: missing; required unless edgefirst:after lists exactly one upstream stack",
    );
  if (promotion.from !== undefined && !after.includes(promotion.from))
    errors.push(`edgefirst:promotion.from: ${promotion.from} is not in edgefirst:after`);
  return errors;
}

/** The API server takes the Authorization header itself, so that a Gatus with a login is out of its reach. */
function loginErrors({ gatus, verification }: Config, secrets: Secrets): string[] {
  const { install, login, hostname } = gatus;
  if (!install || login === undefined) return [];
  const key = "basic" in login ? "gatusPasswordHash" : "gatusClientSecret";
  const { secret: existing } = "basic" in login ? login.basic : login.oidc;
  const reached =
    "basic" in login &&
    secrets.gatusCredentials !== undefined &&
    verification.gatus !== undefined &&
    "url" in verification.gatus;
  return [
    ...(existing === undefined && secrets[key] === undefined
      ? [
          `edgefirst:${key}: missing, but gatus.login needs it; set it with: pulumi config set --secret ${key}`,
        ]
      : []),
    ...("oidc" in login && hostname === undefined
      ? ["edgefirst:gatus.hostname: missing; gatus.login.oidc returns to it after a login"]
      : []),
    ...(reached || verification.skip.gatus !== undefined
      ? []
      : [
          "edgefirst:gatus.login: keeps the verification from Gatus's results; set verification.gatus.url and the secret gatusCredentials (basic only), or verification.skip.gatus with a reason",
        ]),
  ];
}

function gatusErrors({ gatus, gateways }: Config): string[] {
  const errors: string[] = [];
  if (gatus.install && gatus.hostname !== undefined && gateways.length === 0)
    errors.push("edgefirst:gatus.hostname: Gatus's page needs a Gateway, but edgefirst:gateways is empty");
  if (gatus.gateway !== undefined && !gateways.some(({ name }) => name === gatus.gateway))
    errors.push(`edgefirst:gatus.gateway: no entry of edgefirst:gateways has the name ${gatus.gateway}`);
  return errors;
}

function pushoverErrors({ gatus, alerting, notify }: Config, secrets: Secrets): string[] {
  // With an existing Secret, the setting is an object, and the stack needs no keys.
  const isOn =
    (gatus.install && gatus.pushover === true) ||
    (alerting.install && alerting.pushover === true) ||
    notify.pushover;
  return PUSHOVER_KEYS.filter((key) => isOn && secrets[key] === undefined).map(
    (key) => `edgefirst:${key}: missing, but Pushover is on; set it with: pulumi config set --secret ${key}`,
  );
}

function webhookErrors({ notify }: Config, { notifyWebhook }: Secrets): string[] {
  return notify.webhook && notifyWebhook === undefined
    ? [
        "edgefirst:notifyWebhook: missing, but notify.webhook is on; set it with: pulumi config set --secret notifyWebhook",
      ]
    : [];
}

function queryErrors({ checks: { queries, prometheus } }: Config): string[] {
  return Object.keys(queries).length > 0 && prometheus === undefined
    ? ["edgefirst:checks.prometheus: missing; required with edgefirst:checks.queries"]
    : [];
}

function tenancyErrors({ flux }: Config): string[] {
  if (flux?.apps.rbac !== "strict") return [];
  const errors: string[] = [];
  if (flux.apps.placement === "unchanged")
    errors.push(
      'edgefirst:flux.apps.placement: "unchanged" does not work with rbac: strict; expected "namespace" or "app"',
    );
  if (flux.apps.tenantNamespaces.length === 0)
    errors.push(
      "edgefirst:flux.apps.tenantNamespaces: is empty, but with rbac: strict, apps are applied only in the namespaces in this list",
    );
  return errors;
}
