import { ApiError } from "../../../kube/api-error.ts";
import type { ApiServer } from "../../../kube/api-server.ts";

/** The data of a ConfigMap or Secret, as bytes. */
export type ObjectData = ReadonlyMap<string, Buffer>;

/** Thrown when something that a pod needs does not exist yet; the message names it. */
export class MissingError extends Error {
  override readonly name = "MissingError";
}

interface KubeData {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** Reads the objects that the pods in a namespace refer to, with a node's permissions, which cover no other objects. */
export class PodObjects {
  readonly #api: ApiServer;
  readonly #namespace: string;

  constructor(api: ApiServer, namespace: string) {
    this.#api = api;
    this.#namespace = namespace;
  }

  /** An object's data; empty for a missing optional object. @throws MissingError for a missing required one. */
  async data(kind: "configmap" | "secret", name: string, optional = false): Promise<ObjectData> {
    const object = await this.#read<KubeData>(`${kind}s/${name}`);
    if (object === undefined && !optional) throw new MissingError(`${kind} "${name}" not found`);
    const encoding = kind === "secret" ? ("base64" as const) : ("utf8" as const);
    return new Map([
      ...Object.entries(object?.data ?? {}).map(
        ([key, value]) => [key, Buffer.from(value, encoding)] as const,
      ),
      ...Object.entries(object?.binaryData ?? {}).map(
        ([key, value]) => [key, Buffer.from(value, "base64")] as const,
      ),
    ]);
  }

  /** The folder of the volume that a claim is bound to. @throws MissingError until the claim is bound. */
  async claimedFolder(claim: string): Promise<string> {
    const found = await this.#read<{ spec: { volumeName?: string } }>(`persistentvolumeclaims/${claim}`);
    const volume = found?.spec.volumeName;
    const path = volume === undefined ? undefined : `/api/v1/persistentvolumes/${volume}`;
    const object =
      path === undefined ? undefined : await this.#api.find<{ spec: { hostPath?: { path: string } } }>(path);
    const folder = object?.spec.hostPath?.path;
    if (folder === undefined)
      throw new MissingError(`persistentvolumeclaim "${claim}" is not bound to a folder`);
    return folder;
  }

  /** A ServiceAccount token bound to a pod (TokenRequest API). */
  async token(
    serviceAccount: string,
    pod: { readonly name: string; readonly uid: string },
    options: { readonly audience?: string | undefined; readonly expirationSeconds?: number | undefined },
  ): Promise<{ readonly token: string; readonly expires: Date }> {
    const path = `/api/v1/namespaces/${this.#namespace}/serviceaccounts/${serviceAccount}/token`;
    const { status } = await this.#api.call<{ status: { token: string; expirationTimestamp: string } }>(
      "POST",
      path,
      {
        body: {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          spec: {
            ...(options.audience !== undefined && { audiences: [options.audience] }),
            expirationSeconds: options.expirationSeconds ?? 3600,
            boundObjectRef: { apiVersion: "v1", kind: "Pod", ...pod },
          },
        },
      },
    );
    return { token: status.token, expires: new Date(status.expirationTimestamp) };
  }

  async #read<T>(path: string): Promise<T | undefined> {
    try {
      return await this.#api.find<T>(`/api/v1/namespaces/${this.#namespace}/${path}`);
    } catch (error) {
      // The authorizer learns about a pod's references from a watch, as this node does, and may lag behind.
      if (error instanceof ApiError && error.status === 403) throw new MissingError(error.reason);
      throw error;
    }
  }
}
