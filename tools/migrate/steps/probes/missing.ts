import type { KubeObject } from "../../../../kube/objects.ts";
import { appContainers, enabled, type AppContainer } from "../../../../policy/objects/app-template.ts";
import {
  claimsDeletedWith,
  uninstallsOnFailure,
  upgradeTimeout,
} from "../../../../policy/objects/failed-upgrade.ts";
import { valuesOf } from "../../../../policy/objects/helm.ts";
import type { ObjectIndex } from "../../../../policy/engine/object-index.ts";
import { lacksHandler, PROBES } from "../../../../policy/objects/probes.ts";
import { at, fields, text, type Fields } from "../../../../policy/engine/read.ts";
import { named } from "../../../../lib/counted.ts";
import { healthPathIn } from "./health-paths.ts";
import type { StepContext } from "../../step.ts";

/** The probes to add to a container, as app-template values. */
export type Probes = Readonly<Partial<Record<(typeof PROBES)[number], Fields>>>;

const TIMES = { initialDelaySeconds: 0, periodSeconds: 10, timeoutSeconds: 1 };
/** Liveness waits longer than readiness, so that a slow moment does not restart the container. */
const FAILURES = { liveness: 6, readiness: 3, startup: 30 };
/** Variables that schedule the container's only work; an app that also serves names a task, as in `PAPERLESS_TRAIN_TASK_CRON`. */
const SCHEDULES =
  /^(?:(?:BACKUP_|JOB_|SYNC_|UPDATE_)?(?:CRON|SCHEDULE|CRON_SCHEDULE)(?:_(?:TIME|EXPRESSION|EXPR|STRING))?|CRONTAB|RUN_ON_START(?:UP)?)$/;
/** Half an hour: without a liveness probe, the app has had unlimited time to migrate its database before it listens. */
const UNLIMITED_FAILURES = 180;

/**
 * The probes that an app-template container lacks, if it is known what they should check; otherwise a reason. Liveness and startup check
 * that the port accepts connections; readiness uses the documented path, if there is one. Startup copies the liveness probe if the owner
 * has set one.
 */
export function missingProbes(
  container: AppContainer,
  release: KubeObject,
  objects: ObjectIndex,
  context: StepContext,
): Probes | string {
  const missing = PROBES.filter((probe) => fields(container.probes[probe]).enabled !== true);
  const off = missing.filter((probe) => fields(container.probes[probe]).enabled === false);
  if (off.length > 0) return `${off.join(", ")} ${off.length > 1 ? "are" : "is"} turned off in its values`;
  const misplaced = misplacedProbes(container, release, objects);
  if (misplaced !== undefined)
    return `its values have ${misplaced}, which app-template ignores: move them into the container`;
  const own = fields(at(release, [...container.path, "probes"]));
  if (Object.keys(own).length < Object.keys(container.probes).length)
    return "its probes come from defaultContainerOptions, and probes added here would replace them";
  if (missing.some((probe) => container.probes[probe] !== undefined))
    return "a disabled probe has settings, and adding probes would activate them";
  const empty = PROBES.filter((probe) => !missing.includes(probe) && lacksHandler(container.probes[probe]));
  if (empty.length > 0)
    return `the API server rejects its ${empty.join(" and ")} probe without a handler: complete or remove it first`;
  const liveness = fields(container.probes.liveness);
  const startup = patient(liveness, fields(container.probes.readiness));
  if (missing.every((probe) => probe === "startup")) return { startup };
  const schedule = scheduleOf(container);
  if (schedule !== undefined)
    return `its variable ${schedule} looks as if it ran on a schedule, and its port may be open only during a run`;
  const waiting = waitingCommand(container);
  if (waiting !== undefined)
    return `its command ends in \`${waiting}\`, so perhaps nothing listens on its port`;
  const reason = unknownPort(container, release, objects) ?? dataLoss(release, objects);
  if (reason !== undefined) return reason;
  const path = healthPathIn(text(container.spec.image) ?? "", context);
  return Object.fromEntries(
    missing.map((probe) => [
      probe,
      probe === "startup" && liveness.enabled === true ? startup : asking(probe, path),
    ]),
  );
}

/** Why a probe that is wrong would delete data; undefined if it would not. Helm waits for the probes, and the upgrade fails. */
function dataLoss(release: KubeObject, objects: ObjectIndex): string | undefined {
  if (!uninstallsOnFailure(release) || upgradeTimeout(release) === undefined) return undefined;
  const claims = claimsDeletedWith(release, objects);
  return claims.length === 0
    ? undefined
    : `with a wrong probe the upgrade fails, and helm-controller then uninstalls the release and deletes its ${named(claims, "claim")}: first set spec.upgrade.remediation.strategy to rollback, or retain: true on each claim`;
}

/** The variable that schedules the runs of a container: between them, cron alone may run. */
function scheduleOf({ spec: { env } }: AppContainer): string | undefined {
  const names = Array.isArray(env)
    ? env.map((one) => text(fields(one).name) ?? "")
    : Object.keys(fields(env));
  return names.find((name) => SCHEDULES.test(name));
}

/** What a container's command does at last, if that is to wait, or to run others on a schedule. */
function waitingCommand({ spec: { command, args } }: AppContainer): string | undefined {
  const words = [command ?? [], args ?? []].flat().map((word) => text(word) ?? "");
  const line = words.join(" ").replace(/\s+/g, " ").trim();
  return (ENDS_WAITING.exec(line) ?? ONLY_WAITS.exec(line))?.[1];
}

const ENDS_WAITING =
  /(?:^|[\s;&|/])(tail -[fF] (?:-n ?\d+ )?\/dev\/null|sleep [\w.]+(?: ?& ?wait(?: \$!)?)?(?:[; ]+done)?|(?:busybox )?crond?(?: -\S+| \d+)*|supercronic(?: \S+)+)$/;

/** Commands that only wait if nothing else runs in the container, as shells do for their terminal. */
const ONLY_WAITS =
  /^(?:(?:\S*\/)?(?:tini|dumb-init)(?: -\S*)* )?(?:\S*sh -\w*c )?(?:exec )?(?:\S*\/)?(tail [^;&|]+|cat|pause|(?:ba|a|z)?sh)$/;

/** Probes where app-template 1 read them; from version 2 on, they belong to a container. */
function misplacedProbes(
  { controller }: AppContainer,
  release: KubeObject,
  objects: ObjectIndex,
): string | undefined {
  const { values } = valuesOf(release, objects);
  if (values.controllers === undefined) return undefined;
  const places = [["probes"], ["controllers", controller, "probes"]];
  return places.find((place) => Object.keys(fields(at(values, place))).length > 0)?.join(".");
}

function asking(probe: (typeof PROBES)[number], path: string | undefined): Fields {
  const handler = probe === "readiness" && path !== undefined ? { type: "HTTP", path } : { type: "TCP" };
  const failureThreshold = probe === "startup" ? UNLIMITED_FAILURES : FAILURES[probe];
  return { enabled: true, ...handler, spec: { ...TIMES, failureThreshold } };
}

/**
 * The liveness probe as a startup probe, with enough attempts for a slow start, and for at least as long as the liveness probe lets the app take today. It
 * starts no later than the readiness probe, which the kubelet holds back until it has succeeded, and makes up for that with attempts; source:
 * kubernetes/kubernetes, pkg/kubelet/prober/worker.go, where each probe's delay counts from the start of the container.
 */
function patient(liveness: Fields, readiness: Fields): Fields {
  const { periodSeconds } = TIMES;
  const own = fields(liveness.spec);
  const delay = Number(own.initialDelaySeconds);
  const initialDelaySeconds = Math.min(delay, delayOf(readiness));
  // The defaults of app-template, which are those of Kubernetes.
  const { periodSeconds: period = 10, failureThreshold: failures = 3 } = own;
  const today = Math.ceil((Number(period) * Number(failures)) / periodSeconds) || 0;
  const earlier = Math.ceil((delay - initialDelaySeconds) / periodSeconds) || 0;
  const failureThreshold = Math.max(FAILURES.startup, today) + earlier;
  const wait = Number.isNaN(delay) ? {} : { initialDelaySeconds };
  return { ...liveness, spec: { ...own, ...wait, periodSeconds, failureThreshold } };
}

/** How long a probe waits, in seconds; 0 if that is not known. */
const delayOf = (probe: Fields): number => Number(fields(probe.spec).initialDelaySeconds) || 0;

/** Why the container port behind the Service is not known; undefined if it is. */
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
    return "its pod has several containers, and it is not clear which one serves the Service's port";
  const controllers = enabled(values.controllers);
  const services = enabled(values.service).filter(
    ([, service]) =>
      service.controller === controller || (service.controller === undefined && controllers.length === 1),
  );
  const own = services.filter(([, { type }]) => type !== "ExternalName");
  const [name, service] = one(own) ?? [];
  if (services.length > 0 && own.length === 0)
    return "its Service is an ExternalName, which does not lead to the container, so its port is not known";
  if (service === undefined)
    return own.length === 0
      ? "it has no Service, so its port is not known"
      : "it has several Services, and none is primary";
  const other = controllers.find(([identifier]) => identifier === name && identifier !== controller)?.[0];
  if (other !== undefined)
    return `its Service ${other} has the name of another controller, so its port may be that one's: if it is, correct the Service's \`controller\``;
  const port = one(enabled(service.ports))?.[1];
  if (port === undefined) return "its Service has no port, or has several and none is primary";
  if (!["TCP", "HTTP", "HTTPS"].includes((text(port.protocol) ?? "TCP").toUpperCase()))
    return `its Service's port uses ${text(port.protocol) ?? ""}`;
  const number = Number(port.targetPort ?? port.port);
  return Number.isInteger(number) && number > 0 ? undefined : "its Service's port is not a number";
}

/** The only entry, or the only primary one. */
function one(entries: readonly (readonly [string, Fields])[]): readonly [string, Fields] | undefined {
  const primary = entries.filter(([, { primary }]) => primary === true);
  const [only, ...others] = primary.length > 0 ? primary : entries;
  return others.length > 0 ? undefined : only;
}
