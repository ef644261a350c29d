import { kustomizeBuild } from "../kustomize/kustomize.ts";
import type { Resource } from "../kustomize/resource.ts";
import { attempt, type BuildError } from "../problem.ts";
import type { Mapping } from "../yaml/values.ts";
import type { Delivered } from "./delivered.ts";
import { fileWithSpec } from "./flux-kustomization.ts";

/** An object that Kustomize has built, without what only its build needs. */
export type BuiltResource = Pick<Resource, "object" | "origin">;

/** What Kustomize builds for a Flux Kustomization. */
export interface Built {
  readonly resources: readonly BuiltResource[];
  readonly errors: readonly BuildError[];
}

/** Builds a Flux Kustomization, without its substitution. */
export function buildKustomization(kustomization: Mapping, delivered: Delivered, partial: boolean): Built {
  const errors: BuildError[] = [];
  const onError = (error: BuildError): void => {
    errors.push(error);
  };
  const build = (): readonly Resource[] =>
    kustomizeBuild(fileWithSpec(kustomization, delivered), delivered, { onError, partial });
  const resources = attempt(build, onError) ?? [];
  return { resources: resources.map(({ object, origin }) => ({ object, origin })), errors };
}
