import type { ClusterReader, Finding } from "../kube/client.ts";
import { loadManifest } from "../kube/manifest-source.ts";
import { FluxApps, fluxAppsNamespaces, fluxAppsObjects } from "../components/flux/apps.ts";
import { checkFluxApps } from "../components/flux/apps-checks.ts";
import { checkFluxKinds } from "../components/flux/crds.ts";
import { describeDifference } from "../components/flux/difference.ts";
import { FluxInstall, fluxInstallObjects } from "../components/flux/install.ts";
import { desiredFluxRoot, FluxRoot, fluxRootObjects, type FluxRootArgs } from "../components/flux/root.ts";
import { checkFluxRoot } from "../components/flux/root-checks.ts";
import { FluxSources, fluxSourcesObjects } from "../components/flux/sources.ts";
import type { FluxConfig } from "../config/schema.ts";
import type { Part, PlatformArgs } from "./part.ts";

/** The parts for Flux, the root with its source, and the apps. */
export async function fluxParts(args: PlatformArgs): Promise<Part[]> {
  const { flux } = args.config;
  if (flux === undefined) return [];
  return [
    ...(await installParts(args, flux)),
    sourcesPart(args, flux),
    appsPart(args, flux),
    rootPart(args, flux),
  ];
}

async function installParts({ labels }: PlatformArgs, { install }: FluxConfig): Promise<Part[]> {
  if (install === undefined) return [];
  const args = { labels, manifests: await loadManifest(install) };
  return [
    {
      name: "flux-install",
      dependsOn: [],
      objects: fluxInstallObjects(args),
      create: (options) => new FluxInstall("flux-install", args, options),
    },
  ];
}

function sourcesPart({ labels }: PlatformArgs, { sources, install }: FluxConfig): Part {
  const args = { labels, sources };
  const objects = fluxSourcesObjects(args);
  return {
    name: "flux-sources",
    dependsOn: ["namespaces", "flux-install"],
    objects,
    ...(install === undefined && { check: (cluster) => checkFluxKinds(objects, cluster) }),
    create: (options) => new FluxSources("flux-sources", args, options),
  };
}

function appsPart({ labels, config }: PlatformArgs, { root, source, apps }: FluxConfig): Part {
  const args = { ...apps, labels, root: { ...root, source }, sopsAgeKey: config.secrets.sopsAgeKey };
  return {
    name: "flux-apps",
    dependsOn: ["namespaces", "flux-install"],
    namespaces: fluxAppsNamespaces(args),
    objects: fluxAppsObjects(args),
    check: (cluster) => checkFluxApps(args, cluster),
    create: (options) => new FluxApps("flux-apps", args, options),
  };
}

function rootPart({ labels }: PlatformArgs, { root, source, apps, install }: FluxConfig): Part {
  const args: FluxRootArgs = { ...root, source, apps, labels, installsFlux: install !== undefined };
  return {
    name: "flux-root",
    dependsOn: ["namespaces", "flux-install", "flux-sources", "flux-apps"],
    objects: fluxRootObjects(args),
    check: async (cluster) => [
      ...(await checkFluxRoot(args, cluster)),
      ...(root.mode === "observe" ? await differences(args, cluster) : []),
    ],
    create: (options) => new FluxRoot("flux-root", args, options),
  };
}

/** Reports what managing the root would change. */
async function differences(args: FluxRootArgs, cluster: ClusterReader): Promise<Finding[]> {
  const all = await describeDifference(desiredFluxRoot(args), cluster);
  return all.map(({ object, state, diff }) => ({
    severity: "info",
    message:
      state === "none"
        ? `${object} is observed and matches what this stack would declare.`
        : `${object} is observed and left alone. Managing it would change:\n${diff}`,
  }));
}
