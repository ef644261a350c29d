import { conditionOf } from "../../kube/conditions.ts";
import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { Certificate } from "./listeners.ts";
import type { GatewayArgs } from "./gateway.ts";

const CERT_MANAGER = "cert-manager.io/v1";

/** Reports issuers that do not exist or are not ready. Without a certificate from its issuer, an HTTPS listener does not work. */
export async function checkIssuers(gateway: GatewayArgs, cluster: ClusterReader): Promise<Finding[]> {
  const issuers = gateway.https.hostnames.flatMap(({ certificate }) =>
    certificate !== undefined && "issuer" in certificate ? [certificate] : [],
  );
  const distinct = [...new Map(issuers.map((each) => [`${each.kind} ${each.issuer}`, each])).values()];
  const findings = await Promise.all(distinct.map((issuer) => checkIssuer(gateway, issuer, cluster)));
  return findings.flat();
}

async function checkIssuer(
  { name, namespace }: GatewayArgs,
  { issuer, kind }: Extract<Certificate, { issuer: string }>,
  cluster: ClusterReader,
): Promise<Finding[]> {
  const id = kind === "Issuer" ? `Issuer ${namespace}/${issuer}` : `ClusterIssuer ${issuer}`;
  const warn = (problem: string, hint: string): Finding[] => [
    {
      severity: "warning",
      message: `Gateway ${namespace}/${name} gets its certificates from ${id}, which ${problem} on ${cluster.context}.`,
      hint,
    },
  ];
  if (!(await cluster.serves(CERT_MANAGER, kind)))
    return warn(
      "needs cert-manager, but cert-manager is not installed",
      "Install cert-manager with Gateway API support (config.enableGatewayAPI), or set certificate.secret to existing Secrets.",
    );
  const metadata = { name: issuer, ...(kind === "Issuer" && { namespace }) };
  const live = await cluster.get({ apiVersion: CERT_MANAGER, kind, metadata });
  if (live === undefined)
    return warn("does not exist", "Create the issuer, or correct its name or kind in the configuration.");
  const ready = conditionOf(live, "Ready");
  if (ready?.status === "True") return [];
  return warn(
    `is not ready (${ready?.message ?? "no status"})`,
    "Fix the issuer. The HTTPS listeners work once their certificates are issued.",
  );
}
