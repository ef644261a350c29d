import type { KubeObject } from "../../../kube/objects.ts";
import { describeObject } from "../../../kube/objects.ts";
import {
  DIRECTIVES_OUTPUT,
  directivesProject,
  NO_DIRECTIVES,
  withDirective,
  type Directive,
  type Directives,
} from "../../../staging/directives.ts";
import type { SimProcess } from "./scheduler.ts";

/** A stack as stored in the state backend. */
export interface StoredStack {
  outputs: Readonly<Record<string, unknown>>;
  /** When the outputs were stored. */
  storedAt: number;
  /** The objects as the engine last applied them, keyed by name. */
  readonly objects: Map<string, KubeObject>;
  provider: object | undefined;
  /** The update that holds the stack's lock. */
  lock: SimProcess | undefined;
}

/** The state backend, in which the engine stores stacks. */
export class Backend {
  readonly #stacks = new Map<string, StoredStack>();
  readonly #directives = new Map<string, Directives>();
  /** While the backend is down, nothing can be read from it. */
  isDown = false;

  stack(name: string): StoredStack {
    let stored = this.#stacks.get(name);
    if (stored === undefined) {
      stored = { outputs: {}, storedAt: 0, objects: new Map(), provider: undefined, lock: undefined };
      this.#stacks.set(name, stored);
    }
    return stored;
  }

  /** The decisions about a stack, as the commands store them. */
  directives(name: string): Directives {
    return this.#directives.get(name) ?? NO_DIRECTIVES;
  }

  direct(name: string, directive: Directive): void {
    this.#directives.set(name, withDirective(this.directives(name), directive));
  }

  outputsOf(fullName: string): unknown {
    const [, project, name = ""] = fullName.split("/");
    const outputs =
      project === directivesProject("edgefirst") && this.#directives.has(name) && !this.isDown
        ? { [DIRECTIVES_OUTPUT]: this.directives(name) }
        : this.#named(fullName).outputs;
    // Copied as JSON, so that no two stacks share an object.
    return JSON.parse(JSON.stringify(outputs));
  }

  resourcesOf(fullName: string): Record<string, unknown> {
    const { objects, provider } = this.#named(fullName);
    const resources = [...objects.values()].map((object) => [
      `urn:pulumi:x::edgefirst::${describeObject(object)}`,
      { type: `kubernetes:${object.apiVersion}:${object.kind}`, outputs: object },
    ]);
    const providers =
      provider === undefined
        ? []
        : [["urn:pulumi:x::edgefirst::cluster", { type: "pulumi:providers:kubernetes", outputs: provider }]];
    return Object.fromEntries([...resources, ...providers]) as Record<string, unknown>;
  }

  #named(fullName: string): StoredStack {
    if (this.isDown) throw new Error("invocation of x returned an error: the backend does not answer");
    const [, project, name = ""] = fullName.split("/");
    if (project !== "edgefirst")
      throw new Error(`invocation of x returned an error: unknown stack ${fullName}`);
    return this.stack(name);
  }
}
