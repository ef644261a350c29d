import type * as pulumi from "@pulumi/pulumi";
import type { ClusterReader, Finding } from "../../kube/client.ts";
import { PUSHOVER_KEY_LENGTH } from "../../lib/pushover.ts";
import { readExistingSecret } from "./existing-secret.ts";

/** Credentials for Pushover, both secret. */
export interface PushoverCredentials {
  /** Application token. */
  readonly token: pulumi.Input<string>;
  /** User or group key. */
  readonly userKey: pulumi.Input<string>;
}

/** An existing Secret with the credentials, in the namespace of the component that uses it. */
export interface PushoverSecret {
  readonly secret: string;
  /** Key of the application token in the Secret. */
  readonly token: string;
  /** Key of the user or group key in the Secret. */
  readonly userKey: string;
}

/** The credentials that the stack has, or the Secret from which a component reads them. */
export type PushoverKeys = PushoverCredentials | PushoverSecret;

/** Who reads an existing Secret for Pushover, for messages. */
export interface PushoverReader {
  readonly namespace: string;
  /** What sends the alerts. */
  readonly sender: string;
  /** What happens without the Secret. */
  readonly consequence: string;
}

/** Reports an existing Secret that lacks a key, or has one that Pushover would not accept. No message contains any part of a key. */
export async function checkPushoverSecret(
  keys: PushoverKeys | undefined,
  { namespace, sender, consequence }: PushoverReader,
  cluster: ClusterReader,
): Promise<Finding[]> {
  if (keys === undefined || !("secret" in keys)) return [];
  const { secret: name, token, userKey } = keys;
  const { findings, values } = await readExistingSecret(
    {
      name,
      namespace,
      consequence,
      content: "the keys for Pushover",
      keys: { [token]: "TOKEN", [userKey]: "USER_KEY" },
    },
    cluster,
  );
  const wrong = Object.entries(values)
    .map(([key, value]) => [key, value.trim().length] as const)
    .filter(([, length]) => length !== PUSHOVER_KEY_LENGTH);
  return [
    ...findings,
    ...wrong.map(([key, length]): Finding => ({
      severity: "warning",
      message: `Key ${key} of Secret ${namespace}/${name} on ${cluster.context} has ${length} characters: ${sender} would send no alerts to Pushover.`,
      hint: `Application tokens and user keys of Pushover have ${PUSHOVER_KEY_LENGTH} characters. Fix the Secret where it is defined.`,
    })),
  ];
}
