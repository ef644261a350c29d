import { counted } from "../../../lib/counted.ts";
import { RefusedError } from "../problem.ts";
import type { BuiltKustomization } from "./built.ts";
import type { MissingVariable } from "./substitution.ts";

interface Missing extends MissingVariable {
  /** How many objects have the variable. */
  objects: number;
}

/** The variables that the Kustomizations of a cluster use without defining them. */
export class MissingVariables {
  readonly #found = new Map<BuiltKustomization, Map<string, Missing>>();

  get isEmpty(): boolean {
    return this.#found.size === 0;
  }

  add(variable: MissingVariable, kustomization: BuiltKustomization): void {
    const own = this.#found.get(kustomization) ?? new Map<string, Missing>();
    this.#found.set(kustomization, own);
    const known = own.get(variable.name);
    if (known) known.objects++;
    else own.set(variable.name, { ...variable, objects: 1 });
  }

  /**
   * One error per Kustomization and variable, at its first place, as a strict Flux applies nothing of the Kustomization.
   * @param describe names a Kustomization
   * @param flux the Flux that does so
   */
  refused(describe: (kustomization: BuiltKustomization) => string, flux: string): readonly RefusedError[] {
    return [...this.#found].flatMap(([kustomization, own]) => {
      kustomization.refusesMissing = true;
      return [...own.values()].map(({ name, origin, objects }) => {
        const more = objects > 1 ? ` and ${counted(objects - 1, "more object")}` : "";
        const message = `${describe(kustomization)} does not define \${${name}}, which this object${more} ${objects > 1 ? "need" : "needs"}, so ${flux} applies nothing of it: define it in spec.postBuild, or write $\${${name}} for a literal \${${name}}`;
        return new RefusedError(message, origin());
      });
    });
  }
}
