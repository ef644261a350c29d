import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { GatewayArgs } from "./gateway.ts";
import { httpsListeners } from "./listeners.ts";

/** Faults of a cluster's Gateways that no single one of them shows, and what they lack on the live cluster. */
export async function checkGateways(
  gateways: readonly GatewayArgs[],
  cluster: ClusterReader,
): Promise<Finding[]> {
  const missing = await Promise.all(gateways.map((gateway) => missingSecrets(gateway, cluster)));
  return [
    ...sharedValues(gateways),
    ...gateways.flatMap(ownFaults),
    ...missing.flat(),
    ...(await foreignGateways(gateways, cluster)),
  ];
}

/** Gateways of other owners on one of these classes: their listeners land on the same Traefik, which tells them apart by port alone. */
async function foreignGateways(gateways: readonly GatewayArgs[], cluster: ClusterReader): Promise<Finding[]> {
  const live = await cluster.list("gateway.networking.k8s.io/v1", "Gateway");
  return live.flatMap(({ metadata, spec }) => {
    const className = (spec as { gatewayClassName?: string } | undefined)?.gatewayClassName;
    const ours = gateways.find((gateway) => gateway.className === className);
    if (ours === undefined || (ours.name === metadata.name && ours.namespace === metadata.namespace))
      return [];
    return finding(
      "warning",
      `Gateway ${metadata.namespace ?? ""}/${metadata.name} on ${cluster.context} uses GatewayClass ${ours.className} too: its routes are served at the addresses of ${nameOf(ours)}, and the other way round.`,
      "Give it a class and a Traefik of its own: add it to edgefirst:gateways.",
    );
  });
}

function sharedValues(gateways: readonly GatewayArgs[]): Finding[] {
  return gateways.flatMap((gateway, index) => {
    const before = gateways.slice(0, index);
    const namesake = before.find(({ name }) => name === gateway.name);
    const classmate = before.find(({ className }) => className === gateway.className);
    return [
      ...(namesake === undefined
        ? []
        : finding(
            "error",
            `Two Gateways are named ${gateway.name} (namespaces ${namesake.namespace} and ${gateway.namespace}); the name ties each to its Traefik.`,
            "Give each Gateway of a cluster a name of its own.",
          )),
      ...(classmate === undefined
        ? []
        : finding(
            "error",
            `Gateways ${nameOf(classmate)} and ${nameOf(gateway)} share GatewayClass ${gateway.className}, and so one Traefik, which would serve internal routes at the external address.`,
            "Give each Gateway a className of its own.",
          )),
    ];
  });
}

function ownFaults(gateway: GatewayArgs): Finding[] {
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
          `Gateway ${name} has port ${http.port} for both HTTP and HTTPS.`,
          "Set another http.port or https.port.",
        )
      : []),
    ...repeated.flatMap(({ hostname }) =>
      finding("error", `Gateway ${name} lists ${hostname} twice.`, "List each hostname once."),
    ),
    ...certificateFaults(gateway),
    ...withoutCertificate.flatMap(({ hostname }) =>
      finding(
        "warning",
        `Gateway ${name} gets no HTTPS listener for ${hostname}, which has no certificate.`,
        "Add certificate: { secret } or certificate: { issuer } to it.",
      ),
    ),
    ...(http.redirectToHttps && httpsListeners(gateway).length === 0
      ? finding(
          "warning",
          `Gateway ${name} does not redirect to HTTPS: it has no HTTPS listener.`,
          "Give one of its hostnames a certificate, or remove http.redirectToHttps.",
        )
      : []),
  ];
}

/**
 * A Gateway's issuer annotation holds for all its listeners: cert-manager takes one issuer, and issues into every Secret of the Gateway's own namespace that
 * a listener names, over what somebody else put there (pkg/controller/certificate-shim/sync.go). It skips references to other namespaces.
 */
function certificateFaults(gateway: GatewayArgs): Finding[] {
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
          `Gateway ${name} names ${issuers.size} issuers (${[...issuers].join(", ")}); cert-manager takes one for a Gateway.`,
          "Use one issuer, or a Secret from elsewhere for the other hostnames.",
        )
      : []),
    ...(issuers.size > 0 && endangered.length > 0
      ? finding(
          "error",
          `Gateway ${name} has an issuer, by which cert-manager would overwrite the Secrets ${endangered.join(", ")} in ${gateway.namespace}.`,
          "Move these Secrets to another namespace and name it (certificate.namespace), or use the issuer for all hostnames.",
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
            `Listener ${name} (${hostname}) of Gateway ${nameOf(gateway)} waits for Secret ${secret.namespace}/${secret.name}, which is not on ${cluster.context}.`,
            "The Gateway is not accepted before every certificate is there.",
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
