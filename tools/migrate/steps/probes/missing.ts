import type { KubeObject } from "../../../../kube/objects.ts";
import { appContainers, enabled, type AppContainer } from "../../../../policy/objects/app-template.ts";
import { valuesOf } from "../../../../policy/objects/helm.ts";
import type { ObjectIndex } from "../../../../policy/engine/object-index.ts";
import { PROBES } from "../../../../policy/objects/probes.ts";
import { at, fields, text, type Fields } from "../../../../policy/engine/read.ts";
import { healthPathIn } from "./health-paths.ts";
import type { StepContext } from "../../step.ts";

/** The probes that a container gets, in the words of app-template. */
export type Probes = Readonly<Partial<Record<(typeof PROBES)[number], Fields>>>;

const TIMES = { initialDelaySeconds: 0, periodSeconds: 10, timeoutSeconds: 1 };
/** Liveness waits longer than readiness, so that a container that is slow for a moment is not restarted. */
const FAILURES = { liveness: 6, readiness: 3, startup: 30 };

/**
 * The probes that a container of app-template lacks, where it is known what to ask; a reason where it is not. Liveness and startup ask whether it
 * listens at all; readiness asks the documented path, if there is one. Where the owner has written a liveness probe, startup asks the same.
 */
export function missingProbes(
  container: AppContainer,
  release: KubeObject,
  objects: ObjectIndex,
  context: StepContext,
): Probes | string {
  const missing = PROBES.filter((probe) => fields(container.probes[probe]).enabled !== true);
  const off = missing.filter((probe) => fields(container.probes[probe]).enabled === false);
  if (off.length > 0) return `${off.join(", ")} ${off.length > 1 ? "are" : "is"} turned off by hand`;
  const own = fields(at(release, [...container.path, "probes"]));
  if (Object.keys(own).length < Object.keys(container.probes).length)
    return "it has probes from defaultContainerOptions, which its own would replace";
  if (missing.some((probe) => container.probes[probe] !== undefined))
    return "a probe that is not enabled has settings, and they would come to life";
  const liveness = fields(container.probes.liveness);
  if (missing.every((probe) => probe === "startup")) return { startup: patient(liveness) };
  const reason = unknownPort(container, release, objects);
  if (reason !== undefined) return reason;
  const path = healthPathIn(text(container.spec.image) ?? "", context);
  return Object.fromEntries(
    missing.map((probe) => [
      probe,
      probe === "startup" && liveness.enabled === true ? patient(liveness) : asking(probe, path),
    ]),
  );
}

function asking(probe: (typeof PROBES)[number], path: string | undefined): Fields {
  const handler = probe === "readiness" && path !== undefined ? { type: "HTTP", path } : { type: "TCP" };
  return { enabled: true, ...handler, spec: { ...TIMES, failureThreshold: FAILURES[probe] } };
}

/** What a liveness probe asks, for as long as it may take to start. */
function patient(liveness: Fields): Fields {
  const spec = { ...fields(liveness.spec), periodSeconds: TIMES.periodSeconds };
  return { ...liveness, spec: { ...spec, failureThreshold: FAILURES.startup } };
}

/** Why it is not known which port of which container the Service leads to; undefined where it is. */
function unknownPort(
  { controller }: AppContainer,
  release: KubeObject,
  objects: ObjectIndex,
): string | undefined {
  const { values } = valuesOf(release, objects);
  const siblings = appContainers(release, objects).filter(
    (other) => other.longRunning && other.controller === controller,
  );
  if (siblings.length > 1)
    return "its pod has several containers, and which one listens on the Service's port is not said";
  const controllers = enabled(values.controllers);
  const services = enabled(values.service).filter(
    ([, service]) =>
      service.controller === controller || (service.controller === undefined && controllers.length === 1),
  );
  const service = one(services);
  if (service === undefined)
    return services.length === 0
      ? "it has no Service, so no port is known"
      : "it has several Services and none is primary";
  const port = one(enabled(service.ports));
  if (port === undefined) return "its Service has several ports, or none, and none is primary";
  if (!["TCP", "HTTP", "HTTPS"].includes((text(port.protocol) ?? "TCP").toUpperCase()))
    return `its Service's port is ${text(port.protocol) ?? ""}`;
  const number = Number(port.targetPort ?? port.port);
  return Number.isInteger(number) && number > 0 ? undefined : "its Service's port is no number";
}

/** The only one, or the only primary one. */
function one(entries: readonly (readonly [string, Fields])[]): Fields | undefined {
  const primary = entries.filter(([, { primary }]) => primary === true);
  const [only, ...others] = primary.length > 0 ? primary : entries;
  return others.length > 0 ? undefined : only?.[1];
}
