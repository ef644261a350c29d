import * as pulumi from "@pulumi/pulumi";
import semver from "semver";
import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { declareRetained, labelled, withoutStatus, type CommonArgs } from "../shared/declare.ts";
import { fittingBundles } from "./support.ts";

/** Arguments of {@link GatewayApi}. */
export interface GatewayApiArgs extends CommonArgs {
  /** false: the cluster gets the CRDs from elsewhere; they are checked and not applied. */
  readonly install: boolean;
  /** Bundle version of {@link crds}, as in `v1.4.1`. */
  readonly version: string;
  readonly channel: "standard" | "experimental";
  /** The CustomResourceDefinitions of this release, verified. */
  readonly crds: readonly KubeObject[];
  /** Version of the Traefik that the stack runs, as in `3.6.12`; undefined where it runs none. */
  readonly traefikVersion?: string | undefined;
}

/** The Gateway API's CustomResourceDefinitions. They outlive the stack: deleting one deletes every route of the cluster. */
export class GatewayApi extends pulumi.ComponentResource {
  constructor(name: string, args: GatewayApiArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:GatewayApi", name, {}, options);
    for (const object of gatewayApiObjects(args)) declareRetained(object, { parent: this });
    this.registerOutputs();
  }
}

/**
 * The CustomResourceDefinitions as they are published, labelled, without the empty `status` that their generator leaves in the files.
 */
export function gatewayApiObjects({ install, crds, labels }: GatewayApiArgs): KubeObject[] {
  if (!install) return [];
  return crds.map((crd) => labelled(labels, withoutStatus(crd)));
}

/** The annotations by which every CRD tells its release (https://gateway-api.sigs.k8s.io/guides/implementers/#ensuring-consistency). */
const BUNDLE_VERSION = "gateway.networking.k8s.io/bundle-version";
const CHANNEL = "gateway.networking.k8s.io/channel";

/** Compares the release with the live CRDs and with what the stack's Traefik was built for. A downgrade would drop fields of live routes. */
export async function checkGatewayApi(args: GatewayApiArgs, cluster: ClusterReader): Promise<Finding[]> {
  const live = await Promise.all(args.crds.map((crd) => cluster.get(crd)));
  const found = live.filter((crd) => crd !== undefined);
  const missing = args.crds.filter((_, index) => live[index] === undefined);
  if (!args.install) return isUsable(args, found, missing, cluster.context);
  const together = "Change Traefik and the Gateway API in release.yaml together, and run `npm run pin`.";
  return [
    ...bundlesFit(args, [args.version], "release.yaml", together),
    ...isNoDowngrade(args, found, cluster.context),
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
    ...finding(
      newer,
      "error",
      `are newer on ${context} (${versionsOf(newer)}) than release.yaml's ${args.version}; CRDs are never downgraded`,
      `Set gatewayApi.version in release.yaml to a version at least as new and run \`npm run pin\`, or leave the CRDs to their owner: edgefirst:gatewayApi.install: false.`,
    ),
    ...finding(
      experimental,
      "error",
      `are of the experimental channel on ${context}; the standard channel would drop fields that live objects use`,
      "Remove what uses the experimental fields and install the standard channel once by hand, or leave the CRDs to their owner: edgefirst:gatewayApi.install: false.",
    ),
    ...finding(
      unknown,
      "warning",
      `carry no readable ${BUNDLE_VERSION} on ${context}, so that a downgrade cannot be ruled out`,
      "Find out who installed them and which version it was.",
    ),
    ...finding(
      stranded,
      "error",
      `have objects stored on ${context} in a version that ${args.version} no longer knows (${stranded.flatMap((crd) => strandedVersions(crd, live)).join(", ")})`,
      "Migrate the stored objects (kube-storage-version-migrator) and remove the version from status.storedVersions first.",
    ),
  ];
}

function isUsable(
  args: GatewayApiArgs,
  live: readonly KubeObject[],
  missing: readonly KubeObject[],
  context: string,
): Finding[] {
  const versions = [...new Set(live.map((crd) => bundleVersion(crd) ?? "an unknown version"))];
  return [
    ...finding(
      missing,
      "error",
      `are missing on ${context}, where edgefirst:gatewayApi.install is false`,
      `Install Gateway API ${args.version} there, or remove edgefirst:gatewayApi.install.`,
    ),
    ...bundlesFit(
      args,
      versions,
      context,
      "Have the owner of the CRDs bring them to that version, or pin another Traefik in release.yaml.",
    ),
  ];
}

/** Whether the stack's Traefik was built for bundles of these versions. */
function bundlesFit(
  { traefikVersion }: GatewayApiArgs,
  versions: readonly string[],
  where: string,
  hint: string,
): Finding[] {
  if (traefikVersion === undefined) return [];
  const fitting = fittingBundles(traefikVersion);
  if (fitting === undefined)
    return [
      {
        severity: "error",
        message: `It is not known which Gateway API Traefik ${traefikVersion} needs.`,
        hint: "Look up sigs.k8s.io/gateway-api in that release's go.mod and add its line to the table in components/gateway-api/support.ts.",
      },
    ];
  return versions
    .filter((version) => semver.parse(version) === null || !semver.satisfies(version, fitting))
    .map((version) => ({
      severity: "error",
      message: `Traefik ${traefikVersion} needs Gateway API ${fitting}; ${where} has ${version}.`,
      hint,
    }));
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

/** Versions in which the API server still stores objects and which the new definition does not have: it would refuse the definition. */
function strandedVersions(crd: KubeObject, live: readonly KubeObject[]): string[] {
  const before = live.find(({ metadata }) => metadata.name === crd.metadata.name);
  const stored = (before?.status as { storedVersions?: string[] } | undefined)?.storedVersions ?? [];
  const versions = (crd.spec as { versions?: { name: string }[] } | undefined)?.versions ?? [];
  return stored.filter((version) => !versions.some(({ name }) => name === version));
}

/** One finding for all CRDs that share a fault. */
function finding(
  crds: readonly KubeObject[],
  severity: Finding["severity"],
  fault: string,
  hint: string,
): Finding[] {
  if (crds.length === 0) return [];
  const names = crds.map(({ metadata }) => metadata.name.split(".")[0]).join(", ");
  return [{ severity, message: `The Gateway API's CRDs ${names} ${fault}.`, hint }];
}
