import * as pulumi from "@pulumi/pulumi";
import { EdgefirstError } from "../lib/errors.ts";
import { parseGatusCredentials, type GatusAuthorizations } from "./gatus-credentials.ts";
import { parseConfig } from "./parse.ts";
import { SECRET_KEYS, type Config, type SecretKey } from "./schema.ts";

/** A stack's configuration: the plain values, validated against the schema, and the secrets that are set. */
export interface StackConfig extends Config {
  readonly secrets: Readonly<Partial<Record<SecretKey, pulumi.Output<string>>>>;
  /** Parsed from the secret `gatusCredentials`. For requests only: must not get into an object or a message. */
  readonly gatusAuthorizations: GatusAuthorizations;
}

/**
 * Reads and validates the configuration of the current stack.
 * @throws {EdgefirstError} with all errors at once: path, value and what was expected
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
  const secrets: Readonly<Partial<Record<SecretKey, string>>> = Object.fromEntries(
    entries.filter(([key]) => isSecretKey(key)),
  );
  const values = Object.fromEntries(entries.filter(([key]) => !isSecretKey(key)));
  return {
    ...parseConfig({ values, secrets }),
    secrets: Object.fromEntries(set.map((key) => [key, config.requireSecret(key)])),
    gatusAuthorizations: parseGatusCredentials(secrets.gatusCredentials ?? "") ?? new Map(),
  };
}

/**
 * A secret in a plain key, or a plain value in a secret key, would end up in the state, previews and messages. The language host lists the encrypted keys in
 * PULUMI_CONFIG_SECRET_KEYS.
 */
function refuseMisplacedSecrets(keys: readonly string[], prefix: string): void {
  const encrypted = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]") as string[];
  const misplaced = keys.filter((key) => isSecretKey(key) !== encrypted.includes(prefix + key));
  if (misplaced.length === 0) return;
  throw new EdgefirstError(
    misplaced
      .map((key) =>
        isSecretKey(key)
          ? `The configuration key ${prefix}${key} is a secret but is not encrypted; nothing was changed.`
          : `The configuration key ${prefix}${key} is encrypted, but is not a key for a secret; nothing was changed.`,
      )
      .join("\n"),
    `Set secrets with \`pulumi config set --secret KEY\`, in these keys only: ${SECRET_KEYS.join(", ")}.`,
  );
}

function isSecretKey(key: string): key is SecretKey {
  return (SECRET_KEYS as readonly string[]).includes(key);
}
