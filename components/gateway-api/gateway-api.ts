import * as pulumi from "@pulumi/pulumi";
import semver from "semver";
import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { declareRetained, labelled, withoutStatus, type CommonArgs } from "../shared/declare.ts";
import { withoutDescriptions } from "./descriptions.ts";
import {
  DECLARED_KINDS,
  experimentalKinds,
  fittingBundles,
  leastBundle,
  watchedKinds,
  type ApiKind,
} from "./support.ts";

/** Arguments of {@link GatewayApi}. */
export interface GatewayApiArgs extends CommonArgs {
  /** False if the CRDs have another owner: they are then checked, but not applied. */
  readonly install: boolean;
  /** Bundle version of {@link crds}, such as `v1.6.3`. */
  readonly version: string;
  readonly channel: "standard" | "experimental";
  /** The verified CRDs of this bundle; empty if they have another owner. */
  readonly crds: readonly KubeObject[];
  /** Whether the CRDs keep the descriptions of their fields. Default: true. */
  readonly descriptions?: boolean;
  /** Version of Traefik that the stack installs, such as `3.7.13`; undefined if it installs none. */
  readonly traefikVersion?: string | undefined;
  /** Whether any Traefik that the stack installs has `experimentalChannel` on. */
  readonly experimental?: boolean;
  /** Whether the stack declares any Gateway. */
  readonly hasGateways: boolean;
}

/** The Gateway API's CRDs. They outlive the stack: deleting a CRD deletes all its objects, such as every route on the cluster. */
export class GatewayApi extends pulumi.ComponentResource {
  constructor(name: string, args: GatewayApiArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:GatewayApi", name, {}, options);
    for (const object of gatewayApiObjects(args)) declareRetained(object, { parent: this });
    this.registerOutputs();
  }
}

/** The published CRDs with labels added, and without the empty `status` or, if {@link GatewayApiArgs.descriptions} is off, descriptions. */
export function gatewayApiObjects({
  install,
  crds,
  labels,
  descriptions = true,
}: GatewayApiArgs): KubeObject[] {
  if (!install) return [];
  return crds.map((crd) => labelled(labels, withoutStatus(descriptions ? crd : withoutDescriptions(crd))));
}

/**
 * Annotations on each CRD with the version and channel of its release (https://gateway-api.sigs.k8s.io/guides/implementers/#ensuring-consistency).
 */
const BUNDLE_VERSION = "gateway.networking.k8s.io/bundle-version";
const CHANNEL = "gateway.networking.k8s.io/channel";

/**
 * Compares the bundle with the live CRDs, since a downgrade would drop fields of live routes, and with the bundles that the stack's Traefik was built for.
 * Another owner's CRDs only have to serve what this stack uses; their bundle version and channel do not matter.
 */
export async function checkGatewayApi(args: GatewayApiArgs, cluster: ClusterReader): Promise<Finding[]> {
  if (!args.install) return isServed(args, cluster);
  const experimental =
    args.experimental === true ? await unserved(experimentalKinds(args.traefikVersion), cluster) : [];
  const live = await Promise.all(args.crds.map((crd) => cluster.get(crd)));
  const present = live.filter((crd) => crd !== undefined);
  return [
    ...bundleFits(args),
    ...isNoDowngrade(args, present, cluster.context),
    ...notServed(experimental, args, cluster.context),
  ];
}

function isNoDowngrade(args: GatewayApiArgs, live: readonly KubeObject[], context: string): Finding[] {
  const newer = live.filter((crd) => isNewer(crd, args.version));
  const experimental = live.filter(
    (crd) => args.channel === "standard" && crd.metadata.annotations?.[CHANNEL] === "experimental",
  );
  const unknown = live.filter((crd) => semver.parse(bundleVersion(crd)) === null);
  const stranded = args.crds.filter((crd) => strandedVersions(crd, live).length > 0);
  return [
    ...finding(newer, {
      severity: "error",
      problem: `newer on ${context} (${versionsOf(newer)}) than in release.yaml (${args.version}), and CRDs are never downgraded`,
      hint: "Leave the CRDs to their owner (edgefirst:gatewayApi.install: false), or set gatewayApi.version in release.yaml to the newer version or a later one, and run `npm run pin`.",
    }),
    ...finding(experimental, {
      severity: "error",
      problem: `from the experimental channel on ${context}, and the standard channel would drop fields that live objects may use`,
      hint: "Leave the CRDs to their owner: set edgefirst:gatewayApi.install to false.",
    }),
    ...finding(unknown, {
      severity: "warning",
      problem: `without a valid annotation ${BUNDLE_VERSION} on ${context}, so a downgrade cannot be ruled out`,
      hint: "Find out who installed them, and which version.",
    }),
    ...finding(stranded, {
      severity: "error",
      problem: `in use on ${context}, with objects stored in API versions that release ${args.version} no longer contains (${stranded.flatMap((crd) => strandedVersions(crd, live)).join(", ")})`,
      hint: "First migrate the stored objects (kube-storage-version-migrator), and remove these versions from status.storedVersions of the CRD.",
    }),
  ];
}

/** Checks that the cluster serves every kind that the stack declares or its Traefik watches. */
async function isServed(args: GatewayApiArgs, cluster: ClusterReader): Promise<Finding[]> {
  const { traefikVersion, hasGateways, experimental = false } = args;
  const watched = traefikVersion === undefined ? [] : watchedKinds(traefikVersion);
  if (watched === undefined) return unknownTraefik(traefikVersion, "WATCHED_BY_TRAEFIK");
  const needed = [
    ...(hasGateways ? DECLARED_KINDS : []),
    ...watched,
    ...(experimental ? experimentalKinds(traefikVersion) : []),
  ];
  return notServed(await unserved(needed, cluster), args, cluster.context);
}

/** The kinds that the cluster does not serve, without duplicates. */
async function unserved(kinds: readonly ApiKind[], cluster: ClusterReader): Promise<ApiKind[]> {
  const distinct = [...new Map(kinds.map((each) => [each.apiVersion + each.kind, each])).values()];
  const served = await Promise.all(distinct.map(({ apiVersion, kind }) => cluster.serves(apiVersion, kind)));
  return distinct.filter((_, index) => served[index] !== true);
}

function notServed(
  missing: readonly ApiKind[],
  { traefikVersion, install, experimental = false }: GatewayApiArgs,
  context: string,
): Finding[] {
  if (missing.length === 0) return [];
  const user = traefikVersion === undefined ? "this stack" : `this stack with Traefik ${traefikVersion}`;
  const least = traefikVersion === undefined ? undefined : leastBundle(traefikVersion);
  const release =
    least === undefined
      ? ""
      : ` (Gateway API ${least} or later${experimental ? ", experimental channel" : ""})`;
  const kinds = missing.map(({ apiVersion, kind }) => `${kind} ${apiVersion.split("/")[1] ?? ""}`);
  return [
    {
      severity: "error",
      message: `The Gateway API on ${context} does not serve ${kinds.join(", ")}, which ${user} needs${install ? " for traefik.experimentalChannel" : ", and edgefirst:gatewayApi.install is false"}.`,
      hint: install
        ? "Install the CRDs from the experimental channel yourself and set edgefirst:gatewayApi.install to false, or remove traefik.experimentalChannel."
        : `Have the owner of the CRDs install a bundle that serves these versions${release}, or remove edgefirst:gatewayApi.install from the configuration.`,
    },
  ];
}

/** Checks that the stack's Traefik was built for the bundle in release.yaml. */
function bundleFits({ traefikVersion, version }: GatewayApiArgs): Finding[] {
  if (traefikVersion === undefined) return [];
  const fitting = fittingBundles(traefikVersion);
  if (fitting === undefined) return unknownTraefik(traefikVersion, "BUNDLES_BY_TRAEFIK");
  if (semver.satisfies(version, fitting)) return [];
  return [
    {
      severity: "error",
      message: `Traefik ${traefikVersion} needs Gateway API ${fitting}; release.yaml has ${version}.`,
      hint: "Change Traefik and the Gateway API in release.yaml together, and run `npm run pin`.",
    },
  ];
}

function unknownTraefik(version: string | undefined, table: string): Finding[] {
  return [
    {
      severity: "error",
      message: `edgefirst does not know which Gateway API version Traefik ${version ?? ""} needs.`,
      hint: `Look up sigs.k8s.io/gateway-api in that release's go.mod, and the kinds in pkg/provider/kubernetes/gateway/client.go. Then add a line to ${table} in components/gateway-api/support.ts.`,
    },
  ];
}

function isNewer(crd: KubeObject, version: string): boolean {
  const live = semver.parse(bundleVersion(crd));
  return live !== null && semver.gt(live, version);
}

function bundleVersion(crd: KubeObject): string | undefined {
  return crd.metadata.annotations?.[BUNDLE_VERSION];
}

function versionsOf(crds: readonly KubeObject[]): string {
  return [...new Set(crds.map(bundleVersion))].join(", ");
}

/** Versions in which the API server may still store objects but that the new CRD lacks. The API server would reject that CRD. */
function strandedVersions(crd: KubeObject, live: readonly KubeObject[]): string[] {
  const current = live.find(({ metadata }) => metadata.name === crd.metadata.name);
  const stored = (current?.status as { storedVersions?: string[] } | undefined)?.storedVersions ?? [];
  const versions = (crd.spec as { versions?: { name: string }[] } | undefined)?.versions ?? [];
  return stored.filter((version) => !versions.some(({ name }) => name === version));
}

interface CrdProblem extends Pick<Finding, "severity"> {
  /** Completes the sentence "The Gateway API CRDs … are …". */
  readonly problem: string;
  readonly hint: string;
}

/** One finding for all CRDs with the same problem. */
function finding(crds: readonly KubeObject[], { severity, problem, hint }: CrdProblem): Finding[] {
  if (crds.length === 0) return [];
  const names = crds.map(({ metadata }) => metadata.name.split(".")[0]).join(", ");
  const subject = crds.length === 1 ? `CRD ${names} is` : `CRDs ${names} are`;
  return [{ severity, message: `The Gateway API ${subject} ${problem}.`, hint }];
}
