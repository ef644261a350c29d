import { appContainers } from "../../../../../policy/objects/app-template.ts";
import { text } from "../../../../../policy/engine/read.ts";
import { chartOf } from "../../../../../policy/objects/helm.ts";
import { HELM_RELEASE } from "../../../../../policy/objects/kinds.ts";
import { containersOf, LONG_RUNNING, type Container } from "../../../../../policy/objects/workloads.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { indexOf } from "../../../clusters.ts";

/** What runs cloudflared in a cluster: `HelmRelease network/tunnel`. Source: the charts of github.com/cloudflare/helm-charts */
export const tunnels = oncePer((cluster: BuiltCluster): readonly string[] => {
  const objects = indexOf(cluster);
  const releases = objects
    .ofKind(HELM_RELEASE)
    .filter(
      (release) =>
        /^(?:cloudflare-tunnel|cloudflared)/.test(chartOf(release, objects).name ?? "") ||
        appContainers(release, objects).some(isCloudflared),
    );
  const workloads = LONG_RUNNING.flatMap((kind) => objects.ofKind(kind)).filter((workload) =>
    containersOf(workload).some(isCloudflared),
  );
  return [...releases, ...workloads].map(
    ({ kind, metadata: { namespace = "default", name } }) => `${kind} ${namespace}/${name}`,
  );
});

const isCloudflared = ({ spec }: Container): boolean =>
  /(?:^|\/)cloudflared(?:[:@]|$)/.test(text(spec.image) ?? "");
