import type { KubeObject } from "../../kube/objects.ts";
import { appContainers, enabled, isAppTemplate, type AppContainer } from "../objects/app-template.ts";
import { missingProbes, type MissingProbe } from "../objects/chart-probes.ts";
import { chartOf, valuesOf, type Values } from "../objects/helm.ts";
import { HELM_RELEASE } from "../objects/kinds.ts";
import type { Path } from "../engine/path.ts";
import { PROBES, sameProblem } from "../objects/probes.ts";
import { at, fields, list, text, type Fields } from "../engine/read.ts";
import { defineRule, type Problem, type RuleContext, type Undecided } from "../engine/rule.ts";

/** See `docs/reference/policies.md`. */
export const helmreleaseProbes = defineRule({
  id: "helmrelease-probes",
  description:
    "What a HelmRelease installs has a liveness, a readiness and a startup probe on every long-running container, by the values of its chart: those of app-template are read as the chart reads them, those of other common charts by a table.",
  remediation:
    "For app-template set probes.<liveness|readiness|startup>.enabled: true on the container (or in the controller's defaultContainerOptions); it is off without that.",
  severity: "high",
  enforcement: "mandatory",
  kinds: [HELM_RELEASE],
  wholeStack: true,
  *check(release, context) {
    const values = valuesOf(release, context.objects);
    if (isAppTemplate(release, context.objects)) yield* appTemplateProblems(release, values, context);
    else yield* otherChartProblems(release, values, context);
  },
});

function* appTemplateProblems(
  release: KubeObject,
  values: Values,
  { objects }: RuleContext,
): Generator<Problem | Undecided> {
  if (!values.complete)
    yield { path: ["spec", "valuesFrom"], undecided: "values come from something that cannot be read here" };
  for (const container of appContainers(release, objects)) {
    if (!container.longRunning) continue;
    const missing = PROBES.filter((probe) => fields(container.probes[probe]).enabled !== true);
    if (missing.length > 0 && values.complete)
      yield {
        path: container.path,
        message: `Container ${container.name} of controller ${container.controller} has no ${missing.join(", no ")} probe.`,
      };
    for (const probe of PROBES.filter((one) => !missing.includes(one)))
      yield* enabledProblems(container, probe, fields(container.probes[probe]), values);
    if (!missing.includes("liveness"))
      yield* sameProblem(container.probes.liveness, container.probes.readiness, [
        ...container.path,
        "probes",
        "liveness",
      ]);
  }
}

/** A probe that is on, and yet renders nothing or something that the API server refuses. */
function* enabledProblems(
  container: AppContainer,
  probe: string,
  settings: Fields,
  values: Values,
): Generator<Problem> {
  const path: Path = [...container.path, "probes", probe];
  const handlers = fields(settings.spec);
  if (settings.custom === true) {
    if (!["httpGet", "tcpSocket", "grpc", "exec"].some((handler) => handler in handlers))
      yield { path, message: `The custom ${probe} probe has no handler (httpGet, tcpSocket, grpc or exec).` };
    for (const handler of ["httpGet", "tcpSocket"])
      yield* namedPort(container, [...path, "spec"], handlers, handler);
  } else if (!hasService(container.controller, values.values) && !hasCommand(settings))
    yield {
      path,
      message: `The ${probe} probe takes its port from the controller's Service, and controller ${container.controller} has none: the chart leaves the probe out.`,
      remediation: "Give the controller a Service, or set custom: true and a spec with its handler.",
    };
}

/** From app-template 5.3 a probe can run a command, for which it needs no port; before, its schema refuses one. */
function hasCommand({ type, command }: Fields): boolean {
  return type === "COMMAND" || (command !== undefined && (type === undefined || type === "AUTO"));
}

/** The chart gives a container only the ports of its own `ports`. */
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
      message: `The probe asks port ${port}, which the container does not name.`,
    };
}

/** A Service that names no controller belongs to the only one (`service/_valuesToObject.tpl`). */
function hasService(controller: string, values: Fields): boolean {
  const controllers = enabled(values.controllers);
  return enabled(values.service).some(
    ([, service]) =>
      service.controller === controller || (service.controller === undefined && controllers.length === 1),
  );
}

function* otherChartProblems(
  release: KubeObject,
  values: Values,
  { objects, knowledge }: RuleContext,
): Generator<Problem | Undecided> {
  const chart = chartOf(release, objects);
  if (chart.name === undefined) {
    yield {
      path: chart.path,
      undecided: "the chart's OCIRepository is not to be seen, so its name is not known",
    };
    return;
  }
  const missing = missingProbes(chart.name, values.values, knowledge)?.filter(
    ({ probe }) => !isPatchedIn(release, probe),
  );
  if (missing === undefined)
    yield {
      path: chart.path,
      message: `It is not known how the chart ${chart.name} sets its probes; look into its values.`,
      remediation:
        "Check what the chart renders (helm template), or add a row for it to .edgefirst/knowledge/charts.yaml (docs/reference/knowledge.md).",
      advice: true,
    };
  else yield* knownChartProblems(chart.name, chart.path, missing, values);
}

/** By a post-renderer, of whose patches it is not asked where they go. */
function isPatchedIn({ spec }: KubeObject, probe: string): boolean {
  return JSON.stringify(fields(spec).postRenderers ?? []).includes(`${probe}Probe`);
}

function* knownChartProblems(
  chart: string,
  chartPath: Path,
  missing: readonly MissingProbe[],
  values: Values,
): Generator<Problem | Undecided> {
  for (const { container, probe, value } of missing)
    if (value !== undefined)
      yield values.complete
        ? {
            path: values.path(value),
            message: `Container ${container} has no ${probe} probe: ${value.join(".")} of chart ${chart} is off.`,
            remediation: `Set ${value.join(".")}.`,
          }
        : {
            path: ["spec", "valuesFrom"],
            undecided: `${value.join(".")} may be set where it cannot be read here`,
          };
  const impossible = missing.filter(({ value }) => value === undefined);
  if (impossible.length > 0)
    yield {
      path: chartPath,
      message: `The chart ${chart} has no value for ${impossible.map(({ probe, container }) => `the ${probe} probe of ${container}`).join(", ")}.`,
      remediation: "A post-renderer (spec.postRenderers) can add it.",
      advice: true,
    };
}
