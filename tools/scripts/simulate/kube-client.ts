import type { ApplyOptions, ObjectReference } from "../../../kube/client.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import type { MarkableCluster } from "../../../staging/update-mark.ts";
import type { AppType } from "./apps.ts";
import type { SimCluster } from "./cluster.ts";
import { call, currentProcess, scheduler, type SimProcess } from "./scheduler.ts";

/** The type of app whose health a list of objects shows, keyed by the objects' kind. */
const TYPES: Readonly<Record<string, AppType>> = { Kustomization: "kustomization", Deployment: "deployment" };

/** Replaces the client of `kube/kube-client.ts`: the same requests, to a cluster in memory. */
export class KubeClient implements MarkableCluster {
  readonly context: string;
  readonly #process: SimProcess = currentProcess();
  readonly #cluster: SimCluster;

  constructor({ context }: { readonly context: string }) {
    this.context = context;
    const slot = this.#process.args.contexts.get(context);
    if (slot === undefined) throw new EdgefirstError(`The kubeconfig has no context ${context}.`);
    this.#cluster = slot.cluster as SimCluster;
  }

  close(): void {
    // Nothing is open.
  }

  version(): Promise<string> {
    return this.#request(() => "v1.36.3");
  }

  time(): Promise<number> {
    return this.#request(() => Math.floor(scheduler.now / 1_000) * 1_000);
  }

  get(reference: ObjectReference): Promise<KubeObject | undefined> {
    return this.#request((cluster) => cluster.get(reference));
  }

  list(apiVersion: string, kind: string): Promise<KubeObject[]> {
    return this.#request((cluster) => {
      cluster.observed(this.#process, TYPES[kind]);
      return cluster.list(apiVersion, kind);
    });
  }

  serves(): Promise<boolean> {
    return this.#request(() => true);
  }

  apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
    return this.#request((cluster) => {
      if (options.dryRun === true) return cluster.merged(object);
      this.#refuseChange();
      if (object.kind === "Job") cluster.jobs.create(object.metadata.name, this.#process);
      return cluster.apply(object, options.fieldManager);
    });
  }

  annotate(reference: ObjectReference, annotations: Readonly<Record<string, string>>): Promise<boolean> {
    return this.#request((cluster) => {
      this.#refuseChange();
      return cluster.annotate(reference, annotations);
    });
  }

  delete(reference: ObjectReference): Promise<void> {
    return this.#request((cluster) => {
      this.#refuseChange();
      cluster.delete(reference);
    });
  }

  read(path: string): Promise<unknown> {
    return this.#request((cluster) => {
      cluster.observed(this.#process, path.includes("/endpoints/") ? "route" : undefined);
      return cluster.read(path);
    });
  }

  #refuseChange(): void {
    if (this.#process.args.dryRun) throw new Error("a preview changed the cluster");
    if (this.context !== this.#process.args.stack)
      throw new Error("a gate changed the cluster of another stack");
  }

  async #request<T>(answer: (cluster: SimCluster) => T): Promise<T> {
    await call(this.#process);
    const cluster = this.#cluster;
    if (!cluster.isReachable()) {
      cluster.unobserved(this.#process);
      if (cluster.timeoutMs > 0) await scheduler.sleep(cluster.timeoutMs, this.#process);
      throw new EdgefirstError(`The cluster of context ${this.context} cannot be reached: ECONNREFUSED`);
    }
    return answer(cluster);
  }
}
