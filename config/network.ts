import { z } from "zod";
import { traefik } from "./traefik.ts";
import { annotations, hostname, labelName, labels, objectName, port } from "./values.ts";

/** The section `gatewayApi`. */
export const gatewayApi = z
  .strictObject({
    install: z
      .boolean()
      .default(true)
      .describe(
        "`false` if the CRDs have another owner: the stack then checks them, but does not apply them.",
      ),
    source: z
      .string()
      .min(1)
      .optional()
      .describe(
        "A local directory with the files listed in `release.yaml`, or the release's `standard-install.yaml`, for machines without network access.",
      ),
    descriptions: z
      .boolean()
      .default(true)
      .describe(
        "`false` applies the CRDs without the descriptions of their fields: previews and updates then take less time, and the state is smaller, but `kubectl explain` has no texts for Gateways and routes.",
      ),
  })
  .prefault({});

const certificate = z.union(
  [
    z.strictObject({
      secret: objectName.describe("A Secret of type `kubernetes.io/tls`."),
      namespace: labelName
        .optional()
        .describe(
          "Namespace of the Secret. Defaults to the Gateway's; for any other, a ReferenceGrant is created.",
        ),
    }),
    z.strictObject({
      issuer: objectName.describe("A cert-manager issuer, which creates the Secret."),
      kind: z.enum(["Issuer", "ClusterIssuer"]).default("ClusterIssuer").describe("Kind of the issuer."),
    }),
  ],
  { error: "either { secret, namespace? } or { issuer, kind? }" },
);

const listenerHostname = z.strictObject({
  hostname: hostname.describe("A hostname, or a wildcard such as `*.example.com`."),
  certificate: certificate
    .optional()
    .describe(
      "The certificate. Without one, the hostname gets no HTTPS listener, and a warning is printed; a Gatus of this stack then probes its routes over plain HTTP.",
    ),
});

const extraListener = z.strictObject({
  name: labelName.describe("Name of the listener."),
  port: port.describe("Port of the listener. It must be the port of an entry in `traefik.entryPoints`."),
  protocol: z
    .enum(["TCP", "TLS"])
    .describe("`TCP` for TCPRoutes; `TLS` for TLSRoutes, with TLS passed through to the backend."),
  hostname: hostname.optional().describe("Server name (SNI) that the listener serves; `TLS` only."),
});

/** An entry of `gateways`. */
export const gateway = z.strictObject({
  name: labelName
    .max(47)
    .describe("Name, at most 47 characters, so that `traefik-gateway-<name>` is a valid Service name."),
  namespace: labelName.describe("Namespace of the Gateway and its Traefik; created if absent."),
  className: labelName.describe(
    "Name of the GatewayClass, used by this Gateway only: one Gateway, one Traefik, one class.",
  ),
  annotations: annotations
    .default({})
    .describe(
      "Annotations of the Gateway, such as `external-dns.alpha.kubernetes.io/target`. Annotations that other keys set take precedence.",
    ),
  labels: labels
    .default({})
    .describe(
      "Labels of the Gateway, for example those by which an external-dns selects Gateways (`--gateway-label-filter`).",
    ),
  allowedNamespaces: z
    .union(
      [
        z.literal("All"),
        z.literal("Same"),
        z.strictObject({ matchLabels: labels.describe("Labels of the namespaces.") }),
      ],
      { error: '"All", "Same" or { matchLabels: {…} }' },
    )
    .default("All")
    .describe(
      'Namespaces whose routes may attach: all, the Gateway\'s own, or those with these labels, such as `{ matchLabels: { exposed: "yes" } }`. The namespace of Gatus needs them, too, if this Gateway serves its page; the stack does not add them.',
    ),
  http: z
    .strictObject({
      port: port.default(80).describe("Port of the listener `web`."),
      redirectToHttps: z
        .boolean()
        .optional()
        .describe(
          "Redirect every plain request to HTTPS. Defaults to true if every hostname in `https.hostnames` has a certificate, and there is one.",
        ),
    })
    .prefault({})
    .describe("The plain HTTP listener."),
  https: z
    .strictObject({
      port: port.default(443).describe("Port of the HTTPS listeners."),
      hostnames: z
        .array(listenerHostname)
        .max(63)
        .default([])
        .describe("One listener per hostname. A Gateway has at most 64 listeners, including the plain one."),
    })
    .prefault({})
    .describe("The HTTPS listeners."),
  extraListeners: z
    .array(extraListener)
    .max(16)
    .default([])
    .describe(
      "TCP and TLS listeners, in addition to the plain and the HTTPS listeners. Each needs an entry in `traefik.entryPoints` with its port; TCP listeners also need `traefik.experimentalChannel`.",
    ),
  gatus: z
    .strictObject({
      endpoint: z
        .record(z.string(), z.unknown())
        .optional()
        .describe(
          "Gatus endpoint fields to merge into the endpoint of each route, such as `group`, or `client: { insecure: true }` for a self-signed certificate.",
        ),
    })
    .prefault({})
    .describe(
      "Monitoring defaults for routes, set as the annotation `gatus.home-operations.com/endpoint` on the Gateway.",
    ),
  traefik: traefik.describe("The Traefik that serves only this Gateway."),
});
