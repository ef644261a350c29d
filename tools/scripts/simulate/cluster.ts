import type { ObjectReference } from "../../../kube/client.ts";
import { describeObject, FIELD_MANAGER, STACK_LABEL, type KubeObject } from "../../../kube/objects.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { isMap, mergedMaps } from "../../../lib/maps.ts";
import { Jobs, readOwnCheck } from "./own-checks.ts";
import { ROOT_COMMIT } from "./repository.ts";
import { appObject, isFluxs, ownStatus, setDown, stored, wasDown, type App, type AppType } from "./apps.ts";
import { scheduler, type SimProcess } from "./scheduler.ts";

/** The cluster that a kubeconfig context leads to. Rebuilding it puts another cluster here. */
export interface Slot {
  cluster: SimCluster;
}

/** A moment at which a process read a cluster, and the cluster's real state at that moment. */
export interface Observation {
  readonly process: SimProcess;
  readonly at: number;
  /** Apps that were down, gone without a reason, or not yet probed since the process began to verify. */
  readonly bad: ReadonlySet<string>;
  readonly healthy: ReadonlySet<string>;
  readonly suspended: readonly string[];
  readonly gone: ReadonlySet<string>;
  readonly revision: string;
  /** The release whose objects were all applied; undefined while an update applies another one. */
  readonly running: string | undefined;
  /** Whether an object that the stack declares had been edited by hand. */
  readonly edited: boolean;
  /** The types of app that the process read at that moment. */
  readonly read: Set<AppType>;
  /** Whether another request failed at that moment. */
  failed: boolean;
}

const KINDS: Readonly<Record<string, readonly (readonly [name: string, kind: string])[]>> = {
  v1: [["configmaps", "ConfigMap"]],
  "apps/v1": [["deployments", "Deployment"]],
  "gateway.networking.k8s.io/v1": [["gateways", "Gateway"]],
};
const REQUESTED_AT = "reconcile.fluxcd.io/requestedAt";
const GATUS = "/api/v1/namespaces/gatus/services/http:gatus:80/proxy/api/v1/endpoints";

/** A cluster in memory. The statuses of its objects follow from the real state of its apps. */
export class SimCluster {
  readonly uid: string;
  readonly apps: readonly App[];
  /** Milliseconds between two probes by Gatus. */
  readonly probeMs: number;
  /** Milliseconds between two reconciliations by Flux. */
  readonly reconcileMs: number;
  /** Milliseconds that Flux takes to handle a request. */
  readonly handleMs: number;
  /** Milliseconds that a request takes to fail while the cluster is down. */
  timeoutMs = 0;
  revision = `main@sha1:${ROOT_COMMIT}`;
  /** The reference that the source of the repository follows. */
  ref: { readonly branch: string; readonly commit?: string } = { branch: "main" };
  downUntil = 0;
  /** Every moment at which a process read the cluster. */
  observations: Observation[] = [];
  /** When each process began to verify: to that process, older probes prove nothing. */
  readonly verifyingSince = new WeakMap<SimProcess, number>();
  edited = false;
  /** The release that was applied last. `complete` is true if all of its objects were applied. */
  running: { readonly release: string; readonly since: number; complete: boolean } | undefined;
  /** Jobs that were created here, whether or not they still exist. */
  readonly jobs = new Jobs();
  readonly #objects = new Map<string, KubeObject>();
  /** The objects that Flux was asked to reconcile. */
  readonly #requests = new Map<string, { readonly requested: string; handled: boolean }>();

  constructor(args: Pick<SimCluster, "uid" | "apps" | "probeMs" | "reconcileMs" | "handleMs">) {
    this.uid = args.uid;
    this.apps = args.apps;
    this.probeMs = args.probeMs;
    this.reconcileMs = args.reconcileMs;
    this.handleMs = args.handleMs;
    for (const app of this.apps) app.changes.push({ at: scheduler.now, down: app.down });
  }

  /** Restores a backup of another cluster. */
  restore(former: SimCluster): void {
    for (const [index, { down, gone, wanted, suspended }] of former.apps.entries()) {
      const app = this.apps[index];
      if (app === undefined) continue;
      Object.assign(app, { gone, wanted, suspended });
      setDown(app, scheduler.now, down);
    }
    this.running = former.running === undefined ? undefined : { ...former.running };
    this.edited = former.edited;
    this.revision = former.revision;
    this.ref = former.ref;
    for (const [name, object] of former.#objects) this.#objects.set(name, object);
  }

  isReachable(): boolean {
    return scheduler.now >= this.downUntil;
  }

  app(name: string): App | undefined {
    return this.apps.find((app) => app.name === name);
  }

  change(name: string, change: { readonly down?: boolean; readonly gone?: boolean }): void {
    const app = this.app(name);
    if (app === undefined) return;
    if (change.down !== undefined) setDown(app, scheduler.now, change.down);
    // A new object is reconciled at once.
    if (change.gone === false && app.gone) app.reconciledAt = scheduler.now;
    if (change.gone !== undefined) app.gone = change.gone;
  }

  /** Flux applies a commit at once. */
  follow(commit: string, removed: string | undefined): void {
    this.revision = `main@sha1:${commit}`;
    for (const app of this.apps.filter(isFluxs)) {
      app.wanted = app.name !== removed;
      app.reconciledAt = scheduler.now;
    }
  }

  get(reference: ObjectReference): KubeObject | undefined {
    if (reference.kind === "Namespace")
      return { ...reference, metadata: { ...reference.metadata, uid: this.uid } };
    const live = this.#objects.get(describeObject(reference));
    if (live !== undefined) return this.#shown(live);
    return this.#fluxObjects().find((object) => describeObject(object) === describeObject(reference));
  }

  list(apiVersion: string, kind: string): KubeObject[] {
    return [
      ...this.#fluxObjects(),
      ...[...this.#objects.values()].map((object) => this.#shown(object)),
    ].filter((object) => object.apiVersion === apiVersion && object.kind === kind);
  }

  /** The object that would result from an apply. */
  merged(object: KubeObject): KubeObject {
    return this.#shown(merge(this.#objects.get(describeObject(object)) ?? {}, object) as KubeObject);
  }

  apply(object: KubeObject, manager: string): KubeObject {
    const result = stored(
      merge(this.#objects.get(describeObject(object)) ?? {}, object) as KubeObject,
      manager,
    );
    this.#objects.set(describeObject(object), result);
    return result;
  }

  /** Annotates an object. Flux reconciles it soon after an annotation requests that. */
  annotate(reference: ObjectReference, annotations: Readonly<Record<string, string>>): boolean {
    if (!this.#fluxObjects().some((object) => describeObject(object) === describeObject(reference)))
      return false;
    const request = { requested: annotations[REQUESTED_AT] ?? "", handled: false };
    this.#requests.set(describeObject(reference), request);
    scheduler.at(scheduler.now + this.handleMs, () => {
      request.handled = true;
      const app = this.app(reference.metadata.name);
      if (app !== undefined) app.reconciledAt = scheduler.now;
    });
    return true;
  }

  delete(reference: ObjectReference): void {
    this.#objects.delete(describeObject(reference));
  }

  read(path: string): unknown {
    if (path === "/version") return {};
    const own = readOwnCheck(path, (name) => this.app(name)?.down === true);
    if (own !== undefined) return own;
    if (path.startsWith(GATUS)) return this.#statuses(path.slice(GATUS.length));
    if (path === "/apis")
      return {
        groups: Object.keys(KINDS)
          .filter((version) => version !== "v1")
          .map((groupVersion) => ({ preferredVersion: { groupVersion } })),
      };
    const [base = "", query] = path.split("?");
    const version = Object.keys(KINDS).find((known) =>
      base.startsWith(known === "v1" ? "/api/v1" : `/apis/${known}`),
    );
    const kinds = KINDS[version ?? ""] ?? [];
    if (query === undefined)
      return { resources: kinds.map(([name, kind]) => ({ name, kind, verbs: ["list"] })) };
    const kind = kinds.find(([name]) => base.endsWith(`/${name}`))?.[1] ?? "";
    const stack = new URLSearchParams(query).get("labelSelector")?.split("=")[1];
    return {
      items: this.list(version ?? "", kind).filter(
        ({ metadata }) => metadata.labels?.[STACK_LABEL] === stack,
      ),
    };
  }

  /** Records the cluster's real state at the moment at which a process reads it. */
  observed(process: SimProcess, type: AppType | undefined): void {
    const since = this.verifyingSince.get(process) ?? 0;
    const last = this.observations.at(-1);
    if (last?.process === process && last.at === scheduler.now) {
      if (type !== undefined) last.read.add(type);
      return;
    }
    const bad = new Set(this.badApps(since).map(({ name }) => name));
    const healthy = this.apps.filter((app) => !bad.has(app.name) && !app.suspended && app.wanted);
    this.observations.push({
      process,
      at: scheduler.now,
      bad,
      healthy: new Set(healthy.map(({ name }) => name)),
      suspended: this.apps
        .filter(({ suspended, gone, wanted }) => suspended && !gone && wanted)
        .map(({ name }) => name),
      gone: new Set(this.apps.filter(({ gone, wanted }) => gone && wanted).map(({ name }) => name)),
      revision: this.revision,
      running: this.running?.complete === true ? this.running.release : undefined,
      edited: this.edited,
      read: new Set(type === undefined ? [] : [type]),
      failed: false,
    });
  }

  unobserved(process: SimProcess): void {
    const last = this.observations.at(-1);
    if (last?.process === process && last.at === scheduler.now) last.failed = true;
  }

  /**
   * The apps whose latest status shows that they are unhealthy.
   * @param since when a process began to verify
   */
  badApps(since: number): App[] {
    return this.apps.filter((app) => this.#isBad(app, since));
  }

  #isBad(app: App, since: number): boolean {
    if (app.suspended || !app.wanted) return false;
    if (app.gone) return true;
    const news = this.#lastNews(app);
    return news < since || wasDown(app, news);
  }

  /** The time that an app's latest status describes. */
  #lastNews({ type, reconciledAt }: App): number {
    if (!isFluxs({ type })) return scheduler.now;
    if (type === "route") return this.#lastProbe();
    return Math.max(reconciledAt, Math.floor(scheduler.now / this.reconcileMs) * this.reconcileMs);
  }

  #lastProbe(): number {
    return Math.floor(scheduler.now / this.probeMs) * this.probeMs;
  }

  #statuses(path: string): unknown {
    const probes = [2, 1, 0].map((back) => this.#lastProbe() - back * this.probeMs);
    const statuses = this.apps
      .filter((app) => app.type === "route" && !app.gone && app.wanted)
      .map((app) => ({
        key: `_${app.name}`,
        results: probes.map((at) => ({ success: !wasDown(app, at), timestamp: new Date(at).toISOString() })),
      }));
    if (path === "/statuses") return statuses;
    const found = statuses.find(({ key }) => path === `/${encodeURIComponent(key)}/statuses`);
    if (found === undefined) throw new EdgefirstError("not found (404)");
    return found;
  }

  #fluxObjects(): KubeObject[] {
    const here = this.apps.filter((app) => isFluxs(app) && !app.gone && app.wanted);
    const root = { name: "cluster-apps", namespace: "flux-system", generation: 1 };
    const condition = { type: "Ready", status: "True" };
    return [
      {
        apiVersion: "source.toolkit.fluxcd.io/v1",
        kind: "GitRepository",
        metadata: { name: "repository", namespace: "flux-system", generation: 1 },
        spec: { url: "https://example.com/repository", ref: this.ref },
        status: { conditions: [condition], artifact: { revision: this.revision } },
      },
      {
        apiVersion: "kustomize.toolkit.fluxcd.io/v1",
        kind: "Kustomization",
        metadata: root,
        spec: { sourceRef: { kind: "GitRepository", name: "repository" } },
        status: { conditions: [condition], lastAppliedRevision: this.revision },
      },
      ...here.map((app) => appObject(app, wasDown(app, this.#lastNews(app)), this.revision)),
    ].map((object) => this.#withRequest(object));
  }

  #withRequest(object: KubeObject): KubeObject {
    const request = this.#requests.get(describeObject(object));
    if (request === undefined) return object;
    const { requested, handled } = request;
    return {
      ...object,
      metadata: { ...object.metadata, annotations: { [REQUESTED_AT]: requested } },
      status: { ...(object.status as object), ...(handled && { lastHandledReconcileAt: requested }) },
    };
  }

  #shown(object: KubeObject): KubeObject {
    const down = this.apps.some((app) => app.type === "deployment" && app.down);
    const smoke = this.apps.find(({ type }) => type === "job");
    const status =
      object.kind === "Job" && smoke !== undefined
        ? this.jobs.statusOf(object.metadata.name, smoke)
        : ownStatus(object, down);
    return { ...object, ...(status !== undefined && { status }) };
  }
}

/** The field manager that the program uses to apply objects. */
export const PROGRAM = FIELD_MANAGER;

/** Merges as server-side apply does: applied fields win, and all others stay. */
const merge = (live: unknown, applied: unknown): unknown =>
  isMap(live) && isMap(applied) ? mergedMaps(live, applied) : applied;
