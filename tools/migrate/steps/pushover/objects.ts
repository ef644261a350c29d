import { pushoverRouteSpec } from "../../../../kube/pushover-route.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import type { PushoverOptions } from "./options.ts";

/** The name of every object that the step adds. */
export const NAME = "alertmanager-pushover";

/** Where the repository keeps its secrets. */
export interface Store {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** The keys in Alertmanager's namespace. */
export interface Keys {
  readonly name: string;
  readonly token: string;
  readonly userKey: string;
}

/** Routes critical alerts to Pushover. */
export function alertmanagerConfig(metadata: Mapping, keys: Keys): Mapping {
  return {
    apiVersion: "monitoring.coreos.com/v1alpha1",
    kind: "AlertmanagerConfig",
    metadata,
    spec: pushoverRouteSpec({
      token: { name: keys.name, key: keys.token },
      userKey: { name: keys.name, key: keys.userKey },
      title: "[{{ .Status | toUpper }}] {{ .CommonLabels.alertname }}",
    }),
  };
}

/** Fetches the keys from the secret store. */
export function externalSecret(metadata: Mapping, store: Store, { item }: PushoverOptions): Mapping {
  const { apiVersion, kind, name } = store;
  return {
    apiVersion,
    kind: "ExternalSecret",
    metadata,
    spec: {
      secretStoreRef: { kind, name },
      target: { name: NAME },
      data: [
        { secretKey: "token", remoteRef: { key: item.key, property: item.token } },
        { secretKey: "userKey", remoteRef: { key: item.key, property: item.userKey } },
      ],
    },
  };
}
