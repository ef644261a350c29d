import { endpointFiles, isMonitored, LABELLED_CONFIG_MAP } from "../../kube/gatus-endpoints.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { allContainersOf } from "../objects/containers.ts";
import { allEndpoints, describeEndpoint, type Endpoint, type Endpoints } from "../objects/endpoints.ts";
import { endpointFaults, holdOnTimeOut } from "../objects/gatus-fragment.ts";
import { CONFIG_MAP, DEPLOYMENT, HELM_RELEASE, HTTP_ROUTE, STATEFUL_SET } from "../objects/kinds.ts";
import { loginMiddlewares } from "../objects/login-middlewares.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { fields, list, text } from "../engine/read.ts";
import { defineRule, type Problem, type RuleContext } from "../engine/rule.ts";
import { routesOf } from "../objects/routes.ts";

/** See `docs/reference/policies.md`. */
export const gatusEndpoints = defineRule({
  id: "gatus-endpoints",
  description:
    "All endpoints together are a configuration that Gatus takes, and each of them turns red when its app is down: no two of one name and group, at least one, no condition that a time-out fulfils, no app behind a login that is expected to answer 200.",
  remediation:
    'Set group or name in the annotation gatus.home-operations.com/endpoint (or the endpoint file); compare the status with a number ("[STATUS] == 200"), never by "<".',
  severity: "high",
  enforcement: "mandatory",
  kinds: [HTTP_ROUTE, HELM_RELEASE, CONFIG_MAP, DEPLOYMENT, STATEFUL_SET],
  wholeStack: true,
  *check(object, context) {
    const { objects } = context;
    const all = allEndpoints(objects);
    for (const endpoint of all.bySource.get(object) ?? []) {
      yield* sameKey(endpoint, all);
      yield* timeOut(endpoint);
      yield* login(endpoint, context);
    }
    yield* furtherHostnames(object, objects);
    if (object.kind === "ConfigMap") yield* fileProblems(object);
    else yield* noEndpoint(object, objects, all);
  },
});

function* sameKey(endpoint: Endpoint, { byKey }: Endpoints): Generator<Problem> {
  if (endpoint.key === undefined) return;
  const twins = (byKey.get(endpoint.key) ?? []).filter((other) => other !== endpoint);
  if (twins.length > 0)
    yield {
      path: endpoint.path,
      message: `Gatus refuses its whole configuration: ${twins.map(describeEndpoint).join(", ")} would be the endpoint ${endpoint.key}, too.`,
    };
}

function* timeOut({ path, conditionsPath, conditions, dns }: Endpoint): Generator<Problem> {
  if (!holdOnTimeOut(conditions)) return;
  const place = conditionsPath ?? path;
  if (dns)
    yield {
      path: place,
      message: `A DNS query that nobody answers fulfils ${conditions.join(" and ")}: the endpoint is no proof that the app works.`,
      advice: true,
    };
  else
    yield {
      path: place,
      message: `A request that times out fulfils ${conditions.join(" and ")} (its status is 0): a dead app is shown as up.`,
    };
}

/** An app behind a login answers 302 or 401. */
function* login(endpoint: Endpoint, { objects, knowledge }: RuleContext): Generator<Problem> {
  const { route, asks, dns, conditions } = endpoint;
  if (route === undefined || asks === undefined || dns || !conditions.includes("[STATUS] == 200")) return;
  for (const name of loginMiddlewares(route, asks, objects, knowledge))
    yield {
      path: endpoint.conditionsPath ?? endpoint.path,
      message: `The middleware ${name} asks for a login, so that the app answers 302 or 401 and never fulfils [STATUS] == 200.`,
      remediation:
        'Set conditions in the endpoint annotation, such as "[STATUS] == any(200, 302, 401)", or a path that is served without a login.',
    };
}

function* furtherHostnames(object: KubeObject, objects: ObjectIndex): Generator<Problem> {
  for (const { route, path } of routesOf(object, objects)) {
    const [first, ...others] = list(fields(route.spec).hostnames);
    if (others.length > 0 && isMonitored(route))
      yield {
        path: path(["spec", "hostnames", 1]),
        message: `gatus-sidecar watches the first hostname alone (${String(first)}), not ${others.map(String).join(", ")}.`,
        advice: true,
      };
  }
}

function* fileProblems(configMap: KubeObject): Generator<Problem> {
  if (configMap.metadata.labels?.[LABELLED_CONFIG_MAP] === undefined) return;
  for (const { file, endpoints } of endpointFiles(configMap)) {
    const path = ["data", file];
    if (endpoints === undefined)
      yield { path, message: `${file} is no YAML map: Gatus refuses its whole configuration.` };
    for (const endpoint of endpoints ?? []) {
      const name = text(endpoint.name) ?? "without a name";
      for (const field of ["name", "url", "conditions"])
        if (endpoint[field] === undefined)
          yield {
            path,
            message: `The endpoint ${name} has no ${field}: Gatus refuses its whole configuration.`,
          };
      for (const fault of endpointFaults(endpoint)) yield { path, message: `Endpoint ${name}: ${fault}` };
    }
  }
}

/** Gatus itself, in a place where nothing gives it an endpoint. */
function* noEndpoint(object: KubeObject, objects: ObjectIndex, all: Endpoints): Generator<Problem> {
  if (object.kind === "HTTPRoute" || all.bySource.size > 0) return;
  const gatus = allContainersOf(object, objects).find(({ spec }) =>
    /(^|\/)twin\/gatus(:|@|$)/.test(text(spec.image) ?? ""),
  );
  if (gatus === undefined || hasConfiguredEndpoint(objects)) return;
  yield {
    path: gatus.path,
    message: "Nothing gives Gatus an endpoint, and without one it refuses to start.",
    remediation: "Add one to its configuration file that depends on nothing, such as its own /health.",
  };
}

/** Any file of a ConfigMap with a list of endpoints: which one Gatus mounts does not matter where there is none. */
function hasConfiguredEndpoint(objects: ObjectIndex): boolean {
  return objects
    .ofKind(CONFIG_MAP)
    .some((configMap) => endpointFiles(configMap).some(({ endpoints = [] }) => endpoints.length > 0));
}
