import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, mappingsIn, type Mapping } from "../../../../gitops/yaml/values.ts";
import { describeObject } from "../../../../../kube/objects.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { fieldAt, nameOf } from "../../../objects.ts";
import { listed, type RenderedChange, type RenderedSide } from "../../../rendered-change.ts";
import type { Step, StepContext } from "../../../step.ts";
import { isHttpRoute, isIngress, readAny } from "../reading/kinds.ts";
import { servicesOf } from "../backends/services.ts";
import { httpAnswers, objectAnswers } from "./violations.ts";

/** The Ingresses and routes that a chart installs serve the same hosts and paths, with the same Services and ports, and nothing else changes. */
export const whyRenderedForbidden: NonNullable<Step["whyRenderedForbidden"]> = (change, context) => {
  const others = change.differences.filter(({ before, after }) => ![before, after].every(isTraffic));
  if (others.length > 0) return `its chart would install different objects: ${listed(others)}`;
  const [was, is] = [served(change.before, context), served(change.after, context)];
  if (typeof was === "string") return was;
  if (typeof is === "string") return is;
  if (was.symmetricDifference(is).size > 0)
    return "the routes that its chart installs do not serve what its Ingresses did";
  return missingBackend(change);
};

function isTraffic(built: RenderedSide["objects"][number] | undefined): boolean {
  return built === undefined || isIngress(built.object) || isHttpRoute(built.object);
}

/** What the Ingresses and routes of a release serve; a reason if one of them cannot be read. */
function served({ objects, cluster }: RenderedSide, context: StepContext): ReadonlySet<string> | string {
  let all: ReadonlySet<string> = new Set();
  for (const { object } of objects) {
    const { namespace } = nameOf(object);
    if (isHttpRoute(object)) all = all.union(httpAnswers(object, namespace));
    if (!isIngress(object)) continue;
    const reading = readAny(object, namespace, servicesOf(cluster));
    const [refusal] = reading.refusals;
    if (refusal !== undefined)
      return `${describeObject(asKubeObject(object))}, which its chart installs: ${refusal}`;
    all = all.union(objectAnswers(reading, namespace, cluster, context));
  }
  return all;
}

/** The first backend of the release's routes that no Service on the cluster provides. */
function missingBackend({ after: { objects, cluster } }: RenderedChange): string | undefined {
  const services = servicesOf(cluster);
  for (const { object } of objects.filter((built) => isHttpRoute(built.object)))
    for (const rule of mappingsIn(fieldAt(object, ["spec", "rules"])))
      for (const { kind, name, namespace, port } of mappingsIn(rule.backendRefs)) {
        if (kind !== undefined && kind !== "Service") continue;
        const home = scalarText(namespace) || nameOf(object).namespace;
        const service = services(home, scalarText(name));
        if (!hasPort(service, port))
          return `its chart would install a route to port ${scalarText(port)} of Service ${home}/${scalarText(name)}, which does not exist`;
      }
  return undefined;
}

function hasPort(service: Mapping | undefined, port: unknown): boolean {
  const ports = fieldAt(service, ["spec", "ports"]);
  return Array.isArray(ports) && ports.some((one) => isMapping(one) && one.port === port);
}
