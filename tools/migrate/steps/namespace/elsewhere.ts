import { locate } from "../../../gitops/yaml/source.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import type { Note, StepContext } from "../../step.ts";
import { howKept, isKept, keeperOf } from "./keepers.ts";
import type { Sought } from "./missing.ts";
import type { MovingRoot } from "./root.ts";

/** Whether a dependency is neither in the repository nor in the options, so that only its owner knows whether it moves. */
export function isUndecided([first]: readonly Sought[], { options }: StepContext): boolean {
  return (
    first?.reference.use === "dependsOn" && !options.namespace.dependencies.includes(first.reference.name)
  );
}

/** One note for all undecided dependencies, because a child often has several. */
export function decisions(
  undecided: readonly (readonly Sought[])[],
  { root, targets }: MovingRoot,
): readonly Note[] {
  const sought = undecided.flat();
  if (sought.length === 0) return [];
  const names = [...new Set(sought.map(({ reference }) => reference.name))].toSorted();
  const today = [...new Set(sought.map(({ former, reference }) => (former ?? reference).namespace))];
  const what =
    names.length === 1
      ? `a child depends on Kustomization ${names.join()}, which is not in the repository. If it stays in ${today.join(", ")}, list it`
      : `children depend on ${names.length} Kustomizations that are not in the repository: ${names.join(", ")}. List each that stays in ${today.join(", ")}`;
  const moves = names.length === 1 ? "if it moves" : "each that moves";
  return [
    {
      kind: "refused",
      message: `cannot move: ${what} under namespace.staying in ${OPTIONS_FILE}; ${moves} to ${targets.join(", ")} too, under namespace.dependencies`,
      position: locate(root.origin),
    },
  ];
}

/** What must exist on the cluster before the move, and what keeps it there. */
export function onlyLive(
  group: readonly Sought[],
  { cluster, root }: MovingRoot,
  { repository }: StepContext,
): readonly Note[] {
  const [first] = group;
  if (!first) return [];
  const { reference, former } = first;
  const { use, kind, name, optional } = reference;
  const namespaces = [...new Set(group.map((sought) => sought.reference.namespace))];
  const what = `${kind} ${namespaces.map((one) => `${one}/${name}`).join(", ")} (${use})`;
  const today = `${former?.namespace ?? ""}/${name}`;
  const condition = optional
    ? `must exist if ${today} does`
    : use === "decryption" && kind === "ServiceAccount"
      ? `must exist, and the key service must trust it as it trusts ${today}`
      : "must exist";
  const keeper =
    former && !namespaces.every((namespace) => isKept(cluster, { kind, namespace, name }))
      ? keeperOf(cluster, former)
      : undefined;
  const kept = keeper ? ` (${howKept(keeper, namespaces.join(", "), repository)})` : "";
  const message = `before the commit: ${what} ${condition}${kept}; --check verifies it`;
  return [{ kind: "runbook", message, position: locate(root.origin) }];
}
