import { isDeepStrictEqual } from "node:util";
import type { Path } from "../engine/path.ts";
import { at, fields, list, type Fields } from "../engine/read.ts";
import type { Problem } from "../engine/rule.ts";

/** The three probes of a container, in the words of a Pod's spec without the ending. */
export const PROBES = ["liveness", "readiness", "startup"] as const;

const HANDLERS = ["httpGet", "tcpSocket", "grpc"] as const;

/** What is wrong with the probes of one long-running container of a Pod's spec. */
export function* probeProblems(container: Fields, path: Path): Generator<Problem> {
  const missing = PROBES.filter((probe) => !asks(container[`${probe}Probe`]));
  if (missing.length > 0) yield { path, message: `The container has no ${missing.join(", no ")} probe.` };
  for (const probe of PROBES)
    yield* portProblems(container, [...path, `${probe}Probe`], fields(container[`${probe}Probe`]));
  if (!missing.includes("liveness"))
    yield* sameProblem(container.livenessProbe, container.readinessProbe, [...path, "livenessProbe"]);
}

/** A probe that a patch has set to null, or that holds thresholds alone, asks nothing. */
function asks(probe: unknown): boolean {
  const settings = fields(probe);
  return [...HANDLERS, "exec"].some((handler) => (settings[handler] ?? undefined) !== undefined);
}

/**
 * A liveness probe that says no more than the readiness probe, or restarts a container that only is not ready.
 * @param liveness as in a Pod's spec; of app-template's values, with the settings in `spec`
 */
export function* sameProblem(liveness: unknown, readiness: unknown, path: Path): Generator<Problem> {
  if (liveness === undefined || !isDeepStrictEqual(judged(liveness), judged(readiness))) return;
  yield {
    path,
    message: "The liveness probe is the readiness probe: a container that is slow for a moment is restarted.",
    remediation: "Ask something cheaper, or allow more failures, for liveness.",
    warning: true,
  };
}

/** What the API server fills in (k8s.io/kubernetes, pkg/apis/core/v1/defaults.go). */
const THRESHOLDS = { periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3 };

/** What does not decide when a probe fails for good: a liveness probe's successes are always one. */
const BESIDE = ["initialDelaySeconds", "terminationGracePeriodSeconds", "successThreshold"];

/** What a probe asks and when it gives up, with the defaults filled in. */
function judged(probe: unknown): Fields {
  const { spec, ...settings } = fields(probe);
  const { httpGet, ...others }: Fields = { ...THRESHOLDS, ...settings, ...fields(spec) };
  const kept = Object.entries(others).filter(([key]) => !BESIDE.includes(key));
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
    // A container need not list a port that it listens on; only a name is sure to lead nowhere.
    if (typeof port === "string" && !known)
      yield {
        path: [...path, handler, "port"],
        message: `The probe asks port ${port}, which the container does not name.`,
      };
    else if (typeof port === "number" && !known && ports.length > 0)
      yield {
        path: [...path, handler, "port"],
        message: `The probe asks port ${port}, which is none of the container's ports.`,
      };
  }
}
