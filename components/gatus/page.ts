import { stringify } from "yaml";
import type { KubeObject } from "../../kube/objects.ts";
import { ENABLED_ANNOTATION, ENDPOINT_ANNOTATION } from "../../kube/gatus-annotations.ts";
import { GATUS_NAME } from "./deployment.ts";

/** Where Gatus's page is served. */
export interface GatusPage {
  readonly hostname: string;
  /** URL of the page, such as `https://status.example.com`. */
  readonly url: string;
  /** `sectionName` is the listener that serves it. */
  readonly gateway: {
    readonly name: string;
    readonly namespace: string;
    readonly sectionName: string;
  };
}

const exact = (value: string) => ({ path: { type: "Exact", value } });
const prefix = (value: string) => ({ path: { type: "PathPrefix", value } });

/**
 * The paths of the page, its files and its API (Gatus 5.36, `api/api.go`). Only these are published, because a rule against `/metrics` would not be enough:
 * Gatus also serves other spellings of that path. gatus-sidecar probes the first path.
 */
const PUBLISHED = [
  exact("/"),
  ...["/endpoints", "/suites", "/api", "/css", "/js", "/img", "/oidc", "/authorization-code"].map(prefix),
  ...["/health", "/manifest.json", "/favicon.ico", "/favicon-16x16.png", "/favicon-32x32.png"].map(exact),
  ...["/apple-touch-icon.png", "/logo-192x192.png", "/logo-512x512.png"].map(exact),
];

/** The HTTPRoute for Gatus's page, which Gatus also monitors. */
export function gatusRoute(
  { hostname, url, gateway }: GatusPage,
  namespace: string,
  servicePort: number,
): KubeObject {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: {
      name: GATUS_NAME,
      namespace,
      annotations: {
        [ENABLED_ANNOTATION]: "true",
        // By default, gatus-sidecar probes https://<hostname>, even if the listener is plain HTTP.
        ...(url === `https://${hostname}` ? {} : { [ENDPOINT_ANNOTATION]: stringify({ url }) }),
      },
    },
    spec: {
      parentRefs: [
        {
          group: "gateway.networking.k8s.io",
          kind: "Gateway",
          name: gateway.name,
          namespace: gateway.namespace,
          sectionName: gateway.sectionName,
        },
      ],
      hostnames: [hostname],
      rules: [{ matches: PUBLISHED, backendRefs: [{ name: GATUS_NAME, port: servicePort }] }],
    },
  };
}
