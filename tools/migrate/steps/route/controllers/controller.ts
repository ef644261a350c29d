/**
 * What becomes of an Ingress controller's setting. `translated`: another field of the route or its Gateway has the same effect; `kept`:
 * stays on the route; `redirect`: redirects plain HTTP to HTTPS, which the Gateway has to do; `no-effect`: changes nothing on a route, for
 * the given reason; `lost`: has no equivalent, which the owner may accept; `refused`: has no equivalent, and dropping it would not be safe.
 */
export type Fate =
  | { readonly fate: "translated" | "kept" | "redirect" }
  | { readonly fate: "no-effect"; readonly reason: string }
  | { readonly fate: "lost"; readonly reason: string }
  | { readonly fate: "refused"; readonly reason: string };

/** An Ingress controller whose settings the step knows. */
export interface Controller {
  readonly name: string;
  /** `spec.controller` of its IngressClasses. */
  readonly classController: string;
  /** Prefix of its annotations, in lower case. */
  readonly prefix: string;
  /**
   * What becomes of an annotation, given its name in lower case without the prefix. An annotation that the table does not know is refused:
   * it may be a protection.
   */
  readonly fateOf: (name: string, value: string) => Fate;
  /** Whether it compares paths of this type character by character, so that `/api` matches `/apix`. */
  readonly matchesCharacters: (pathType: string) => boolean;
}

export const TRANSLATED: Fate = { fate: "translated" };

export const refused = (reason: string): Fate => ({ fate: "refused", reason });
export const lost = (reason: string): Fate => ({ fate: "lost", reason });
export const noEffect = (reason: string): Fate => ({ fate: "no-effect", reason });

/** What becomes of an annotation that a controller's table does not contain. */
export const unknownTo = (controller: string): Fate =>
  refused(`${controller} may enforce something with it, and this step does not know what`);
