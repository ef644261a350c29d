import { appContainers } from "../../../../../policy/objects/app-template.ts";
import { text } from "../../../../../policy/engine/read.ts";
import { chartOf } from "../../../../../policy/objects/helm.ts";
import { HELM_RELEASE } from "../../../../../policy/objects/kinds.ts";
import {
  argumentsOf,
  containersOf,
  LONG_RUNNING,
  type Container,
} from "../../../../../policy/objects/workloads.ts";
import type { KubeObject } from "../../../../../kube/objects.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { indexOf } from "../../../clusters.ts";

/** What runs cloudflared in a cluster. */
interface Tunnel {
  /** `HelmRelease network/tunnel` */
  readonly name: string;
  /** Whether it gets its rules from Cloudflare, as one with a token does. */
  readonly isRemote: boolean;
}

/**
 * What runs cloudflared in a cluster.
 * Sources: the charts of github.com/cloudflare/helm-charts; https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/configure-tunnels/remote-tunnel-permissions/
 */
export const tunnels = oncePer((cluster: BuiltCluster): readonly Tunnel[] => {
  const objects = indexOf(cluster);
  const named = (
    { kind, metadata: { namespace = "default", name } }: KubeObject,
    isRemote: boolean,
  ): Tunnel => ({ name: `${kind} ${namespace}/${name}`, isRemote });
  const releases = objects.ofKind(HELM_RELEASE).flatMap((release) => {
    const chart = chartOf(release, objects).name ?? "";
    const containers = appContainers(release, objects).filter(isCloudflared);
    const isTunnel = /^(?:cloudflare-tunnel|cloudflared)/.test(chart) || containers.length > 0;
    const isRemote = chart === "cloudflare-tunnel-remote" || containers.some(hasToken);
    return isTunnel ? [named(release, isRemote)] : [];
  });
  const workloads = LONG_RUNNING.flatMap((kind) => objects.ofKind(kind)).flatMap((workload) => {
    const containers = containersOf(workload).filter(isCloudflared);
    return containers.length > 0 ? [named(workload, containers.some(hasToken))] : [];
  });
  return [...releases, ...workloads];
});

const isCloudflared = ({ spec }: Container): boolean =>
  /(?:^|\/)cloudflared(?:[:@]|$)/.test(text(spec.image) ?? "");

const hasToken = (container: Container): boolean =>
  argumentsOf(container).some((argument) => /--token\b/.test(argument)) ||
  JSON.stringify(container.spec.env ?? {}).includes('TUNNEL_TOKEN"');
