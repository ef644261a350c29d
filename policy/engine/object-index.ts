import type { KubeObject } from "../../kube/objects.ts";

/** A group and a kind, of any version. The core group is "". */
export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** The group in an `apiVersion`; "" for the core group. */
export function groupOf({ apiVersion }: Pick<KubeObject, "apiVersion">): string {
  const slash = apiVersion.lastIndexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

/** The HelmRelease of each object that a chart renders. */
export type RenderedBy = ReadonlyMap<KubeObject, KubeObject>;

/** The objects in one stack, or in one cluster of a repository, by kind and name. */
export class ObjectIndex {
  readonly #all: readonly KubeObject[];
  readonly #byKind: ReadonlyMap<string, readonly KubeObject[]>;
  readonly #byName = new Map<string, KubeObject>();
  readonly #rendered: ReadonlySet<KubeObject>;

  /** @param renderedBy the HelmRelease of each object that its chart renders */
  constructor(objects: readonly KubeObject[], renderedBy: RenderedBy = new Map()) {
    this.#all = objects;
    this.#rendered = new Set(renderedBy.values());
    this.#byKind = Map.groupBy(objects, (object) => kindKey({ group: groupOf(object), kind: object.kind }));
    for (const object of objects) {
      const { name, namespace } = object.metadata;
      const key = nameKey({ group: groupOf(object), kind: object.kind }, namespace, name);
      // A manifest without `spec` only adds to the object that another owner creates.
      if (object.spec !== undefined || !this.#byName.has(key)) this.#byName.set(key, object);
    }
  }

  all(): readonly KubeObject[] {
    return this.#all;
  }

  ofKind(kind: GroupKind): readonly KubeObject[] {
    return this.#byKind.get(kindKey(kind)) ?? [];
  }

  /** Whether the objects include those that a HelmRelease's chart renders, so that no rule needs to guess them from its values. */
  isRendered(release: KubeObject): boolean {
    return this.#rendered.has(release);
  }

  /** @param namespace undefined for a cluster-scoped object */
  get(kind: GroupKind, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#byName.get(nameKey(kind, namespace, name));
  }
}

function kindKey({ group, kind }: GroupKind): string {
  return `${group}/${kind}`;
}

function nameKey(kind: GroupKind, namespace: string | undefined, name: string): string {
  return `${kindKey(kind)}/${namespace ?? ""}/${name}`;
}
