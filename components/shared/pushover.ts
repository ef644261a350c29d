import type * as pulumi from "@pulumi/pulumi";

/** Credentials for Pushover, both secret. */
export interface PushoverCredentials {
  /** Application token. */
  readonly token: pulumi.Input<string>;
  /** User or group key. */
  readonly userKey: pulumi.Input<string>;
}
