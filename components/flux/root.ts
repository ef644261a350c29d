import * as pulumi from "@pulumi/pulumi";
import type { KubeObject } from "../../kube/objects.ts";
import { declareRetained, labelled, type CommonArgs } from "../shared/declare.ts";
import { childPlacement, settingsOf, type FluxPlacementArgs, type RootSettings } from "./placement.ts";
import { omitUndefined } from "../../lib/omit.ts";
import { childPatches, decryption, type ChildPatchArgs } from "./patches.ts";
import type { OciReference, OciVerification, SecretReference } from "./sources.ts";

/** Arguments of {@link FluxRoot}. */
export interface FluxRootArgs extends CommonArgs, RootSettings {
  /** observe: declare nothing, only compare; manage: own the root and its source. */
  readonly mode: "observe" | "manage";
  readonly source: RepositorySource;
  readonly name: string;
  /** Directory of the repository that holds the child Kustomizations. */
  readonly path: string;
  readonly interval: string;
  readonly retryInterval?: string | undefined;
  readonly timeout?: string | undefined;
  readonly prune: boolean;
  readonly wait: boolean;
  /** Secret with the age keys, of the root and of every child; null where the controller itself holds the key (docs/decisions/optional-decryption-patch.md). */
  readonly decryptionSecret: string | null;
  /** Of the root and of every child. */
  readonly substituteFrom: ChildPatchArgs["substituteFrom"];
  readonly optOutLabel: string;
  readonly children: ChildPatchArgs["children"];
  readonly helmReleases?: ChildPatchArgs["helmReleases"];
  /** Where the children go; decides a part of the patches. */
  readonly apps: FluxPlacementArgs;
  /** Whether this stack brings Flux itself. */
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
  /** .gitignore-style filter of what is taken from the repository. */
  readonly ignore?: string | undefined;
  readonly secretRef?: SecretReference | undefined;
  readonly verify?: OciVerification | GitVerification | undefined;
  /** Plain HTTP; of an OCIRepository. */
  readonly insecure: boolean;
}

/** What is checked out; with a commit, the branch only makes the clone smaller. */
export type GitReference =
  | { readonly branch: string; readonly commit?: string | undefined }
  | { readonly tag: string }
  | { readonly semver: string }
  | { readonly commit: string };

/** By whose signature a commit or tag is accepted. */
export interface GitVerification {
  readonly mode: "HEAD" | "Tag" | "TagAndHEAD";
  readonly secretRef: SecretReference;
}

/**
 * The repository's source and the root Kustomization. Both outlive the stack, and the root carries `deletionPolicy: Orphan`: whatever becomes of the root
 * (renamed, replaced, destroyed, deleted by hand), what its children applied stays. A root that was renamed leaves the former one running beside the new
 * one; `checkFluxRoot` names it.
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

/** Source and root; none in mode observe. */
export function fluxRootObjects(args: FluxRootArgs): KubeObject[] {
  return args.mode === "observe" ? [] : desiredFluxRoot(args);
}

/** Source and root as they would be declared, whatever the mode. */
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
  const patches = childPatches({ ...args, ...childPlacement(args.apps, args.source.namespace) });
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
      // Children fail until their settings are there.
      dependsOn: settings.length === 0 ? undefined : settings.map((setting) => ({ name: setting.name })),
      decryption: args.decryptionSecret === null ? undefined : decryption(args.decryptionSecret),
      postBuild:
        args.substituteFrom.length === 0
          ? undefined
          : { substituteFrom: args.substituteFrom.map((reference) => omitUndefined(reference)) },
      patches: patches.length === 0 ? undefined : patches,
    }),
  };
}
