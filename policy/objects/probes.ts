import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Path } from "../engine/path.ts";
import { at, fields, list, text, type Fields } from "../engine/read.ts";
import { eitherOf } from "../engine/words.ts";
import type { Problem, RuleContext } from "../engine/rule.ts";

/** A container's three probes, with their names in a Pod's spec minus the suffix `Probe`. */
export const PROBES = ["liveness", "readiness", "startup"] as const;

/** The recommendation that a missing probe becomes if a document of the owner says that probes are left out; undefined if none does. */
export function documentedOmission({
  probesLeftOut,
}: Pick<RuleContext, "probesLeftOut">): Pick<Problem, "remediation" | "recommendation"> | undefined {
  const place = probesLeftOut();
  if (place === undefined) return undefined;
  return {
    remediation: `${place} says that probes are left out: add one only if this app needs it.`,
    recommendation: true,
  };
}

/** The setting of the rules that compare liveness with readiness. */
export const PROBE_SETTINGS = z.strictObject({
  requireDifferentProbes: z
    .boolean()
    .default(false)
    .describe("Warn about a liveness probe that is the same as the readiness probe."),
});

const HANDLERS = ["httpGet", "tcpSocket", "grpc"] as const;

/** The probes that a container in a Pod's spec lacks. */
export function missingIn(container: Fields): readonly (typeof PROBES)[number][] {
  return PROBES.filter((probe) => !hasHandler(container[`${probe}Probe`]));
}

/** Whether a container declares ports, and all of them are UDP ports: a Service's TCP port then leads nowhere. */
export function opensOnlyUdp({ ports }: Fields): boolean {
  const declared = list(ports).map(fields);
  return declared.length > 0 && declared.every(({ protocol }) => protocol === "UDP");
}

/**
 * Images with which an owner changes an app's files, measures and examines a network, or uses a desktop program in the browser (those of
 * https://github.com/jlesage/docker-baseimage-gui, and webtop). A probe would count as a measurement of iperf3.
 */
const TOOLS = /(?:^|\/)(?:(?:code-server|openvscode-server|iperf3?|netshoot|webtop)(?:[:@]|$)|jlesage\/)/;

/** Whether a container serves its owner rather than users: it has a console to attach to, as game servers do, or it is an editor or another tool. */
export function isForOwner({ stdin, tty, image }: Fields): boolean {
  return stdin === true || tty === true || TOOLS.test(text(image) ?? "");
}

interface ProbeOptions {
  readonly isOptional: boolean;
  readonly isDifferent: boolean;
  readonly omission: () => ReturnType<typeof documentedOmission>;
}

/**
 * Problems with the probes of one long-running container in a Pod's spec.
 * @param options `isOptional`: whether the container need not have probes; `isDifferent`: whether liveness and readiness should differ; `omission`: returns
 * what `documentedOmission` does, for which the host reads documents
 */
export function* probeProblems(
  container: Fields,
  path: Path,
  { isOptional, isDifferent, omission }: ProbeOptions,
): Generator<Problem> {
  const missing = missingIn(container);
  if (missing.length > 0)
    yield {
      path,
      message: `The container has no ${eitherOf(missing)} probe.`,
      recommendation: isOptional,
      ...omission(),
    };
  for (const probe of PROBES) {
    const settings = fields(container[`${probe}Probe`]);
    yield* handlerProblems([...path, `${probe}Probe`], settings);
    yield* portProblems(container, [...path, `${probe}Probe`], settings);
  }
  if (isDifferent && !missing.includes("liveness"))
    yield* sameProblem(container.livenessProbe, container.readinessProbe, [...path, "livenessProbe"]);
}

/** Whether a probe in app-template's values that is written as in a Pod's spec has no handler: the API server rejects it. */
export function lacksHandler(probe: unknown): boolean {
  const { custom, spec } = fields(probe);
  return custom === true && !hasHandler(spec);
}

/** Whether the probe has a handler: a patch may set it to null, or leave only thresholds. */
const hasHandler = (probe: unknown): boolean => handlersOf(fields(probe)).length > 0;

const handlersOf = (probe: Fields): readonly string[] =>
  [...HANDLERS, "exec"].filter((handler) => (probe[handler] ?? undefined) !== undefined);

/** Handlers that the API server rejects. Source: validateHandler in Kubernetes' pkg/apis/core/validation. */
function* handlerProblems(path: Path, probe: Fields): Generator<Problem> {
  const given = handlersOf(probe);
  if (given.length === 0 && Object.keys(probe).length > 0)
    yield {
      path,
      message: "The probe has no handler, such as httpGet, so the API server rejects the object.",
    };
  if (given.length > 1)
    yield {
      path,
      message: `The probe has ${given.join(" and ")}, but the API server accepts only one handler.`,
    };
  for (const handler of HANDLERS.filter((own) => given.includes(own)))
    if ((at(probe, [handler, "port"]) ?? undefined) === undefined)
      yield {
        path: [...path, handler],
        message: `The handler ${handler} has no port, so the API server rejects the object.`,
      };
}

/**
 * Reports a liveness probe that fails whenever the readiness probe fails.
 * @param liveness a probe as in a Pod's spec, or as in app-template's values, where the settings are below `spec`
 */
export function* sameProblem(liveness: unknown, readiness: unknown, path: Path): Generator<Problem> {
  if (liveness === undefined || !isDeepStrictEqual(comparable(liveness), comparable(readiness))) return;
  yield {
    path,
    message:
      "The liveness probe is the same as the readiness probe, so a container that is merely slow gets restarted.",
    remediation: "Give the liveness probe a cheaper check or a higher failureThreshold.",
    warning: true,
  };
}

/** The API server's defaults (k8s.io/kubernetes, pkg/apis/core/v1/defaults.go). */
const THRESHOLDS = { periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3 };

/** Fields that do not affect when a probe fails. (A liveness probe's `successThreshold` is always 1.) */
const IGNORED = ["initialDelaySeconds", "terminationGracePeriodSeconds", "successThreshold"];

/** A probe's handler and thresholds, with defaults filled in. */
function comparable(probe: unknown): Fields {
  const { spec, ...settings } = fields(probe);
  const { httpGet, ...others }: Fields = { ...THRESHOLDS, ...settings, ...fields(spec) };
  const kept = Object.entries(others).filter(([key]) => !IGNORED.includes(key));
  return {
    ...Object.fromEntries(kept),
    ...(httpGet !== undefined && { httpGet: { path: "/", scheme: "HTTP", ...fields(httpGet) } }),
  };
}

function* portProblems(container: Fields, path: Path, probe: Fields): Generator<Problem> {
  const ports = list(container.ports).map(fields);
  for (const handler of HANDLERS) {
    const port = at(probe, [handler, "port"]);
    const known = ports.some(({ name, containerPort }) => port === name || port === containerPort);
    // A container need not list a port that it opens, but the name of an unlisted port cannot be resolved.
    if (typeof port === "string" && !known)
      yield {
        path: [...path, handler, "port"],
        message: `The probe uses port ${port}, but the container has no port with that name.`,
      };
  }
}
