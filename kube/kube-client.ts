import { EdgefirstError } from "../lib/errors.ts";
import { ApiServer } from "./api-server.ts";
import type { ApplyOptions, LiveCluster, ObjectReference } from "./client.ts";
import { loadKubeconfig, type ClusterAddress } from "./kubeconfig.ts";
import type { KubeObject } from "./objects.ts";

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Field manager of {@link KubeClient.annotate}. Not {@link FIELD_MANAGER}, which marks an object as applied by a stack. */
const ANNOTATOR = "edgefirst-verify";

/**
 * A small client for objects of any kind, in plain JSON as the API server sends them. Generated clients drop fields that they do not know,
 * which would distort a comparison of declared and live objects.
 */
export class KubeClient extends ApiServer implements LiveCluster {
  readonly #discovered = new Map<string, Promise<readonly ApiResource[]>>();

  /**
   * @param timeoutMs how long a request may take; 5 s if omitted
   * @throws {EdgefirstError} if the kubeconfig cannot be read or has no such context.
   */
  constructor(address: ClusterAddress, timeoutMs?: number) {
    super(address.context, loadKubeconfig(address), timeoutMs);
  }

  /** The API server's version, such as `v1.36.3`. Call it first: it fails if the cluster cannot be reached. */
  async version(): Promise<string> {
    const { gitVersion } = await this.call<{ gitVersion?: string }>("GET", "/version");
    if (gitVersion !== undefined) return gitVersion;
    throw new EdgefirstError(
      `${this.server} (context ${this.context}) responds, but is not a Kubernetes API server.`,
      "Check the server URL of this context in the kubeconfig.",
    );
  }

  async get(reference: ObjectReference): Promise<KubeObject | undefined> {
    const path = await this.#path(reference.apiVersion, reference.kind, reference.metadata);
    return path === undefined ? undefined : this.find<KubeObject>(path);
  }

  async list(apiVersion: string, kind: string, namespace?: string): Promise<KubeObject[]> {
    const path = await this.#path(apiVersion, kind, namespace === undefined ? {} : { namespace });
    if (path === undefined) return [];
    const { items } = await this.call<{ items: KubeObject[] }>("GET", path);
    return items.map((item) => ({ ...item, apiVersion, kind }));
  }

  async serves(apiVersion: string, kind: string): Promise<boolean> {
    return (await this.#resource(apiVersion, kind)) !== undefined;
  }

  /** Applies an object on the server side and returns what the server stored, or would store. */
  async apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
    const path = await this.#servedPath(object.apiVersion, object.kind, object.metadata);
    const query = new URLSearchParams({
      fieldManager: options.fieldManager,
      ...(options.force === true && { force: "true" }),
      ...(options.dryRun === true && { dryRun: "All" }),
    });
    const contentType = "application/apply-patch+yaml";
    return this.call("PATCH", `${path}?${query.toString()}`, { body: object, contentType });
  }

  read(path: string): Promise<unknown> {
    return this.call("GET", path);
  }

  /** Creates an object and returns the response, which is the result for kinds such as SubjectAccessReview. */
  async create(
    object: Omit<KubeObject, "metadata"> & { readonly metadata?: { readonly namespace?: string } },
  ): Promise<unknown> {
    const { apiVersion, kind } = object as KubeObject;
    const path = await this.#servedPath(apiVersion, kind, object.metadata ?? {});
    return this.call("POST", path, { body: object });
  }

  /** Sets annotations on an object. @returns false if the object does not exist */
  async annotate(
    reference: ObjectReference,
    annotations: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    const path = await this.#path(reference.apiVersion, reference.kind, reference.metadata);
    if (path === undefined) return false;
    const patched = this.call("PATCH", `${path}?fieldManager=${ANNOTATOR}`, {
      body: { metadata: { annotations } },
      contentType: "application/merge-patch+json",
    });
    return (await this.unlessAbsent(patched)) !== undefined;
  }

  /** Deletes an object, if it exists; its dependents are deleted in the background. */
  async delete(reference: ObjectReference): Promise<void> {
    const path = await this.#path(reference.apiVersion, reference.kind, reference.metadata);
    if (path === undefined) return;
    await this.unlessAbsent(this.call("DELETE", path, { body: { propagationPolicy: "Background" } }));
  }

  /** @throws {EdgefirstError} if the kind is not served. */
  async #servedPath(apiVersion: string, kind: string, object: ObjectPlace): Promise<string> {
    const path = await this.#path(apiVersion, kind, object);
    if (path !== undefined) return path;
    throw new EdgefirstError(`The cluster ${this.context} does not serve ${apiVersion} ${kind}.`);
  }

  async #path(apiVersion: string, kind: string, object: ObjectPlace): Promise<string | undefined> {
    const resource = await this.#resource(apiVersion, kind);
    if (resource === undefined) return undefined;
    const namespaced = resource.namespaced && (object.namespace !== undefined || object.name !== undefined);
    const namespace = namespaced ? `/namespaces/${encodeURIComponent(object.namespace ?? "default")}` : "";
    const name = object.name === undefined ? "" : `/${encodeURIComponent(object.name)}`;
    return `${groupPath(apiVersion)}${namespace}/${resource.name}${name}`;
  }

  async #resource(apiVersion: string, kind: string): Promise<ApiResource | undefined> {
    let resources = this.#discovered.get(apiVersion);
    if (resources === undefined) {
      resources = this.#discover(apiVersion);
      this.#discovered.set(apiVersion, resources);
      void resources.catch(() => this.#discovered.delete(apiVersion));
    }
    const found = (await resources).find(
      (resource) => resource.kind === kind && !resource.name.includes("/"),
    );
    // The API server starts to serve a kind some time after its CRD is applied, even if it already serves other kinds of the group.
    if (found === undefined) this.#discovered.delete(apiVersion);
    return found;
  }

  async #discover(apiVersion: string): Promise<readonly ApiResource[]> {
    const group = await this.find<{ resources: ApiResource[] }>(groupPath(apiVersion));
    return group?.resources ?? [];
  }
}

/** Identifies an object within its kind; without a name, the collection. */
interface ObjectPlace {
  readonly name?: string;
  readonly namespace?: string;
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
