/** A key in a Secret of Alertmanager's namespace. */
export interface SecretKey {
  readonly name: string;
  readonly key: string;
}

/** What differs between two routes to Pushover. */
export interface PushoverRoute {
  readonly token: SecretKey;
  readonly userKey: SecretKey;
  /** Go template of the notification's title. */
  readonly title: string;
}

/**
 * The spec of an AlertmanagerConfig that sends critical alerts to Pushover. The operator sets `continue: true` on the route, so that the
 * routes after it get their alerts as before; the root route's receiver gets only what no other route matches. Priority 1 bypasses quiet hours. With the operator's default, 2, Pushover would repeat an alert until
 * it is acknowledged.
 * Source: https://prometheus-operator.dev/docs/developer/alerting/#using-alertmanagerconfig-resources
 */
export function pushoverRouteSpec({ token, userKey, title }: PushoverRoute) {
  return {
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
            token: { name: token.name, key: token.key },
            userKey: { name: userKey.name, key: userKey.key },
            sendResolved: true,
            priority: '{{ if eq .Status "firing" }}1{{ else }}0{{ end }}',
            title,
            message: "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ end }}",
          },
        ],
      },
    ],
  };
}
