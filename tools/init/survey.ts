import type { ClusterReader } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { ownerOf } from "../../kube/owner.ts";
import { EdgefirstError } from "../../lib/errors.ts";

/** What a cluster already runs that a stack can install or check. */
export interface Survey {
  readonly kustomizations: readonly KubeObject[];
  /** GitRepositories, OCIRepositories and Buckets. */
  readonly sources: readonly KubeObject[];
  /** The CRDs of the Gateway API; absent if the cluster has none. */
  readonly gatewayApi?: { readonly version?: string; readonly channel?: string; readonly owner: string };
  readonly gatewayClasses: readonly KubeObject[];
  readonly gateways: readonly KubeObject[];
  readonly traefiks: readonly FoundApp[];
  readonly gatuses: readonly FoundApp[];
  /** Issuers and ClusterIssuers of cert-manager. */
  readonly issuers: readonly KubeObject[];
  /** Kinds that could not be listed, and why. */
  readonly unread: readonly string[];
}

/** An app in the cluster: a Deployment or DaemonSet and its image, or a HelmRelease. */
export interface FoundApp {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly image?: string;
  readonly owner: string;
}

const ROUTES_CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "httproutes.gateway.networking.k8s.io" },
};
const GATEWAY_API = "gateway.networking.k8s.io/v1";
const SOURCES = ["GitRepository", "OCIRepository", "Bucket"];

/**
 * Reads a cluster; never writes. A kind that the cluster does not serve has no objects; a kind that cannot be listed is reported in
 * `unread`.
 */
export async function survey(cluster: ClusterReader): Promise<Survey> {
  const unread: string[] = [];
  const list = async (apiVersion: string, kind: string): Promise<KubeObject[]> => {
    try {
      return await cluster.list(apiVersion, kind);
    } catch (error) {
      if (!(error instanceof EdgefirstError)) throw error;
      unread.push(`${kind}: ${error.message.split("\n")[0] ?? ""}`);
      return [];
    }
  };
  const workloads = [...(await list("apps/v1", "Deployment")), ...(await list("apps/v1", "DaemonSet"))];
  const releases = await list("helm.toolkit.fluxcd.io/v2", "HelmRelease");
  const sources = await Promise.all(SOURCES.map((kind) => list("source.toolkit.fluxcd.io/v1", kind)));
  const issuers = ["ClusterIssuer", "Issuer"].map((kind) => list("cert-manager.io/v1", kind));
  const gatewayApi = gatewayApiOf(await cluster.get(ROUTES_CRD));
  return {
    kustomizations: await list("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
    sources: sources.flat(),
    ...(gatewayApi && { gatewayApi }),
    gatewayClasses: await list(GATEWAY_API, "GatewayClass"),
    gateways: await list(GATEWAY_API, "Gateway"),
    traefiks: appsNamed("traefik", workloads, releases),
    gatuses: appsNamed("gatus", workloads, releases),
    issuers: (await Promise.all(issuers)).flat(),
    unread,
  };
}

function gatewayApiOf(crd: KubeObject | undefined): Survey["gatewayApi"] {
  if (crd === undefined) return undefined;
  const version = crd.metadata.annotations?.["gateway.networking.k8s.io/bundle-version"];
  const channel = crd.metadata.annotations?.["gateway.networking.k8s.io/channel"];
  return { ...(version && { version }), ...(channel && { channel }), owner: ownerOf(crd).name };
}

/** The workloads that run an image with this name, and the HelmReleases of a chart with this name that have no workload yet. */
function appsNamed(
  name: string,
  workloads: readonly KubeObject[],
  releases: readonly KubeObject[],
): FoundApp[] {
  // k3s and RKE2 run rancher/mirrored-library-traefik.
  const isImage = new RegExp(`(^|/)(mirrored-library-)?${name}(:|@|$)`);
  const running = workloads.flatMap((workload) => {
    const image = imagesOf(workload).find((each) => isImage.test(each));
    return image === undefined ? [] : [{ ...found(workload), image }];
  });
  const owners = new Set(workloads.map((workload) => ownerOf(workload).name));
  const waiting = releases.filter(
    (release) =>
      chartOf(release) === name &&
      !owners.has(`Flux (HelmRelease ${release.metadata.namespace ?? ""}/${release.metadata.name})`),
  );
  return [...running, ...waiting.map(found)];
}

function found(object: KubeObject): FoundApp {
  const { kind, metadata } = object;
  return {
    kind,
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    owner: ownerOf(object).name,
  };
}

function imagesOf({ spec }: KubeObject): readonly string[] {
  const { template } = spec as { template?: { spec?: { containers?: readonly { image?: string }[] } } };
  return template?.spec?.containers?.flatMap(({ image }) => image ?? []) ?? [];
}

/** The chart of a HelmRelease: its own name, or the name of the source that provides it. */
function chartOf({ spec }: KubeObject): string | undefined {
  const { chart, chartRef } = spec as {
    chart?: { spec?: { chart?: string } };
    chartRef?: { name?: string };
  };
  return chart?.spec?.chart ?? chartRef?.name;
}
