import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { EdgefirstError } from "../lib/errors.ts";
import { configSchema, SECRET_KEYS, type Config, type SecretKey } from "./schema.ts";

/** Of application tokens and of user keys (https://pushover.net/api). */
const PUSHOVER_LENGTH = 30;

/** A stack's configuration: plain values checked against the schema, and the secrets that it sets. */
export interface StackConfig extends Config {
  readonly secrets: Readonly<Partial<Record<SecretKey, pulumi.Output<string>>>>;
}

/** What a stack says under the namespace `edgefirst`, before it is checked. */
export interface RawConfig {
  /** Plain keys with their values: strings, or JSON of lists and maps, as the engine hands them over. */
  readonly values: Readonly<Record<string, string>>;
  /** The secrets that are set. They are looked at, and never shown. */
  readonly secrets: Readonly<Partial<Record<SecretKey, string>>>;
}

/**
 * Reads and checks the configuration of the current stack; the only place that does.
 * @throws {EdgefirstError} with every fault at once: path, value and what was expected.
 */
export function loadConfig(): StackConfig {
  const config = new pulumi.Config();
  const prefix = `${config.name}:`;
  const entries = Object.entries(pulumi.runtime.allConfig())
    .filter(([key, value]) => key.startsWith(prefix) && value !== "")
    .map(([key, value]) => [key.slice(prefix.length), value] as const);
  const keys = entries.map(([key]) => key);
  refuseMisplacedSecrets(keys, prefix);
  const set = keys.filter(isSecretKey);
  const plain = parseConfig({
    values: Object.fromEntries(entries.filter(([key]) => !isSecretKey(key))),
    secrets: Object.fromEntries(entries.filter(([key]) => isSecretKey(key))),
  });
  return { ...plain, secrets: Object.fromEntries(set.map((key) => [key, config.requireSecret(key)])) };
}

/**
 * Checks raw configuration against the schema and the rules that span several keys.
 * @throws {EdgefirstError} with every fault at once.
 */
export function parseConfig({ values, secrets }: RawConfig): Config {
  const input = Object.fromEntries(
    Object.entries(values)
      .map(([key, value]) => [key, parseValue(value)] as const)
      // Pulumi.yaml declares {} as "not set", since Pulumi knows no optional key.
      .filter(([, value]) => !isEmptyObject(value)),
  );
  const parsed = configSchema.safeParse(input, { reportInput: true });
  const faults = parsed.success
    ? [...spanningFaults(parsed.data, secrets), ...secretFaults(secrets)]
    : [...parsed.error.issues.flatMap(describeIssue), ...secretFaults(secrets)];
  if (parsed.success && faults.length === 0) return parsed.data;
  throw new EdgefirstError(
    `The stack's configuration has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}; nothing was changed.\n${faults
      .map((fault) => `- ${fault}`)
      .join("\n")}`,
    "Mend the stack's Pulumi.<stack>.yaml; docs/reference/configuration.md says what each key is for.",
  );
}

/** A secret inside a plain key, or a secret key in clear, would reach state, previews and messages. The language host lists what is encrypted in this variable. */
function refuseMisplacedSecrets(keys: readonly string[], prefix: string): void {
  const encrypted = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[];
  const misplaced = keys.filter((key) => isSecretKey(key) !== encrypted.includes(prefix + key));
  if (misplaced.length === 0) return;
  throw new EdgefirstError(
    misplaced
      .map((key) =>
        isSecretKey(key)
          ? `The configuration ${prefix}${key} is a secret and stands in clear; nothing was changed.`
          : `The configuration ${prefix}${key} holds a secret where none is expected; nothing was changed.`,
      )
      .join("\n"),
    `Secrets go into these keys, each by \`pulumi config set --secret KEY\`: ${SECRET_KEYS.join(", ")}.`,
  );
}

function isSecretKey(key: string): key is SecretKey {
  return (SECRET_KEYS as readonly string[]).includes(key);
}

function parseValue(value: string): unknown {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "object" && parsed !== null ? parsed : value;
  } catch {
    return value;
  }
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => `${pathText([...issue.path, key])}: unknown key; is it misspelt?`);
  const expectation = issue.message
    .replace(/^(Invalid \w+|Too small|Too big): /, "")
    .replace(/, received .*$/, "")
    .replace(/^expected /, "");
  return [`${pathText(issue.path)}: ${valueText(issue.input)} is not valid; expected ${expectation}`];
}

function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return `edgefirst:${text.replace(/^\./, "")}`;
}

function valueText(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** Secrets that are not what they should be, told without a character of theirs. */
function secretFaults(secrets: RawConfig["secrets"]): string[] {
  const { sopsAgeKey } = secrets;
  const faults = (["pushoverToken", "pushoverUserKey"] as const).flatMap((key) => {
    const length = secrets[key]?.length ?? PUSHOVER_LENGTH;
    return length === PUSHOVER_LENGTH
      ? []
      : [
          `edgefirst:${key}: has ${length} characters; expected ${PUSHOVER_LENGTH} (Gatus passes over any other without a word)`,
        ];
  });
  return sopsAgeKey === undefined || sopsAgeKey.includes("AGE-SECRET-KEY-")
    ? faults
    : [...faults, "edgefirst:sopsAgeKey: is no age private key; expected AGE-SECRET-KEY-…"];
}

function promotionFaults({ after, promotion, flux }: Config): string[] {
  if (!promotion.pin) return [];
  const faults: string[] = [];
  if (flux?.root.mode !== "manage")
    faults.push(
      "edgefirst:promotion.pin: the source is this stack's own only where flux.root.mode is manage",
    );
  if (promotion.from === undefined && after.length !== 1)
    faults.push("edgefirst:promotion.from: nothing is set; expected one of edgefirst:after");
  if (promotion.from !== undefined && !after.includes(promotion.from))
    faults.push(`edgefirst:promotion.from: ${promotion.from} is not in edgefirst:after`);
  return faults;
}

/** Faults that no single key shows. */
function spanningFaults(config: Config, secrets: RawConfig["secrets"]): string[] {
  const { gateways, gatus, alerting, flux } = config;
  const faults = promotionFaults(config);
  const repeated = (what: string, names: readonly string[]): void => {
    for (const name of new Set(names.filter((value, index) => names.indexOf(value) !== index)))
      faults.push(
        `edgefirst:gateways: ${what} ${name} is used more than once; each Gateway has its own (one Gateway, one Traefik, one class)`,
      );
  };
  repeated(
    "the name",
    gateways.map(({ namespace, name }) => `${namespace}/${name}`),
  );
  repeated(
    "the class",
    gateways.map(({ className }) => className),
  );
  for (const [index, gateway] of gateways.entries())
    if (gateway.http.port === gateway.https.port)
      faults.push(
        `edgefirst:gateways[${index}]: http.port and https.port are both ${gateway.http.port}; a listener needs a port of its own`,
      );
  if (gatus.install && gatus.hostname !== undefined && gateways.length === 0)
    faults.push("edgefirst:gatus.hostname: its page needs a Gateway, and edgefirst:gateways is empty");
  if (gatus.gateway !== undefined && !gateways.some(({ name }) => name === gatus.gateway))
    faults.push(`edgefirst:gatus.gateway: no entry of edgefirst:gateways has the name ${gatus.gateway}`);
  const pushover = (gatus.install && gatus.pushover) || (alerting.install && alerting.pushover);
  for (const key of ["pushoverToken", "pushoverUserKey"] as const)
    if (pushover && secrets[key] === undefined)
      faults.push(
        `edgefirst:${key}: nothing is set, and Pushover alerting is on; set it with: pulumi config set --secret ${key}`,
      );
  if (flux?.apps.rbac === "strict" && flux.apps.placement === "unchanged")
    faults.push(
      'edgefirst:flux.apps.placement: "unchanged", and rbac is strict: expected "namespace" or "app", where children run as somebody of their own',
    );
  if (flux?.apps.rbac === "strict" && flux.apps.tenantNamespaces.length === 0)
    faults.push(
      "edgefirst:flux.apps.tenantNamespaces: empty, and rbac is strict: no app could be applied anywhere",
    );
  return faults;
}
