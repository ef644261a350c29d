import { isIP } from "node:net";
import { commaList } from "../../../../../lib/comma-list.ts";
import { at, fields } from "../../../../../policy/engine/read.ts";
import { SERVICE } from "../../../../../policy/objects/kinds.ts";
import { indexOf } from "../../../clusters.ts";
import type { StepContext } from "../../../step.ts";
import { classesOf, controllerValues } from "../controllers/classes.ts";
import { controllerServices } from "../controllers/services.ts";
import { servesBoth } from "../gateway/doors.ts";
import type { MovingForm } from "../gateway/parents.ts";
import { dnsAnnotation } from "../reading/annotations.ts";
import type { ReadRoute } from "./writer.ts";

/** Whose controller and whose Gateway a DNS target may name. */
type Between = Pick<MovingForm, "reading" | "cluster"> & { readonly route: ReadRoute };

/** The names that external-dns writes for the address of the class's controller, from the annotations of its Services. */
export function controllerNames({
  reading,
  cluster,
}: Pick<Between, "cluster"> & {
  readonly reading: Pick<Between["reading"], "ingressClass">;
}): readonly string[] {
  const { ingressClass } = reading;
  const values = controllerValues(ingressClass, cluster);
  const services = cluster && ingressClass !== undefined ? controllerServices(ingressClass, cluster) : [];
  const annotated = [
    fields(at(values, ["controller", "service", "annotations"])),
    fields(at(values, ["service", "annotations"])),
    ...services.map(({ namespace, name }) =>
      cluster ? fields(indexOf(cluster).get(SERVICE, namespace, name)?.metadata.annotations) : {},
    ),
  ];
  return [...new Set(annotated.flatMap((one) => commaList(dnsAnnotation("hostname", one) ?? "")))];
}

/** The class whose controller has a name, its own class first; undefined if none has it, or if the same Traefik is behind the Gateway. */
function classNamed(
  target: string,
  { reading, cluster, route }: Between,
  context: Pick<StepContext, "repository">,
): string | undefined {
  const classes = new Set([reading.ingressClass ?? "", ...(cluster ? classesOf(cluster).keys() : [])]);
  return [...classes].find(
    (ingressClass) =>
      controllerNames({ reading: { ...reading, ingressClass }, cluster }).includes(target) &&
      !servesBoth(ingressClass, cluster, route.gateway, context),
  );
}

type Context = Pick<StepContext, "repository" | "options">;

/** What it means that a program gives all its records the same targets. */
export const fixedLine = (target: string, writer: string): string =>
  `DNS: points to ${target}, as every record of ${writer} (--force-default-targets)`;

/** What the target of the Gateway, which its routes get, means for a host. */
export function ownTargetLine(own: string, move: Between, context: Context): string {
  const named = classNamed(own, move, context);
  const line = `DNS: points to ${own}, the target of the Gateway`;
  return named === undefined ? line : `${line}, which is ${ofController(named, context)}`;
}

/** What to do about the DNS target of an Ingress, if its Gateway does not have the same. */
export function targetLine(target: string, move: Between, own: string | undefined, context: Context): string {
  const place = own === undefined ? "" : `, instead of its target ${own}`;
  const named = classNamed(target, move, context);
  return named === undefined
    ? `DNS: move the target ${target} to an annotation on the Gateway${place}`
    : `DNS: the target ${target} is ${ofController(named, context)}${place}`;
}

/** What it means that a target is the name of a controller. The name itself stays: other hosts may lead to it. */
function ofController(ingressClass: string, { options }: Context): string {
  const what = `the name of the controller of class ${ingressClass}`;
  return options.route.keepIngress
    ? `${what}: as the Gateway's target, it keeps the record as it is while the Ingress stays; before the Ingress goes, give the Gateway another target`
    : `${what}, which no longer serves the host: give the Gateway another target`;
}

/**
 * What becomes of a host's record while both its Ingress and its route exist. Source: PerResource.ResolveRecordTypes in plan/conflict.go of
 * github.com/kubernetes-sigs/external-dns
 * @param isRouteRead whether a release in the repository that writes the record reads routes
 */
export function keptRecord(
  target: string | undefined,
  own: string | undefined,
  isRouteRead: boolean,
): string {
  if (target === undefined || isIP(target) > 0 || (own !== undefined && isIP(own) === 0))
    return "its record follows the Ingress as long as the Ingress exists";
  const when = isRouteRead ? "with this commit" : "as soon as external-dns reads the route";
  return `its record changes ${when}, although the Ingress stays: of the Ingress's CNAME ${target} and the Gateway's address, external-dns takes the address; to keep it, give the Gateway a name as its target first`;
}
