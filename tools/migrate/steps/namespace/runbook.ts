import { locate } from "../../../gitops/yaml/source.ts";
import type { NamespaceOptions } from "./options.ts";
import type { Note } from "../../step.ts";
import { presentIn, referencesOf } from "./references.ts";
import { nameOf } from "../../objects.ts";
import type { MovingRoot, Phase } from "./root.ts";

/** What a person does live, at the phase that the repository is in after this plan. */
export function runbookOf(moving: MovingRoot, phase: Phase, { perApp }: NamespaceOptions): readonly Note[] {
  const { cluster, root, movers, targets } = moving;
  const { namespace: own, name } = nameOf(root.object);
  const check = `edgefirst migrate namespace . --check --cluster ${cluster.name} --context <context>`;
  // A change of the root itself arrives by the Kustomization above it.
  const above = root.kustomization && nameOf(root.kustomization.object);
  const sync = [
    ...(above ? [`flux -n ${above.namespace} reconcile kustomization ${above.name} --with-source`] : []),
    `flux -n ${own} reconcile kustomization ${name}${above ? "" : " --with-source"}`,
  ].join(" && ");
  const key = (text: string): string =>
    `in .edgefirst/migrate.yaml, namespace.phases["${cluster.name}"]: ${text}`;
  const lines: Readonly<Record<Phase, readonly string[]>> = {
    before: [],
    guarded: [
      `guard: commit, then: ${sync}`,
      ...secretsOf(moving).map(
        ([target, secret]) =>
          `make Secret ${target}/${secret}: kubectl -n ${target} create secret generic ${secret} --from-file=age.agekey=<file with the key>`,
      ),
      `go on only where this exits with 0: ${check}`,
      key("move"),
    ],
    moved: [
      `move: commit, then: ${sync}; the ${movers.length} children go from their namespaces, and come in ${targets.join(", ")}; what they have applied stays`,
      ...(perApp
        ? [
            "a child that comes later says its namespace and that of its source in its own file: the patches name those of today",
          ]
        : []),
      `to go back: git revert the commit of the move, never that of the guard`,
      `go on only where this exits with 0: ${check}`,
      key("unguard"),
    ],
    done: [],
  };
  return lines[phase].map((line) => ({ kind: "runbook", message: line, position: locate(root.origin) }));
}

/** The keys by which children decrypt; a repository does not hold them in clear. */
function secretsOf({
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
