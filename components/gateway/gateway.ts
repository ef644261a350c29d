import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { KubeObject } from "../../kube/objects.ts";
import { declare, labelled, type CommonArgs } from "../shared/declare.ts";
import { ENABLED_ANNOTATION, ENDPOINT_ANNOTATION } from "../../kube/gatus-annotations.ts";
import { CONTROLLER_NAME, GATEWAY_LABEL, type GatewayIdentity } from "../../kube/gateway-contract.ts";
import { httpsListeners, type Certificate, type HttpsListener } from "./listeners.ts";

/** Arguments of {@link Gateway}. */
export interface GatewayArgs extends CommonArgs, GatewayIdentity {
  /** Which namespaces may attach routes: all, the Gateway's own, or those with these labels. */
  readonly allowedNamespaces: "All" | "Same" | { readonly matchLabels: Readonly<Record<string, string>> };
  readonly http: {
    readonly port: number;
    /** Answer plain requests with a redirect to HTTPS. */
    readonly redirectToHttps: boolean;
  };
  readonly https: {
    readonly port: number;
    /** One listener a hostname; one without a certificate gets none. */
    readonly hostnames: readonly {
      readonly hostname: string;
      readonly certificate?: Certificate | undefined;
    }[];
  };
  /** Defaults of the monitoring of the routes attached to it. */
  readonly gatus: {
    readonly enabled?: boolean | undefined;
    readonly endpoint?: Readonly<Record<string, unknown>> | undefined;
  };
}

/** A GatewayClass and its one Gateway, with the grants that its certificates need. */
export class Gateway extends pulumi.ComponentResource {
  constructor(name: string, args: GatewayArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:Gateway", name, {}, options);
    for (const object of gatewayObjects(args)) declare(object, { parent: this });
    this.registerOutputs();
  }
}

const API_VERSION = "gateway.networking.k8s.io/v1";

/** Every object of the component. */
export function gatewayObjects(args: GatewayArgs): KubeObject[] {
  const objects = [
    gatewayClass(args),
    gateway(args),
    ...(redirects(args) ? [redirectRoute(args)] : []),
    ...referenceGrants(args),
  ];
  return objects.map((object) => labelled(args.labels, object));
}

/** Whether plain requests are redirected: only to a door that is there. */
export function redirects(args: GatewayArgs): boolean {
  return args.http.redirectToHttps && httpsListeners(args).length > 0;
}

function gatewayClass({ name, className }: GatewayArgs): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: "GatewayClass",
    metadata: { name: className, labels: { [GATEWAY_LABEL]: name } },
    spec: { controllerName: CONTROLLER_NAME },
  };
}

function gateway(args: GatewayArgs): KubeObject {
  const annotations = { ...issuerAnnotation(args), ...gatusAnnotations(args) };
  const { name, namespace, className } = args;
  const listeners = httpsListeners(args).map((listener) => ({
    name: listener.name,
    port: args.https.port,
    protocol: "HTTPS",
    hostname: listener.hostname,
    // The mode is the default, but cert-manager wants to see it.
    tls: { mode: "Terminate", certificateRefs: [certificateRef(args, listener)] },
    allowedRoutes: { namespaces: allowedNamespaces(args) },
  }));
  return {
    apiVersion: API_VERSION,
    kind: "Gateway",
    metadata: { name, namespace, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: { gatewayClassName: className, listeners: [webListener(args), ...listeners] },
  };
}

/**
 * While plain requests are redirected, only routes of the Gateway's own namespace attach to this listener. A route of an app names the Gateway and no listener, and
 * so attaches to all; its hostname is more specific than the redirect's, and Traefik would serve the app in plain text. What stays possible is
 * cert-manager's HTTP-01 solver, whose route is in the namespace of the certificate: this one. (Traefik's own redirection of an entry point would catch it.)
 */
function webListener(args: GatewayArgs): Record<string, unknown> {
  return {
    name: "web",
    port: args.http.port,
    protocol: "HTTP",
    allowedRoutes: { namespaces: redirects(args) ? { from: "Same" } : allowedNamespaces(args) },
  };
}

function redirectRoute({ name, namespace, https }: GatewayArgs): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: "HTTPRoute",
    metadata: {
      name: `${name}-https-redirect`,
      namespace,
      // It stands for no app, whatever the Gateway's default is.
      annotations: { [ENABLED_ANNOTATION]: "false" },
    },
    spec: {
      parentRefs: [
        { group: "gateway.networking.k8s.io", kind: "Gateway", name, namespace, sectionName: "web" },
      ],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: "/" } }],
          filters: [
            {
              type: "RequestRedirect",
              requestRedirect: {
                scheme: "https",
                statusCode: 301,
                ...(https.port === 443 ? {} : { port: https.port }),
              },
            },
          ],
        },
      ],
    },
  };
}

/** Lets the Gateway read certificates of other namespaces: one grant a namespace, for these Secrets alone. */
function referenceGrants(args: GatewayArgs): KubeObject[] {
  const { name, namespace } = args;
  const foreign = httpsListeners(args).filter(({ secret }) => secret.namespace !== namespace);
  const byNamespace = Map.groupBy(foreign, ({ secret }) => secret.namespace);
  return [...byNamespace].map(([target, listeners]) => ({
    apiVersion: "gateway.networking.k8s.io/v1beta1",
    kind: "ReferenceGrant",
    metadata: { name: `${namespace}-${name}-certificates`, namespace: target },
    spec: {
      from: [{ group: "gateway.networking.k8s.io", kind: "Gateway", namespace }],
      to: [...new Set(listeners.map(({ secret }) => secret.name))].map((secret) => ({
        group: "",
        kind: "Secret",
        name: secret,
      })),
    },
  }));
}

function certificateRef({ namespace }: GatewayArgs, { secret }: HttpsListener): Record<string, unknown> {
  return {
    group: "",
    kind: "Secret",
    name: secret.name,
    ...(secret.namespace === namespace ? {} : { namespace: secret.namespace }),
  };
}

function allowedNamespaces({ allowedNamespaces: allowed }: GatewayArgs): Record<string, unknown> {
  if (typeof allowed === "string") return { from: allowed };
  return { from: "Selector", selector: { matchLabels: allowed.matchLabels } };
}

/** cert-manager issues a certificate for every listener of an annotated Gateway (https://cert-manager.io/docs/usage/gateway/). */
function issuerAnnotation({ https }: GatewayArgs): Record<string, string> {
  const certificate = https.hostnames
    .map((entry) => entry.certificate)
    .find((candidate) => candidate !== undefined && "issuer" in candidate);
  if (certificate === undefined || !("issuer" in certificate)) return {};
  const key = certificate.kind === "Issuer" ? "cert-manager.io/issuer" : "cert-manager.io/cluster-issuer";
  return { [key]: certificate.issuer };
}

/** gatus-sidecar reads these from a route, and where the route has none, from its Gateway (docs/decisions/gatus-sidecar-annotations.md). */
function gatusAnnotations({ gatus }: GatewayArgs): Record<string, string> {
  return {
    ...(gatus.enabled === undefined ? {} : { [ENABLED_ANNOTATION]: String(gatus.enabled) }),
    ...(gatus.endpoint === undefined ? {} : { [ENDPOINT_ANNOTATION]: stringify(gatus.endpoint) }),
  };
}
