import type { KubeObject } from "../../../../../kube/objects.ts";
import { isAppTemplate, enabled, podOptions } from "../../../../../policy/objects/app-template.ts";
import { renderedService } from "../../../../../policy/objects/app-template-network.ts";
import { chartOf, releaseOf, valuesOf } from "../../../../../policy/objects/helm.ts";
import {
  DAEMON_SET,
  DEPLOYMENT,
  GATEWAY_CLASS,
  HELM_RELEASE,
  SERVICE,
  STATEFUL_SET,
} from "../../../../../policy/objects/kinds.ts";
import { traefiksOf } from "../../../../../policy/objects/traefiks.ts";
import type { ObjectIndex } from "../../../../../policy/engine/object-index.ts";
import { at, fields, text, type Fields } from "../../../../../policy/engine/read.ts";
import type { Knowledge } from "../../../../../policy/knowledge/knowledge.ts";
import { chartServiceAccount, chartServices } from "../controllers/chart-names.ts";
import type { Backend } from "../reading/served.ts";
import { UNKNOWN_PODS, type Pods } from "./selectors.ts";

/** Labels that charts and controllers add. */
const FROM_CHART =
  /^(?:app\.kubernetes\.io|helm\.sh|gateway\.[a-z.]+)\/|^(?:app|chart|release|heritage|pod-template-hash)$/;
const NONE = /^$/;

const strings = (labels: unknown): readonly (readonly [string, string])[] =>
  Object.entries(fields(labels)).map(([key, value]) => [key, String(value)] as const);

/** The pods behind a backend of an Ingress; `source` is the HelmRelease that renders the Ingress, if any. */
export function podsBehind(
  { identifier, name }: Backend,
  namespace: string,
  source: KubeObject | undefined,
  index: ObjectIndex,
): Pods {
  if (source && identifier !== undefined) return appPods(source, identifier, index);
  const service = index.get(SERVICE, namespace, name ?? "");
  if (service) return selectedPods(service, namespace, index);
  const rendering = renderedService(namespace, name ?? "", index);
  return rendering
    ? appPods(rendering.release, rendering.service.identifier, index)
    : { ...UNKNOWN_PODS, namespace };
}

/** The pods of the controller that an app-template Service selects. */
function appPods(release: KubeObject, identifier: string, index: ObjectIndex): Pods {
  const { name, namespace } = releaseOf(release);
  const { values, complete } = valuesOf(release, index);
  if (!isAppTemplate(release, index)) return { ...UNKNOWN_PODS, namespace };
  const named = [
    ["app.kubernetes.io/name", text(at(values, ["global", "nameOverride"])) ?? name],
    ["app.kubernetes.io/instance", name],
    ...strings(at(values, ["global", "labels"])),
  ] as const;
  // Before version 2 of the chart, a release had one controller.
  if (values.controllers === undefined)
    return { namespace, labels: new Map([...named, ...strings(values.podLabels)]), mayHave: /^/ };
  const controllers = enabled(values.controllers);
  const wanted = text(at(values, ["service", identifier, "controller"]));
  const only = controllers.length === 1 ? controllers[0] : undefined;
  const [key, controller] = controllers.find(([one]) => one === wanted) ?? only ?? [];
  if (key === undefined || controller === undefined) return { ...UNKNOWN_PODS, namespace };
  const labels = new Map([
    ...named,
    ["app.kubernetes.io/component", key],
    ["app.kubernetes.io/controller", key],
    ...strings(podOptions(values, controller).labels),
  ]);
  return { namespace, labels, mayHave: complete ? NONE : /^/ };
}

/** The pods that a Service selects, with the labels of the workload if it is in the repository. */
function selectedPods(service: KubeObject, namespace: string, index: ObjectIndex): Pods {
  const selector = strings(at(service, ["spec", "selector"]));
  if (selector.length === 0) return { ...UNKNOWN_PODS, namespace };
  const labelsOf = (workload: KubeObject): Fields =>
    fields(at(workload, ["spec", "template", "metadata", "labels"]));
  const workload = [DEPLOYMENT, STATEFUL_SET, DAEMON_SET]
    .flatMap((kind) => index.ofKind(kind))
    .filter(({ metadata }) => metadata.namespace === namespace)
    .find((one) => selector.every(([key, value]) => labelsOf(one)[key] === value));
  return workload
    ? { namespace, labels: new Map(strings(labelsOf(workload))), mayHave: NONE }
    : { namespace, labels: new Map(selector), mayHave: /^/ };
}

/** The pods of a controller's chart, or of a workload. */
export function controllerPods(source: KubeObject, index: ObjectIndex): Pods {
  if (source.kind !== HELM_RELEASE.kind) {
    const labels = strings(at(source, ["spec", "template", "metadata", "labels"]));
    const account = text(at(source, ["spec", "template", "spec", "serviceAccountName"])) ?? "default";
    const namespace = source.metadata.namespace ?? "default";
    return { namespace, labels: new Map(labels), mayHave: NONE, account };
  }
  const { name, namespace } = releaseOf(source);
  const chart = chartOf(source, index).name ?? "";
  const { values } = valuesOf(source, index);
  const isTraefik = chart === "traefik";
  const own = [
    ["app.kubernetes.io/name", chart],
    ["app.kubernetes.io/instance", isTraefik ? `${name}-${namespace}` : name],
    ...(isTraefik ? [] : [["app.kubernetes.io/component", "controller"] as const]),
    ...strings(at(values, isTraefik ? ["deployment", "podLabels"] : ["controller", "podLabels"])),
  ] as const;
  return {
    namespace,
    labels: new Map(own),
    mayHave: FROM_CHART,
    account: chartServiceAccount(source, index),
    services: chartServices(source, index).map((service) => service.name),
  };
}

/** The pods behind a Gateway, by the controller of its class; several if more than one may serve it. */
export function gatewayPods(
  gateway: KubeObject | undefined,
  known: { readonly objects: ObjectIndex; readonly knowledge: Knowledge },
): readonly Pods[] {
  if (gateway === undefined) return [UNKNOWN_PODS];
  const { objects } = known;
  const className = text(fields(gateway.spec).gatewayClassName) ?? "";
  const found = objects.get(GATEWAY_CLASS, undefined, className);
  const controller = text(at(found, ["spec", "controllerName"])) ?? className;
  if (controller.includes("cilium"))
    return [{ namespace: undefined, labels: new Map(), mayHave: NONE, entity: "ingress" }];
  if (controller.includes("envoy")) return [envoyPods(gateway, objects)];
  if (controller.startsWith("istio.io/")) return [istioPods(gateway, className)];
  const traefiks = controller.includes("traefik") ? traefiksOf(gateway, known) : [];
  return traefiks.length === 0
    ? [UNKNOWN_PODS]
    : traefiks.map(({ source }) => controllerPods(source, objects));
}

/** Source: github.com/envoyproxy/gateway, internal/infrastructure/kubernetes/proxy/resource.go */
function envoyPods({ metadata: { name, namespace = "" } }: KubeObject, index: ObjectIndex): Pods {
  const release = index.ofKind(HELM_RELEASE).find((one) => chartOf(one, index).name === "gateway-helm");
  const labels = [
    ["app.kubernetes.io/name", "envoy"],
    ["app.kubernetes.io/component", "proxy"],
    ["app.kubernetes.io/managed-by", "envoy-gateway"],
    ["gateway.envoyproxy.io/owning-gateway-name", name],
    ["gateway.envoyproxy.io/owning-gateway-namespace", namespace],
    ["gateway.networking.k8s.io/gateway-name", name],
  ] as const;
  return { namespace: release && releaseOf(release).namespace, labels: new Map(labels), mayHave: FROM_CHART };
}

/** Source: https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/#automated-deployment */
function istioPods({ metadata: { name, namespace } }: KubeObject, className: string): Pods {
  const labels = new Map([["gateway.networking.k8s.io/gateway-name", name]]);
  const own = `${name}-${className}`;
  return { namespace, labels, mayHave: /^/, account: own, services: [own], isProxy: true };
}
