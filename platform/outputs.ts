import type { ClusterReader } from "../kube/client.ts";
import { statusOf } from "../kube/objects.ts";
import type { StackConfig } from "../config/load.ts";
import { gatusPage } from "./page.ts";

/** Outputs of a stack in addition to release and evidence, read from the live cluster once everything is up. */
export interface PlatformOutputs {
  /** Addresses of each Gateway, by `namespace/name`; empty until the controller sets them. */
  readonly gateways: Readonly<Record<string, readonly string[]>>;
  /** Repository revision that the root Kustomization last applied; empty if it has not applied any. */
  readonly fluxRevision: string;
  /** URLs of the platform's pages, by name. */
  readonly endpoints: Readonly<Record<string, string>>;
}

/** Outputs for a cluster that cannot be reached. */
export const NO_OUTPUTS: PlatformOutputs = { gateways: {}, fluxRevision: "", endpoints: {} };

/** Reads the outputs; a preview shows the state after the last update. */
export async function readOutputs(config: StackConfig, cluster: ClusterReader): Promise<PlatformOutputs> {
  const { gateways, flux } = config;
  const page = gatusPage(config);
  const addresses = await Promise.all(
    gateways.map(async ({ name, namespace }) => {
      const gateway = await cluster.get({
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "Gateway",
        metadata: { name, namespace },
      });
      const { addresses = [] } = statusOf(gateway) as { addresses?: { value: string }[] };
      return [`${namespace}/${name}`, addresses.map(({ value }) => value)] as const;
    }),
  );
  const root =
    flux &&
    (await cluster.get({
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata: flux.root,
    }));
  const { lastAppliedRevision = "" } = statusOf(root) as { lastAppliedRevision?: string };
  return {
    gateways: Object.fromEntries(addresses),
    fluxRevision: lastAppliedRevision,
    endpoints: page === undefined ? {} : { gatus: page.url },
  };
}
