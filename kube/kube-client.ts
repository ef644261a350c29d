import * as https from "node:https";
import { setTimeout } from "node:timers/promises";
import { EdgefirstError } from "../lib/errors.ts";
import { apiError } from "./api-error.ts";
import type { ApplyOptions, LiveCluster, ObjectReference } from "./client.ts";
import { readBody, sendJson } from "./http.ts";
import { loadKubeconfig, type ClusterAddress } from "./kubeconfig.ts";
import type { KubeObject } from "./objects.ts";
import type { ClusterAccess } from "./plain-kubeconfig.ts";

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

interface Response {
  readonly status: number;
  readonly body: unknown;
  /** Header `Date`. */
  readonly date: string | undefined;
}

/** Long enough for a healthy API server under load, short enough that a dead one is an answer and no hang. */
const TIMEOUT_MS = 5_000;

/**
 * A small client for objects of any kind, in plain JSON as the API server sends them. The generated clients drop fields that they do
 * not know, which a comparison of declared and live objects cannot afford.
 */
export class KubeClient implements LiveCluster {
  readonly context: string;
  readonly server: string;
  readonly #access: ClusterAccess;
  readonly #agent = new https.Agent({ keepAlive: true, maxSockets: 10 });
  readonly #discovered = new Map<string, Promise<readonly ApiResource[]>>();

  /** @throws {EdgefirstError} where the kubeconfig cannot be read or has no such context. */
  constructor(address: ClusterAddress) {
    this.context = address.context;
    this.#access = loadKubeconfig(address);
    this.server = this.#access.server.replace(/\/$/, "");
  }

  /** The API server's version, such as `v1.36.3`. Call it first: it fails where the cluster cannot be reached. */
  async version(): Promise<string> {
    const { gitVersion } = (await this.#expect("GET", "/version")) as { gitVersion?: string };
    if (gitVersion !== undefined) return gitVersion;
    throw new EdgefirstError(
      `${this.server} (context ${this.context}) answers, and is no Kubernetes API server.`,
      "Check the server of this context in the kubeconfig.",
    );
  }

  /** The API server's clock, in milliseconds since the epoch, to the second; this machine's where a proxy before it takes the header away. */
  async time(): Promise<number> {
    const response = await this.#request("GET", "/version");
    this.#checked("GET", "/version", response);
    const time = Date.parse(response.date ?? "");
    return Number.isNaN(time) ? Date.now() : time;
  }

  async get(reference: ObjectReference): Promise<KubeObject | undefined> {
    const path = await this.#path(reference.apiVersion, reference.kind, reference.metadata);
    if (path === undefined) return undefined;
    const response = await this.#request("GET", path);
    if (response.status === 404) return undefined;
    return this.#checked("GET", path, response) as KubeObject;
  }

  async list(apiVersion: string, kind: string, namespace?: string): Promise<KubeObject[]> {
    const path = await this.#path(apiVersion, kind, namespace === undefined ? {} : { namespace });
    if (path === undefined) return [];
    const { items } = (await this.#expect("GET", path)) as { items: KubeObject[] };
    return items.map((item) => ({ ...item, apiVersion, kind }));
  }

  async serves(apiVersion: string, kind: string): Promise<boolean> {
    return (await this.#resource(apiVersion, kind)) !== undefined;
  }

  /** Applies an object on the server side and returns what the server stored, or would store. */
  async apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
    const path = await this.#existingPath(object);
    const query = new URLSearchParams({
      fieldManager: options.fieldManager,
      ...(options.force === true && { force: "true" }),
      ...(options.dryRun === true && { dryRun: "All" }),
    });
    return (await this.#expect("PATCH", `${path}?${query.toString()}`, object)) as KubeObject;
  }

  read(path: string): Promise<unknown> {
    return this.#expect("GET", path);
  }

  /** Creates an object; for kinds such as SubjectAccessReview whose answer is in what the server returns. */
  async create(
    object: Omit<KubeObject, "metadata"> & { readonly metadata?: { readonly namespace?: string } },
  ): Promise<unknown> {
    const { apiVersion, kind } = object as KubeObject;
    const path = await this.#path(apiVersion, kind, object.metadata ?? {});
    if (path === undefined) throw this.#unknownKind(apiVersion, kind);
    return this.#expect("POST", path, object);
  }

  /** Deletes an object; dependents go in the background. One that is not there is no fault. */
  async delete(reference: ObjectReference): Promise<void> {
    const path = await this.#path(reference.apiVersion, reference.kind, reference.metadata);
    if (path === undefined) return;
    const response = await this.#request("DELETE", path, { propagationPolicy: "Background" });
    if (response.status !== 404) this.#checked("DELETE", path, response);
  }

  /** Ends idle connections, so that the process can end. */
  close(): void {
    this.#agent.destroy();
  }

  async #existingPath(object: KubeObject): Promise<string> {
    const path = await this.#path(object.apiVersion, object.kind, object.metadata);
    if (path === undefined) throw this.#unknownKind(object.apiVersion, object.kind);
    return path;
  }

  #unknownKind(apiVersion: string, kind: string): EdgefirstError {
    return new EdgefirstError(`The cluster ${this.context} does not serve ${apiVersion} ${kind}.`);
  }

  async #path(
    apiVersion: string,
    kind: string,
    at: { readonly name?: string; readonly namespace?: string },
  ): Promise<string | undefined> {
    const resource = await this.#resource(apiVersion, kind);
    if (resource === undefined) return undefined;
    const namespaced = resource.namespaced && (at.namespace !== undefined || at.name !== undefined);
    const namespace = namespaced ? `/namespaces/${encodeURIComponent(at.namespace ?? "default")}` : "";
    const name = at.name === undefined ? "" : `/${encodeURIComponent(at.name)}`;
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
    // A kind that is not served yet may be so a moment later, once its definition is applied, be it the group's first or another one.
    if (found === undefined) this.#discovered.delete(apiVersion);
    return found;
  }

  async #discover(apiVersion: string): Promise<readonly ApiResource[]> {
    const path = groupPath(apiVersion);
    const response = await this.#request("GET", path);
    if (response.status === 404) return [];
    return (this.#checked("GET", path, response) as { resources: ApiResource[] }).resources;
  }

  async #expect(method: string, path: string, body?: unknown): Promise<unknown> {
    return this.#checked(method, path, await this.#request(method, path, body));
  }

  #checked(method: string, path: string, { status, body }: Response): unknown {
    if (status < 300) return body;
    throw apiError({ request: `${method} ${path}`, context: this.context, status, body });
  }

  async #request(method: string, path: string, body?: unknown): Promise<Response> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const options: https.RequestOptions = { method, agent: this.#agent, signal };
    await this.#access.authenticate(options).catch((cause: unknown) => {
      throw this.#withoutCredentials(cause);
    });
    // The library sets an agent of its own; ours keeps connections alive and bounded, and certificates go with each request.
    options.agent = this.#agent;
    options.headers = {
      ...(options.headers as Record<string, string> | undefined),
      accept: "application/json",
      "content-type": method === "PATCH" ? "application/apply-patch+yaml" : "application/json",
    };
    try {
      for (;;) {
        const response = await sendJson(this.server + path, options, body);
        const answer = {
          status: response.statusCode ?? 0,
          body: await readBody(response),
          date: response.headers.date,
        };
        if (answer.status !== 429) return answer;
        // The API server asks for patience: it is overloaded, or makes a new kind's storage. The signal bounds the wait.
        const seconds = Number(response.headers["retry-after"]);
        await setTimeout(1_000 * (Number.isFinite(seconds) ? seconds : 1), undefined, { signal });
      }
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  #withoutCredentials(cause: unknown): EdgefirstError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new EdgefirstError(
      `The context ${this.context} of the kubeconfig gives no way to connect: ${reason}`,
      "Nothing was changed. Log in again, install the program that the context's user names (exec), or mend the kubeconfig.",
      { cause },
    );
  }

  #unreachable(error: unknown): EdgefirstError {
    const { code = "", message } = error as NodeJS.ErrnoException;
    // What OpenSSL makes of the client's own certificate or key, before anything is sent.
    if (code.startsWith("ERR_OSSL"))
      return new EdgefirstError(
        `A certificate or key of the context ${this.context} in the kubeconfig cannot be read: ${message}`,
        "Nothing was changed. The kubeconfig is damaged, or was not written to its end: fetch it anew.",
        { cause: error },
      );
    if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
      return new EdgefirstError(
        `The certificate of ${this.server} (context ${this.context}) is not valid now, at ${new Date().toISOString()}: ${message}`,
        "Nothing was changed. Check the clock of this machine; if it is right, renew the API server's certificate.",
        { cause: error },
      );
    const timedOut = error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");
    const reason = timedOut
      ? `no answer within ${TIMEOUT_MS / 1000} s`
      : error instanceof Error
        ? error.message
        : String(error);
    return new EdgefirstError(
      `The cluster of context ${this.context} cannot be reached at ${this.server}: ${reason}`,
      "Nothing was changed. Check that the cluster runs and that this machine reaches it, then try again.",
      { cause: error },
    );
  }
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
