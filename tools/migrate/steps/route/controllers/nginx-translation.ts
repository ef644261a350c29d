import type { Mapping } from "../../../../gitops/yaml/values.ts";
import type { Loss } from "../../../losses.ts";
import type { WrittenPath } from "./nginx-rewrites.ts";

/** A Middleware that a route needs next to it; its name is that of the Ingress and a suffix. */
export interface NewMiddleware {
  readonly suffix: string;
  readonly spec: Mapping;
}

/** How Traefik reaches the app where a route's own backend cannot say it: a TraefikService. */
export interface NewBackend {
  /** The name of the TraefikService is that of the Ingress and the suffixes of all its backends. */
  readonly suffix: string;
  /** Fields of the Service in the TraefikService. */
  readonly fields: Mapping;
  /** The spec of a ServersTransport that it needs. */
  readonly transport?: Mapping;
}

/** What annotations become on a route. */
export interface Translation {
  /** The names of the translated annotations, without the prefix. */
  readonly names: readonly string[];
  readonly middleware?: NewMiddleware;
  readonly backend?: NewBackend;
  /** A filter of the route. */
  readonly filter?: Mapping;
  /** Why ingress-nginx ignores the annotations, if they become nothing. */
  readonly withoutEffect?: string;
  /** How the translation differs from ingress-nginx. */
  readonly losses?: readonly Loss[];
}

/** An annotation's value by its name without the prefix; undefined if the Ingress does not have it. */
export type Annotations = (name: string) => string | undefined;

/** Translates annotations of an Ingress with these paths; undefined if it has none of them, or if no equivalent is as safe. */
export type Translate = (of: Annotations, paths: readonly WrittenPath[]) => Translation | undefined;

/** A difference that the owner may accept. */
export const setting = (message: string): readonly Loss[] => [{ kind: "setting", message }];
