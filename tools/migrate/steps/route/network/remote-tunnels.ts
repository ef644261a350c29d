import { distinct } from "../../../../../lib/distinct.ts";
import { list, fields, text, texts } from "../../../../../policy/engine/read.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { agreeing } from "../../../../../lib/counted.ts";
import type { StepContext } from "../../../step.ts";
import type { DnsRecord } from "../outcome.ts";
import { placesThatSend } from "./senders.ts";
import { tunnels } from "./tunnels.ts";

/**
 * What to say of a tunnel of Cloudflare whose rules are not in the repository: it goes on to send requests to the controller that serves them today.
 * Source: https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/routing-to-tunnel/dns/
 */
export function wayThroughTunnel(
  records: readonly DnsRecord[],
  ingressClass: string,
  cluster: BuiltCluster,
  context: StepContext,
): string | undefined {
  if (placesThatSend(ingressClass, cluster, context).length > 0) return undefined;
  const hosts = distinct(
    records
      .filter((record) => record.ingressClass === ingressClass && record.cluster === cluster.name)
      .filter(({ target = "" }) => target.split(", ").some((one) => leadsToTunnel(one, cluster)))
      .map(({ host }) => host),
  );
  const remote = tunnels(cluster)
    .filter(({ isRemote }) => isRemote)
    .map(({ name }) => name);
  const send = "to the Gateway's Service there in the same moment, or they get 404";
  const runs = agreeing(remote, "runs cloudflared", "run cloudflared");
  const where = remote.length === 0 ? "" : ` (${runs})`;
  const [these, record] = hosts.length === 1 ? ["this host", "record"] : ["these hosts", "records"];
  if (hosts.length > 0)
    return `class ${ingressClass}: the DNS ${record} of ${agreeing(hosts, "leads", "lead")} to a tunnel of Cloudflare${where}, and this repository shows no rule of it that sends requests to the controller of the class. Send those for ${these} ${send}`;
  return remote.length === 0
    ? undefined
    : `class ${ingressClass}: ${runs} with rules at Cloudflare, which are not in this repository. If they send requests for moved hosts to the controller of the class, send these ${send}`;
}

const TUNNEL = ".cfargotunnel.com";

/** Whether a DNS target is a tunnel, also by a DNSEndpoint in the cluster. */
const leadsToTunnel = (target: string, cluster: BuiltCluster): boolean =>
  target.endsWith(TUNNEL) || namesOfTunnels(cluster).has(target);

/** Source: the CRD DNSEndpoint in github.com/kubernetes-sigs/external-dns */
const namesOfTunnels = oncePer(
  ({ objects }: BuiltCluster): ReadonlySet<string> =>
    new Set(
      objects
        .filter(({ object }) => object.kind === "DNSEndpoint")
        .flatMap(({ object }) => list(fields(asKubeObject(object).spec).endpoints).map(fields))
        .filter(({ targets }) => texts(targets).some((target) => target.endsWith(TUNNEL)))
        .flatMap(({ dnsName }) => text(dnsName) ?? []),
    ),
);
