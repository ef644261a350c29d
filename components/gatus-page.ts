import type { KubeObject } from "../cluster/objects.ts";
import { ENABLED_ANNOTATION } from "../cluster/gatus-annotations.ts";
import { GATUS_NAME } from "./gatus-deployment.ts";

/** Where Gatus' page is served. */
export interface GatusPage {
  readonly hostname: string;
  /** `sectionName` is a listener; undefined attaches the route to every listener that takes its hostname. */
  readonly gateway: {
    readonly name: string;
    readonly namespace: string;
    readonly sectionName?: string | undefined;
  };
}

/** The HTTPRoute of Gatus' page, itself monitored. */
export function gatusRoute(
  { hostname, gateway }: GatusPage,
  namespace: string,
  servicePort: number,
): KubeObject {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: GATUS_NAME, namespace, annotations: { [ENABLED_ANNOTATION]: "true" } },
    spec: {
      parentRefs: [
        {
          group: "gateway.networking.k8s.io",
          kind: "Gateway",
          name: gateway.name,
          namespace: gateway.namespace,
          ...(gateway.sectionName === undefined ? {} : { sectionName: gateway.sectionName }),
        },
      ],
      hostnames: [hostname],
      rules: [{ backendRefs: [{ name: GATUS_NAME, port: servicePort }] }],
    },
  };
}
