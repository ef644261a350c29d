import type { Origin } from "../yaml/source.ts";
import { BuildError, TwiceError, UnmatchedError } from "../problem.ts";
import type { Resource } from "./resource.ts";
import { describeId, effectiveNamespace, sameId, type ResourceId } from "./resource-id.ts";

/** The objects in a build in load order, indexed by name. */
export class Resources {
  readonly #list: Resource[] = [];
  readonly #byName = new Map<string, Resource[]>();

  get all(): readonly Resource[] {
    return this.#list;
  }

  /** @throws BuildError if an object with the same id exists */
  append(resource: Resource): void {
    const [other] = this.withCurrentId(resource.id);
    if (other) {
      const { source, offset } = other.origin;
      const { file, line } = source.locate(offset);
      const subject = describeId(resource.id);
      if (source === resource.origin.source && offset === resource.origin.offset)
        throw new TwiceError(subject, resource.origin);
      throw new BuildError(`${subject} exists already, from ${file}:${line}`, resource.origin);
    }
    this.#list.push(resource);
    this.#index(resource, resource.name);
    for (const { name } of resource.previousIds) this.#index(resource, name);
  }

  /** Must be called after a resource's name has changed. */
  renamed(resource: Resource): void {
    this.#index(resource, resource.name);
  }

  remove(resource: Resource): void {
    this.#list.splice(this.#list.indexOf(resource), 1);
    for (const named of this.#byName.values()) {
      const index = named.indexOf(resource);
      if (index >= 0) named.splice(index, 1);
    }
  }

  /** Replaces an object with another of the same name. */
  replace(old: Resource, replacement: Resource): void {
    this.#list[this.#list.indexOf(old)] = replacement;
    for (const named of this.#byName.values()) {
      const index = named.indexOf(old);
      if (index >= 0) named[index] = replacement;
    }
    this.#index(replacement, replacement.name);
  }

  /** Objects that have, or once had, the given name. */
  everNamed(name: string): readonly Resource[] {
    return this.#byName.get(name) ?? [];
  }

  withCurrentId(id: ResourceId): readonly Resource[] {
    return this.everNamed(id.name).filter((resource) => sameId(resource.id, id));
  }

  withAnyId(id: ResourceId): readonly Resource[] {
    return this.everNamed(id.name).filter((resource) => resource.ids.some((own) => sameId(own, id)));
  }

  /** The only object that has, or once had, the given id. @throws BuildError with the location `from` if there is none, or more than one */
  one(id: ResourceId, from: Origin): Resource {
    const found = this.withAnyId(id);
    const [only] = found;
    if (only && found.length === 1) return only;
    const namespace = effectiveNamespace(id);
    const what = `${id.gvk.kind} ${id.name} (${id.gvk.group === "" ? "" : `${id.gvk.group}/`}${id.gvk.version}, namespace ${namespace})`;
    throw only
      ? new BuildError(`the patch matches several objects: ${what}`, from)
      : new UnmatchedError(`the patch matches no object: ${what}`, from, {
          kind: id.gvk.kind,
          name: id.name,
        });
  }

  #index(resource: Resource, name: string): void {
    const named = this.#byName.get(name);
    if (!named) this.#byName.set(name, [resource]);
    else if (!named.includes(resource)) named.push(resource);
  }
}
