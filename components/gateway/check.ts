import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { GatewayArgs } from "./gateway.ts";
import { checkIssuers } from "./issuers.ts";
import { routesWithoutListener } from "./plain-routes.ts";
import { httpsListeners } from "./listeners.ts";

/** Checks a stack's Gateways individually, against each other and against the live cluster. */
export async function checkGateways(
  gateways: readonly GatewayArgs[],
  cluster: ClusterReader,
): Promise<Finding[]> {
  const missing = await Promise.all(gateways.map((gateway) => missingSecrets(gateway, cluster)));
  const issuers = await Promise.all(gateways.map((gateway) => checkIssuers(gateway, cluster)));
  return [
    ...conflicts(gateways),
    ...gateways.flatMap(ownFindings),
    ...missing.flat(),
    ...issuers.flat(),
    ...(await routesWithoutListener(gateways, cluster)),
    ...(await foreignGateways(gateways, cluster)),
  ];
}

/** Reports other owners' Gateways with one of these classes. The same Traefik would serve them, and it distinguishes listeners only by port. */
async function foreignGateways(gateways: readonly GatewayArgs[], cluster: ClusterReader): Promise<Finding[]> {
  const live = await cluster.list("gateway.networking.k8s.io/v1", "Gateway");
  return live.flatMap(({ metadata, spec }) => {
    const className = (spec as { gatewayClassName?: string } | undefined)?.gatewayClassName;
    const ours = gateways.find((gateway) => gateway.className === className);
    if (ours === undefined || (ours.name === metadata.name && ours.namespace === metadata.namespace))
      return [];
    return finding(
      "warning",
      `Gateway ${metadata.namespace ?? ""}/${metadata.name} on ${cluster.context} also uses GatewayClass ${ours.className}: its routes are served at the addresses of ${nameOf(ours)}, and vice versa.`,
      "Give it a separate class and Traefik: add it to edgefirst:gateways.",
    );
  });
}

function conflicts(gateways: readonly GatewayArgs[]): Finding[] {
  return gateways.flatMap((gateway, index) => {
    const earlier = gateways.slice(0, index);
    const sameName = earlier.find(({ name }) => name === gateway.name);
    const sameClass = earlier.find(({ className }) => className === gateway.className);
    return [
      ...(sameName === undefined
        ? []
        : finding(
            "error",
            `Two Gateways are named ${gateway.name} (namespaces ${sameName.namespace} and ${gateway.namespace}), but each Traefik finds its GatewayClass by the name of the Gateway.`,
            "Give each Gateway on the cluster a different name.",
          )),
      ...(sameClass === undefined
        ? []
        : finding(
            "error",
            `Gateways ${nameOf(sameClass)} and ${nameOf(gateway)} share GatewayClass ${gateway.className} and therefore a Traefik, which would serve internal routes at the external address.`,
            "Give each Gateway a different className.",
          )),
    ];
  });
}

function ownFindings(gateway: GatewayArgs): Finding[] {
  const { http, https } = gateway;
  const name = nameOf(gateway);
  const repeated = https.hostnames.filter(
    ({ hostname }, index) => https.hostnames.findIndex((other) => other.hostname === hostname) !== index,
  );
  const withoutCertificate = https.hostnames.filter(({ certificate }) => certificate === undefined);
  return [
    ...(http.port === https.port
      ? finding(
          "error",
          `Gateway ${name} uses port ${http.port} for both HTTP and HTTPS.`,
          "Set a different http.port or https.port.",
        )
      : []),
    ...repeated.flatMap(({ hostname }) =>
      finding("error", `Gateway ${name} lists ${hostname} twice.`, "List each hostname once."),
    ),
    ...certificateFindings(gateway),
    ...withoutCertificate.flatMap(({ hostname }) =>
      finding(
        "warning",
        `Gateway ${name} gets no HTTPS listener for ${hostname}, because it has no certificate.`,
        "Add certificate: { secret } or certificate: { issuer } to the hostname.",
      ),
    ),
    ...(http.redirectToHttps === true && httpsListeners(gateway).length === 0
      ? finding(
          "warning",
          `Gateway ${name} does not redirect to HTTPS, because it has no HTTPS listener.`,
          "Give one of its hostnames a certificate, or remove http.redirectToHttps.",
        )
      : []),
  ];
}

/**
 * A Gateway's issuer annotation applies to all its listeners: cert-manager uses a single issuer, and overwrites every Secret that a listener names in the
 * Gateway's namespace, whoever created the Secret (pkg/controller/certificate-shim/sync.go). It ignores Secrets in other namespaces.
 */
function certificateFindings(gateway: GatewayArgs): Finding[] {
  const certificates = gateway.https.hostnames.flatMap(({ certificate }) => certificate ?? []);
  const issuers = new Set(
    certificates.flatMap((certificate) =>
      "issuer" in certificate ? [`${certificate.kind} ${certificate.issuer}`] : [],
    ),
  );
  const endangered = certificates.flatMap((certificate) =>
    "secret" in certificate && (certificate.namespace ?? gateway.namespace) === gateway.namespace
      ? [certificate.secret]
      : [],
  );
  const name = nameOf(gateway);
  return [
    ...(issuers.size > 1
      ? finding(
          "error",
          `Gateway ${name} names ${issuers.size} issuers (${[...issuers].join(", ")}), but cert-manager takes only one per Gateway.`,
          "Use one issuer, or existing Secrets for the other hostnames.",
        )
      : []),
    ...(issuers.size > 0 && endangered.length > 0
      ? finding(
          "error",
          `Gateway ${name} has an issuer, so cert-manager would overwrite the existing ${endangered.length === 1 ? "Secret" : "Secrets"} ${endangered.join(", ")} in ${gateway.namespace}.`,
          "Keep existing Secrets in another namespace and set certificate.namespace, or use the issuer for all hostnames.",
        )
      : []),
  ];
}

async function missingSecrets(gateway: GatewayArgs, cluster: ClusterReader): Promise<Finding[]> {
  const named = httpsListeners(gateway).filter(({ issued }) => !issued);
  const findings = await Promise.all(
    named.map(async ({ name, hostname, secret }) => {
      const live = await cluster.get({ apiVersion: "v1", kind: "Secret", metadata: secret });
      return live === undefined
        ? finding(
            "warning",
            `Listener ${name} (${hostname}) of Gateway ${nameOf(gateway)} needs Secret ${secret.namespace}/${secret.name}, which does not exist on ${cluster.context}.`,
            "Create the Secret: the Gateway is not accepted until every certificate exists.",
          )
        : [];
    }),
  );
  return findings.flat();
}

function nameOf({ name, namespace }: GatewayArgs): string {
  return `${namespace}/${name}`;
}

function finding(severity: Finding["severity"], message: string, hint: string): Finding[] {
  return [{ severity, message, hint }];
}
