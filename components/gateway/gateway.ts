import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { KubeObject } from "../../kube/objects.ts";
import { declare, labelled, type CommonArgs } from "../shared/declare.ts";
import { ENABLED_ANNOTATION, ENDPOINT_ANNOTATION } from "../../kube/gatus-annotations.ts";
import { CONTROLLER_NAME, GATEWAY_LABEL, type GatewayIdentity } from "../../kube/gateway-contract.ts";
import { httpsListeners, type Certificate, type HttpsListener } from "./listeners.ts";

/** Arguments of {@link Gateway}. */
export interface GatewayArgs extends CommonArgs, GatewayIdentity {
  /** Annotations in addition to those that the other arguments set, which take precedence. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly gatewayLabels?: Readonly<Record<string, string>>;
  /** Namespaces whose routes may attach: all, the Gateway's own, or those with these labels. */
  readonly allowedNamespaces: "All" | "Same" | { readonly matchLabels: Readonly<Record<string, string>> };
  readonly http: {
    readonly port: number;
    /** Redirect plain HTTP requests to HTTPS; by default if every hostname has a certificate. */
    readonly redirectToHttps?: boolean | undefined;
  };
  readonly https: {
    readonly port: number;
    /** One listener per hostname; a hostname without a certificate gets none. */
    readonly hostnames: readonly {
      readonly hostname: string;
      readonly certificate?: Certificate | undefined;
    }[];
  };
  /** Listeners for TCPRoutes and TLSRoutes. Each has the port of an entry point. */
  readonly extraListeners?: readonly ExtraListener[];
  /** Monitoring defaults for the attached routes. */
  readonly gatus: {
    readonly endpoint?: Readonly<Record<string, unknown>> | undefined;
  };
}

/** A listener for TCP, or for TLS that is passed through to the backend. */
export interface ExtraListener {
  readonly name: string;
  readonly port: number;
  readonly protocol: "TCP" | "TLS";
  readonly hostname?: string | undefined;
}

/** A GatewayClass and its only Gateway, with the ReferenceGrants that its certificates need. */
export class Gateway extends pulumi.ComponentResource {
  constructor(name: string, args: GatewayArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:Gateway", name, {}, options);
    for (const object of gatewayObjects(args)) declare(object, { parent: this });
    this.registerOutputs();
  }
}

const API_VERSION = "gateway.networking.k8s.io/v1";

/** The component's objects. */
export function gatewayObjects(args: GatewayArgs): KubeObject[] {
  const objects = [
    gatewayClass(args),
    gateway(args),
    ...(redirects(args) ? [redirectRoute(args)] : []),
    ...referenceGrants(args),
  ];
  return objects.map((object) => labelled(args.labels, object));
}

/** Whether plain HTTP requests are redirected to HTTPS, which requires an HTTPS listener. */
export function redirects(args: Pick<GatewayArgs, "name" | "namespace" | "http" | "https">): boolean {
  const listeners = httpsListeners(args).length;
  return listeners > 0 && (args.http.redirectToHttps ?? listeners === args.https.hostnames.length);
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
  const annotations = { ...args.annotations, ...issuerAnnotation(args), ...gatusAnnotations(args) };
  const { name, namespace, className, gatewayLabels = {} } = args;
  const listeners = httpsListeners(args).map((listener) => ({
    name: listener.name,
    port: args.https.port,
    protocol: "HTTPS",
    hostname: listener.hostname,
    // `Terminate` is the default, but cert-manager requires it to be explicit.
    tls: { mode: "Terminate", certificateRefs: [certificateRef(args, listener)] },
    allowedRoutes: { namespaces: allowedNamespaces(args) },
  }));
  return {
    apiVersion: API_VERSION,
    kind: "Gateway",
    metadata: {
      name,
      namespace,
      ...(Object.keys(gatewayLabels).length === 0 ? {} : { labels: gatewayLabels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: {
      gatewayClassName: className,
      listeners: [webListener(args), ...listeners, ...extraListeners(args)],
    },
  };
}

/**
 * While plain HTTP requests are redirected, only routes from the Gateway's namespace may attach to this listener. An app's route names the
 * Gateway without a listener and would attach to all of them; its hostname is more specific than the redirect's, so Traefik would serve the
 * app over plain HTTP. cert-manager's HTTP-01 solver still works, since its route is in the certificate's namespace, which is the
 * Gateway's. (A redirect on Traefik's entry point would also redirect the solver's requests.)
 */
function webListener(args: GatewayArgs): Record<string, unknown> {
  return {
    name: "web",
    port: args.http.port,
    protocol: "HTTP",
    allowedRoutes: { namespaces: redirects(args) ? { from: "Same" } : allowedNamespaces(args) },
  };
}

function extraListeners(args: GatewayArgs): Record<string, unknown>[] {
  const { extraListeners: listeners = [] } = args;
  return listeners.map(({ name, port, protocol, hostname }) => ({
    name,
    port,
    protocol,
    ...(hostname !== undefined && { hostname }),
    ...(protocol === "TLS" && { tls: { mode: "Passthrough" } }),
    allowedRoutes: { namespaces: allowedNamespaces(args) },
  }));
}

function redirectRoute({ name, namespace, https }: GatewayArgs): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: "HTTPRoute",
    metadata: {
      name: `${name}-https-redirect`,
      namespace,
      // This route is not an app, so Gatus must not monitor it.
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

/** Lets the Gateway read certificates in other namespaces: one grant per namespace, limited to these Secrets. */
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

function allowedNamespaces({ allowedNamespaces: from }: GatewayArgs): Record<string, unknown> {
  if (typeof from === "string") return { from };
  return { from: "Selector", selector: { matchLabels: from.matchLabels } };
}

/** cert-manager issues a certificate for each listener of an annotated Gateway (https://cert-manager.io/docs/usage/gateway/). */
function issuerAnnotation({ https }: GatewayArgs): Record<string, string> {
  const certificate = https.hostnames
    .map((entry) => entry.certificate)
    .find((candidate) => candidate !== undefined && "issuer" in candidate);
  if (certificate === undefined || !("issuer" in certificate)) return {};
  const key = certificate.kind === "Issuer" ? "cert-manager.io/issuer" : "cert-manager.io/cluster-issuer";
  return { [key]: certificate.issuer };
}

/**
 * gatus-sidecar merges the endpoint annotation of a Gateway into the endpoint of each of its routes. Routes inherit no other annotation
 * (docs/decisions/gatus-sidecar-annotations.md).
 */
function gatusAnnotations({ gatus }: GatewayArgs): Record<string, string> {
  return gatus.endpoint === undefined ? {} : { [ENDPOINT_ANNOTATION]: stringify(gatus.endpoint) };
}
