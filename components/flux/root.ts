import * as pulumi from "@pulumi/pulumi";
import type { KubeObject } from "../../kube/objects.ts";
import { declareRetained, labelled, type CommonArgs } from "../shared/declare.ts";
import { childPlacement, settingsOf, type FluxPlacementArgs, type RootSettings } from "./placement.ts";
import { omitUndefined } from "../../lib/omit.ts";
import { childPatches, decryption, type ChildPatchArgs } from "./patches.ts";
import type { OciReference, OciVerification, SecretReference } from "./sources.ts";

/** Arguments of {@link FluxRoot}. */
export interface FluxRootArgs extends CommonArgs, RootSettings {
  /** `observe`: compare, and declare nothing. `manage`: own the root and its source. */
  readonly mode: "observe" | "manage";
  readonly source: RepositorySource;
  readonly name: string;
  /** Directory in the repository that contains the child Kustomizations. */
  readonly path: string;
  readonly interval: string;
  readonly retryInterval?: string | undefined;
  readonly timeout?: string | undefined;
  readonly prune: boolean;
  readonly wait: boolean;
  /** Secret with the age keys for the root and every child; null if kustomize-controller has the keys (docs/decisions/optional-decryption-patch.md). */
  readonly decryptionSecret: string | null;
  /** Sources of the variables for the root and every child. */
  readonly substituteFrom: ChildPatchArgs["substituteFrom"];
  readonly optOutLabel: string;
  readonly children: ChildPatchArgs["children"];
  readonly helmReleases?: ChildPatchArgs["helmReleases"];
  /** Placement of the children, on which some of the root's patches depend. */
  readonly apps: FluxPlacementArgs;
  /** Whether this stack installs Flux. */
  readonly installsFlux: boolean;
}

/** The GitOps repository. */
export interface RepositorySource {
  readonly kind: "GitRepository" | "OCIRepository";
  readonly name: string;
  readonly namespace: string;
  readonly url: string;
  readonly ref: GitReference | OciReference;
  readonly interval: string;
  /** Files to ignore, in .gitignore format. */
  readonly ignore?: string | undefined;
  readonly secretRef?: SecretReference | undefined;
  readonly verify?: OciVerification | GitVerification | undefined;
  /** Whether to use plain HTTP; OCIRepository only. */
  readonly insecure: boolean;
}

/** What to check out. With a commit, the branch only makes the clone smaller. */
export type GitReference =
  | { readonly branch: string; readonly commit?: string | undefined }
  | { readonly tag: string }
  | { readonly semver: string }
  | { readonly commit: string };

/** How to verify the signature on a commit or tag. */
export interface GitVerification {
  readonly mode: "HEAD" | "Tag" | "TagAndHEAD";
  readonly secretRef: SecretReference;
}

/**
 * The repository's source and the root Kustomization. Both outlive the stack, and the root has `deletionPolicy: Orphan`, so its children and everything that
 * they applied stay, even if the root is renamed, replaced, destroyed or deleted by hand. After a rename, the old root keeps running next to the new one;
 * `checkFluxRoot` reports it.
 */
export class FluxRoot extends pulumi.ComponentResource {
  constructor(name: string, args: FluxRootArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:FluxRoot", name, {}, options);
    const declared: pulumi.Resource[] = [];
    for (const object of fluxRootObjects(args))
      declared.push(declareRetained(object, { parent: this, dependsOn: [...declared] }));
    this.registerOutputs();
  }
}

/** The source and the root; empty in observe mode. */
export function fluxRootObjects(args: FluxRootArgs): KubeObject[] {
  return args.mode === "observe" ? [] : desiredFluxRoot(args);
}

/** The source and the root as manage mode would declare them. */
export function desiredFluxRoot(args: FluxRootArgs): KubeObject[] {
  return [sourceObject(args.source), rootObject(args)].map((object) => labelled(args.labels, object));
}

function sourceObject({ kind, name, namespace, insecure, ...source }: RepositorySource): KubeObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind,
    metadata: { name, namespace },
    spec: omitUndefined({
      interval: source.interval,
      url: source.url,
      ref: omitUndefined(source.ref),
      ignore: source.ignore,
      secretRef: source.secretRef,
      verify: source.verify && omitUndefined(source.verify),
      insecure: insecure ? true : undefined,
    }),
  };
}

function rootObject(args: FluxRootArgs): KubeObject {
  const { kind, name, namespace } = args.source;
  const settings = settingsOf(args, args.apps);
  const { optOutLabel, decryptionSecret, substituteFrom, children, helmReleases } = args;
  const patches = childPatches({
    optOutLabel,
    decryptionSecret,
    substituteFrom,
    children,
    helmReleases,
    ...childPlacement(args.apps, args.source.namespace),
  });
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: args.name, namespace: args.namespace },
    spec: omitUndefined({
      interval: args.interval,
      retryInterval: args.retryInterval,
      timeout: args.timeout,
      path: args.path,
      prune: args.prune,
      wait: args.wait,
      deletionPolicy: "Orphan",
      sourceRef: { kind, name, namespace },
      // The root waits for the settings, because children fail without them.
      dependsOn: settings.length === 0 ? undefined : settings.map((setting) => ({ name: setting.name })),
      decryption: decryptionSecret === null ? undefined : decryption(decryptionSecret),
      postBuild:
        substituteFrom.length === 0
          ? undefined
          : { substituteFrom: substituteFrom.map((reference) => omitUndefined(reference)) },
      patches: patches.length === 0 ? undefined : patches,
    }),
  };
}
