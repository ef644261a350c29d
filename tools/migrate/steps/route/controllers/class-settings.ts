import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import type { Loss } from "../../../losses.ts";
import { OPTIONS_FILE } from "../../../options-file.ts";
import type { StepContext } from "../../../step.ts";
import type { RouteOptions } from "../options.ts";
import type { Reading } from "../reading/served.ts";

/** What the controller of a class does for all its Ingresses, and a Gateway does not. */
export interface ControllerWide {
  /** Why an Ingress of the class must stay: protections. */
  readonly refusals: readonly string[];
  readonly losses: readonly Loss[];
  /** Defaults of the controller, in one sentence; undefined if there are none. */
  readonly defaults: string | undefined;
}

/** An Ingress in a cluster, and what is known about its class. */
export interface OfClass {
  readonly reading: Reading;
  readonly cluster: BuiltCluster | undefined;
  readonly gateway: RouteOptions["gateways"][string];
  /** ` of HelmRelease namespace/name`; empty if no release runs the controller. */
  readonly place: string;
  readonly context: StepContext;
}

/** Nothing that the Gateway does not do as well. */
export const NOTHING: ControllerWide = { refusals: [], losses: [], defaults: undefined };

/** Why an Ingress stays because of settings of its controller, and how to say that its Gateway has them, too. */
export function askFor(
  names: readonly string[],
  { reading: { ingressClass = "" }, gateway, place }: Pick<OfClass, "reading" | "gateway" | "place">,
  may = "",
): string {
  const [noun, verb, them] =
    names.length === 1 ? ["setting", may || "protects", "it"] : ["settings", may || "protect", "them"];
  return `the ${noun} ${names.join(", ")}${place} ${verb} every Ingress of the class: if Gateway ${gateway.namespace}/${gateway.name} does the same, list ${them} in route.gateways.${ingressClass}.provides in ${OPTIONS_FILE}`;
}
