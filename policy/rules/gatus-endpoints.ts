import { endpointFiles, isMonitored, LABELLED_CONFIG_MAP } from "../../kube/gatus-endpoints.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { allContainersOf } from "../objects/containers.ts";
import { allEndpoints, describeEndpoint, type Endpoint, type Endpoints } from "../objects/endpoints.ts";
import { discoveryOf, discovers, usesGatus } from "../objects/gatus-presence.ts";
import { endpointErrors, holdOnTimeOut, unknownFields } from "../objects/gatus-fragment.ts";
import { CONFIG_MAP, DEPLOYMENT, HELM_RELEASE, HTTP_ROUTE, STATEFUL_SET } from "../objects/kinds.ts";
import { loginMiddlewares } from "../objects/login-middlewares.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { fields, list, text } from "../engine/read.ts";
import { defineRule, type Problem, type RuleContext } from "../engine/rule.ts";
import { routesOf } from "../objects/routes.ts";

/** See docs/reference/rules/gatus-endpoints.md. */
export const gatusEndpoints = defineRule({
  id: "gatus-endpoints",
  description:
    "Gatus accepts the configuration of every endpoint, and each endpoint turns red when its app is down.",
  why: "Gatus does not start if two endpoints have the same name and group, or if there are no endpoints. A condition that holds on a timeout shows a dead app as up, and an app behind a login never responds with 200.",
  remediation:
    'Set group or name in the annotation gatus.home-operations.com/endpoint or in the endpoint file. Compare the status with == ("[STATUS] == 200"), not with <.',
  severity: "high",
  enforcement: "mandatory",
  recommends:
    "a login whose page may respond with 200, since Gatus follows redirects, and fields that Gatus does not know",
  kinds: [HTTP_ROUTE, HELM_RELEASE, CONFIG_MAP, DEPLOYMENT, STATEFUL_SET],
  wholeStack: true,
  *check(object, context) {
    const { objects, others } = context;
    if (context.host === "repository" && !usesGatus(objects, others)) return;
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
  const [first] = byKey.get(endpoint.key) ?? [];
  // One cause is one finding: the endpoint that comes first is in order until another takes its key.
  if (first !== undefined && first !== endpoint)
    yield {
      path: endpoint.path,
      message: `The endpoint key ${endpoint.key} is also used by ${describeEndpoint(first)}, so Gatus rejects its whole configuration.`,
    };
}

function* timeOut({ path, conditionsPath, conditions, dns }: Endpoint): Generator<Problem> {
  if (!holdOnTimeOut(conditions)) return;
  const place = conditionsPath ?? path;
  if (dns)
    yield {
      path: place,
      message: `A DNS query that gets no answer also meets ${conditions.join(" and ")}, so the endpoint does not show that the app works.`,
      warning: true,
    };
  else
    yield {
      path: place,
      message: `A request that times out has status 0 and also meets ${conditions.join(" and ")}, so a dead app is shown as up.`,
    };
}

function* login(endpoint: Endpoint, { objects, knowledge }: RuleContext): Generator<Problem> {
  const { route, requestPath, dns, conditions } = endpoint;
  if (route === undefined || requestPath === undefined || dns || !conditions.includes("[STATUS] == 200"))
    return;
  for (const { name, isPrompt } of loginMiddlewares(route, requestPath, objects, knowledge))
    yield {
      path: endpoint.conditionsPath ?? endpoint.path,
      message: isPrompt
        ? `Middleware ${name} asks for a password, so the response is 401 and never meets [STATUS] == 200.`
        : `Middleware ${name} asks for a login, so Gatus gets 401 or the login page, and the endpoint does not show that the app works.`,
      // Gatus follows redirects, so a login page with status 200 meets the condition (github.com/TwiN/gatus: client.ignore-redirect).
      recommendation: !isPrompt,
      remediation:
        'In the endpoint annotation, set a condition such as "[STATUS] == any(200, 302, 401)", or a path that needs no login.',
    };
}

function* furtherHostnames(object: KubeObject, objects: ObjectIndex): Generator<Problem> {
  for (const { route, path } of routesOf(object, objects)) {
    const [first, ...others] = list(fields(route.spec).hostnames);
    if (others.length > 0 && isMonitored(route) && discovers(discoveryOf(objects), route))
      yield {
        path: path(["spec", "hostnames", 1]),
        message: `gatus-sidecar monitors only the first hostname, ${String(first)}, not ${others.map(String).join(", ")}.`,
        warning: true,
      };
  }
}

function* fileProblems(configMap: KubeObject): Generator<Problem> {
  if (configMap.metadata.labels?.[LABELLED_CONFIG_MAP] === undefined) return;
  for (const { file, endpoints } of endpointFiles(configMap)) {
    const path = ["data", file];
    if (endpoints === undefined)
      yield { path, message: `${file} is not a YAML map, so Gatus rejects its whole configuration.` };
    for (const endpoint of endpoints ?? []) {
      const name = text(endpoint.name) ?? "without a name";
      for (const field of ["name", "url", "conditions"])
        if (endpoint[field] === undefined)
          yield {
            path,
            message: `Endpoint ${name} has no ${field}, so Gatus rejects its whole configuration.`,
          };
      for (const error of endpointErrors(endpoint)) yield { path, message: `Endpoint ${name}: ${error}` };
    }
    const unknown = [...new Set((endpoints ?? []).flatMap(unknownFields))];
    if (unknown.length > 0)
      yield {
        path,
        message: `Gatus ignores fields that endpoints do not have: ${unknown.join(", ")}.`,
        remediation: "Correct their names, or remove them.",
        recommendation: true,
      };
  }
}

/** Reports a Gatus deployment that gets no endpoints. */
function* noEndpoint(object: KubeObject, objects: ObjectIndex, all: Endpoints): Generator<Problem> {
  if (object.kind === "HTTPRoute" || all.bySource.size > 0) return;
  const gatus = allContainersOf(object, objects).find(({ spec }) =>
    /(^|\/)twin\/gatus(:|@|$)/.test(text(spec.image) ?? ""),
  );
  if (gatus === undefined || hasConfiguredEndpoint(objects)) return;
  yield {
    path: gatus.path,
    message: "No route or file gives Gatus an endpoint, and Gatus does not start without one.",
    remediation: "Add an endpoint to Gatus's configuration file, such as one for Gatus's own /health.",
  };
}

/** Whether any ConfigMap contains a file with endpoints, mounted or not. */
function hasConfiguredEndpoint(objects: ObjectIndex): boolean {
  return objects
    .ofKind(CONFIG_MAP)
    .some((configMap) => endpointFiles(configMap).some(({ endpoints = [] }) => endpoints.length > 0));
}
