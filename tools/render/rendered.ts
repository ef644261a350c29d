import type { BuiltObject } from "../gitops/flux/built.ts";
import type { Mapping } from "../gitops/yaml/values.ts";

/** What the HelmReleases of one cluster install. */
export interface Rendered {
  /**
   * By HelmRelease: the objects that helm-controller applies for it, after its post-renderers. Every field has the release as its origin.
   */
  readonly releases: ReadonlyMap<BuiltObject, readonly Mapping[]>;
  readonly notRendered: readonly NotRendered[];
}

/** A HelmRelease that could not be rendered. */
export interface NotRendered {
  readonly release: BuiltObject;
  /** The reason, as a clause without a final period, such as `its values come from Secret media/plex, which is encrypted`. */
  readonly reason: string;
}

/** Why a HelmRelease cannot be rendered. */
export class NotRenderable extends Error {}
