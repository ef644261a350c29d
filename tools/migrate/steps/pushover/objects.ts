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

/**
 * Routes critical alerts to Pushover. The operator sets `continue: true` on the route, so that other receivers get their alerts as before.
 * Source: https://prometheus-operator.dev/docs/developer/alerting/#using-alertmanagerconfig-resources
 */
export function alertmanagerConfig(metadata: Mapping, keys: Keys): Mapping {
  return {
    apiVersion: "monitoring.coreos.com/v1alpha1",
    kind: "AlertmanagerConfig",
    metadata,
    spec: {
      route: {
        receiver: "pushover",
        groupBy: ["alertname", "namespace"],
        groupWait: "1m",
        groupInterval: "10m",
        repeatInterval: "12h",
        matchers: [{ name: "severity", value: "critical", matchType: "=" }],
      },
      receivers: [
        {
          name: "pushover",
          pushoverConfigs: [
            {
              token: { name: keys.name, key: keys.token },
              userKey: { name: keys.name, key: keys.userKey },
              sendResolved: true,
              priority: '{{ if eq .Status "firing" }}1{{ else }}0{{ end }}',
              title: "[{{ .Status | toUpper }}] {{ .CommonLabels.alertname }}",
              message: "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ end }}",
            },
          ],
        },
      ],
    },
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
