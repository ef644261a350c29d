import { locate } from "../../../gitops/yaml/source.ts";
import { contextFlag, reconcileCommand } from "../../live/reconcile.ts";
import type { Note, StepContext } from "../../step.ts";
import { presentIn, referencesOf } from "./references.ts";
import type { MovingRoot, Phase } from "./root.ts";

/** The manual steps for the phase that the repository reaches with this plan. */
export function runbookOf(
  moving: MovingRoot,
  phase: Phase,
  { clusters, options }: Pick<StepContext, "clusters" | "options">,
): readonly Note[] {
  const { cluster, root, movers, targets } = moving;
  const { perApp } = options.namespace;
  const check = `edgefirst migrate namespace . --check --cluster ${cluster.name} --context <context>`;
  const sync = reconcileCommand(root, cluster, clusters);
  const key = (text: string): string =>
    `set namespace.phases["${cluster.name}"] to ${text} in .edgefirst/migrate.yaml`;
  const lines: Readonly<Record<Phase, readonly string[]>> = {
    before: [],
    guarded: [
      `guard: commit, then run: ${sync}`,
      ...secretsOf(moving).map(
        ([target, secret]) =>
          `create Secret ${target}/${secret}: kubectl -n ${target} create secret generic ${secret} --from-file=age.agekey=<file with the key>${contextFlag(cluster, clusters)}`,
      ),
      `continue only if this exits with 0: ${check}`,
      key("move"),
    ],
    moved: [
      `move: commit, then run: ${sync}; the ${movers.length} ${movers.length === 1 ? "child disappears from its namespace and appears" : "children disappear from their namespaces and appear"} in ${targets.join(", ")}; everything that was applied stays`,
      ...(perApp
        ? [
            "a child that you add later must set its namespace, and the namespace of its source, in its own file, because the patches list only today's children",
          ]
        : []),
      `to go back, revert the move commit, never the guard commit`,
      `continue only if this exits with 0: ${check}`,
      key("unguard"),
    ],
    done: [],
  };
  return lines[phase].map((line) => ({ kind: "runbook", message: line, position: locate(root.origin) }));
}

/** The decryption keys of the children, which a repository does not contain in plain text. */
export function secretsOf({
  cluster,
  movers,
  targets,
  targetOf,
}: MovingRoot): readonly (readonly [string, string])[] {
  return targets.flatMap((target) => {
    const keys = movers
      .filter(({ object }) => targetOf(object) === target)
      .flatMap(({ object }) => referencesOf(object))
      .filter(({ use, kind }) => use === "decryption" && kind === "Secret")
      .filter(({ kind, name }) => !presentIn(cluster, { kind, namespace: target, name }));
    return [...new Set(keys.map(({ name }) => name))].map((name) => [target, name] as const);
  });
}
