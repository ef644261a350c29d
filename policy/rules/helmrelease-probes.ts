import type { z } from "zod";
import type { KubeObject } from "../../kube/objects.ts";
import { absentProbes, isServedUnprobed, servicesOf } from "../objects/app-probes.ts";
import { appContainers, isAppTemplate, type AppContainer } from "../objects/app-template.ts";
import { appValues, dialectOf } from "../objects/app-template-dialect.ts";
import { missingProbes, type MissingProbe } from "../objects/chart-probes.ts";
import { chartOf, unrenderedValues, type Values } from "../objects/helm.ts";
import { HELM_RELEASE } from "../objects/kinds.ts";
import type { Path } from "../engine/path.ts";
import { documentedOmission, lacksHandler, PROBE_SETTINGS, PROBES, sameProblem } from "../objects/probes.ts";
import { at, fields, list, text, type Fields } from "../engine/read.ts";
import { eitherOf } from "../engine/words.ts";
import { defineRule, type Problem, type RuleContext, type NotEvaluated } from "../engine/rule.ts";

/** See docs/reference/rules/helmrelease-probes.md. */
export const helmreleaseProbes = defineRule({
  id: "helmrelease-probes",
  description:
    "Every long-running container in a HelmRelease has a liveness, a readiness and a startup probe.",
  why: "Without probes, Kubernetes sends traffic to an app that is not ready, and never restarts one that hangs. The rule reads app-template's values as the chart does; for other charts, it uses a table of known charts (docs/reference/knowledge.md).",
  remediation:
    "For app-template, set probes.<liveness|readiness|startup>.enabled: true on the container or in the controller's defaultContainerOptions; probes are off by default.",
  severity: "high",
  enforcement: "mandatory",
  recommends:
    "a missing probe, unless a route, an Ingress or a load balancer leads to the controller and none of its containers has any probe, although most apps have and no document says that probes are left out; those of an editor or another tool of the owner, or of a container with a console; and a probe that only the chart's default enables, in a container without a port",
  kinds: [HELM_RELEASE],
  wholeStack: true,
  settings: PROBE_SETTINGS,
  *check(release, context) {
    const { objects } = context;
    // The rule workload-probes checks what the chart renders.
    const values = unrenderedValues(release, objects);
    if (values === undefined) return;
    if (isAppTemplate(release, objects))
      yield* appTemplateProblems(release, appValues(release, objects), context);
    else yield* otherChartProblems(release, values, context);
  },
});

function* appTemplateProblems(
  release: KubeObject,
  values: Values,
  context: RuleContext<z.infer<typeof PROBE_SETTINGS>>,
): Generator<Problem | NotEvaluated> {
  const { objects, settings, isCommentedOut } = context;
  if (!values.complete)
    yield {
      path: ["spec", "valuesFrom"],
      notEvaluated: "some values come from a Secret, or from a ConfigMap that is not available",
    };
  if (dialectOf(release, objects) === "unknown")
    yield {
      path: chartOf(release, objects).path,
      notEvaluated: "the version of app-template is not known, and what the release renders depends on it",
    };
  for (const container of appContainers(release, objects)) {
    if (!container.longRunning) continue;
    const missing = absentProbes(container);
    if (missing.length > 0 && values.complete)
      yield {
        path: container.path,
        message: `Container ${container.name} in controller ${container.controller} has no ${eitherOf(missing)} probe.`,
        recommendation:
          !isServedUnprobed(container, release, objects) || isCommentedOut(release, container.path, "probes"),
        ...documentedOmission(context),
      };
    for (const probe of PROBES.filter((one) => !missing.includes(one)))
      for (const problem of enabledProblems(container, probe, fields(container.probes[probe]), values))
        yield { ...problem, recommendation: isOnlyDefault(release, problem.path, container) };
    if (settings.requireDifferentProbes && !missing.includes("liveness"))
      yield* sameProblem(container.probes.liveness, container.probes.readiness, [
        ...container.path,
        "probes",
        "liveness",
      ]);
  }
}

/**
 * Whether nothing but the chart's default asks for a probe of a container without a port: there is nothing to probe, as in an agent that only sends.
 */
function isOnlyDefault(release: KubeObject, path: Path, { spec }: AppContainer): boolean {
  return at(release, path) === undefined && list(spec.ports).length === 0;
}

/** Reports a probe that is enabled, but that the chart omits or the API server rejects. */
function* enabledProblems(
  container: AppContainer,
  probe: string,
  settings: Fields,
  values: Values,
): Generator<Problem> {
  const path: Path = [...container.path, "probes", probe];
  const handlers = fields(settings.spec);
  if (settings.custom === true) {
    if (lacksHandler(settings))
      yield { path, message: `The custom ${probe} probe has no handler (httpGet, tcpSocket, grpc or exec).` };
    for (const handler of ["httpGet", "tcpSocket"])
      yield* namedPort(container, [...path, "spec"], handlers, handler);
  } else if (servicesOf(container.controller, values.values).length === 0 && !hasCommand(settings))
    yield {
      path,
      message: `The ${probe} probe gets its port from the controller's Service, but controller ${container.controller} has no Service, so the chart omits the probe.`,
      remediation: "Give the controller a Service, or set custom: true and add a spec with a handler.",
    };
}

/** A probe that runs a command needs no port (app-template 5.3 and later; earlier schemas reject it). */
function hasCommand({ type, command }: Fields): boolean {
  return type === "COMMAND" || (command !== undefined && (type === undefined || type === "AUTO"));
}

/** Reports a port name that the container's `ports` do not list, because the chart names no other ports. */
function* namedPort(
  { spec }: AppContainer,
  path: Path,
  handlers: Fields,
  handler: string,
): Generator<Problem> {
  const port = text(at(handlers, [handler, "port"]));
  if (port === undefined || port.includes("{{") || /^\d+$/.test(port)) return;
  if (!list(spec.ports).some((item) => fields(item).name === port))
    yield {
      path: [...path, handler, "port"],
      message: `The probe uses port ${port}, but the container has no port with that name.`,
    };
}

function* otherChartProblems(
  release: KubeObject,
  values: Values,
  { objects, knowledge }: RuleContext,
): Generator<Problem | NotEvaluated> {
  const chart = chartOf(release, objects);
  if (chart.name === undefined) {
    yield {
      path: chart.path,
      notEvaluated: "the chart is not known: its OCIRepository is not available",
    };
    return;
  }
  const missing = missingProbes(chart.name, values.values, knowledge)?.filter(
    ({ probe }) => !isPatchedIn(release, probe),
  );
  if (missing === undefined)
    yield {
      path: chart.path,
      message: `edgefirst does not know how the chart ${chart.name} sets its probes.`,
      remediation:
        "Check the probes in the rendered chart (helm template), or add a row for the chart to .edgefirst/knowledge/charts.yaml (docs/reference/knowledge.md).",
      warning: true,
    };
  else yield* knownChartProblems(chart.name, chart.path, missing, values);
}

/** Whether a post-renderer's patch mentions the probe. The patch's target is ignored. */
function isPatchedIn({ spec }: KubeObject, probe: string): boolean {
  return JSON.stringify(fields(spec).postRenderers ?? []).includes(`${probe}Probe`);
}

function* knownChartProblems(
  chart: string,
  chartPath: Path,
  missing: readonly MissingProbe[],
  values: Values,
): Generator<Problem | NotEvaluated> {
  for (const { container, probe, value } of missing)
    if (value !== undefined)
      yield values.complete
        ? {
            path: values.path(value),
            message: `Container ${container} has no ${probe} probe: ${value.join(".")} is off in the values of the chart ${chart}.`,
            remediation: `Set ${value.join(".")}.`,
            recommendation: true,
          }
        : {
            path: ["spec", "valuesFrom"],
            notEvaluated: `${value.join(".")} may be set by valuesFrom`,
          };
  const impossible = missing.filter(({ value }) => value === undefined);
  if (impossible.length > 0)
    yield {
      path: chartPath,
      message: `The chart ${chart} has no value for ${eitherOf(impossible.map(({ probe, container }) => `the ${probe} probe of ${container}`))}.`,
      remediation: "Add the probe with a post-renderer (spec.postRenderers).",
      warning: true,
    };
}
