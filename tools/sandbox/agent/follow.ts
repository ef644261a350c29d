import { setTimeout as delay } from "node:timers/promises";
import { ApiError } from "../../../kube/api-error.ts";
import type { ApiServer } from "../../../kube/api-server.ts";

/** The fields of an object that {@link follow} reads. */
export interface Named {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid: string };
}

/** The objects in a collection, kept up to date. */
export interface Followed<T extends Named> {
  /** By `namespace/name`. */
  readonly items: ReadonlyMap<string, T>;
}

/** Options for following a collection. */
export interface FollowOptions {
  readonly api: ApiServer;
  /** The path of the collection. */
  readonly path: string;
  /** A query that selects some of the objects, such as `fieldSelector=…`. */
  readonly selector?: string;
  /** Whether the kind may not be served yet because its CRD has not been applied; the collection is empty until then. */
  readonly optional?: boolean;
  /** Called for each changed object, one at a time. If it throws, it is called again after a second. */
  readonly reconcile: (key: string) => Promise<void>;
  readonly log: (line: string) => void;
}

interface List<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: T;
}

const RETRY_MS = 1_000;
const UNSERVED_MS = 500;

/** Follows a collection forever: lists it, watches it, and lists it again whenever the watch ends or the API server cannot be reached. */
export function follow<T extends Named>(options: FollowOptions): Followed<T> {
  const items = new Map<string, T>();
  const queue = workQueue(options);
  const listAndWatch = async (): Promise<void> => {
    const query = options.selector === undefined ? "" : `${options.selector}&`;
    const list = await options.api.call<List<T>>("GET", `${options.path}?${query}`);
    const before = new Set(items.keys());
    items.clear();
    for (const item of list.items) items.set(keyOf(item), item);
    // Events may have been missed while there was no watch, so every object counts as changed.
    for (const key of new Set([...before, ...items.keys()])) queue.add(key);
    const { resourceVersion } = list.metadata;
    const watch = `${options.path}?${query}watch=true&resourceVersion=${resourceVersion}`;
    for await (const { type, object } of watchEvents<T>(options.api, watch)) {
      if (type === "ERROR") return;
      if (type === "BOOKMARK") continue;
      if (type === "DELETED") items.delete(keyOf(object));
      else items.set(keyOf(object), object);
      queue.add(keyOf(object));
    }
  };
  void forever(listAndWatch, options);
  return { items };
}

/** The events of a watch, until the server ends it; throws if the connection breaks. */
async function* watchEvents<T>(api: ApiServer, path: string): AsyncGenerator<WatchEvent<T>> {
  const response = await api.open(path);
  let rest = "";
  for await (const chunk of response.setEncoding("utf8")) {
    const lines = (rest + (chunk as string)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as WatchEvent<T>;
  }
}

/** `namespace/name`, or the name alone for a cluster-scoped object. */
export function keyOf({ metadata: { name, namespace } }: Named): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

async function forever(work: () => Promise<void>, { log, path, optional }: FollowOptions): Promise<never> {
  for (;;) {
    try {
      await work();
    } catch (error) {
      if (optional === true && error instanceof ApiError && error.status === 404) {
        await delay(UNSERVED_MS);
        continue;
      }
      log(`${path}: ${String(error)}`);
      await delay(RETRY_MS);
    }
  }
}

function workQueue({ reconcile, log }: FollowOptions): { add: (key: string) => void } {
  const waiting = new Set<string>();
  let busy = false;
  const drain = async (): Promise<void> => {
    for (const key of waiting) {
      waiting.delete(key);
      try {
        await reconcile(key);
      } catch (error) {
        log(`${key}: ${String(error)}`);
        setTimeout(() => {
          add(key);
        }, RETRY_MS);
      }
    }
    busy = false;
  };
  const add = (key: string): void => {
    waiting.add(key);
    if (busy) return;
    busy = true;
    void drain();
  };
  return { add };
}
