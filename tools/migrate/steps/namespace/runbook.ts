import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { contextFlag, reconcileCommand } from "../../live/reconcile.ts";
import type { Note, StepContext } from "../../step.ts";
import { presentIn, referencesOf, type Reference } from "./references.ts";
import type { MovingRoot, Phase } from "./root.ts";
import { nameOf } from "../../objects.ts";
import { howKept, isKept, keeperOf, type Keeper } from "./keepers.ts";
import { bringsSecret, isBrought, targetFiles } from "./target.ts";

/** The manual steps for the phase that the repository reaches with this plan. */
export function runbookOf(
  moving: MovingRoot,
  phase: Phase,
  { clusters, options, repository }: Pick<StepContext, "clusters" | "options" | "repository">,
): readonly Note[] {
  const { cluster, root, movers, targets } = moving;
  const { perApp } = options.namespace;
  const check = `edgefirst migrate namespace . --check --cluster ${cluster.name} --context <context>`;
  const added = targetFiles(moving, repository).changes;
  const sync = reconcileCommand(root, cluster, { clusters, repository }, phase === "guarded" ? added : []);
  const flag = contextFlag(cluster, clusters);
  const key = (text: string): string =>
    `set namespace.phases["${cluster.name}"] to ${text} in .edgefirst/migrate.yaml`;
  const lines: Readonly<Record<Phase, readonly string[]>> = {
    before: [],
    guarded: [
      `guard: commit, then run: ${sync}`,
      ...secretsMissing(moving, ["decryption", "substituteFrom"]).flatMap((secret) =>
        newSecret(secret, moving, flag, repository),
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

/** A Secret that children need in their target namespace. */
interface NeededSecret {
  readonly target: string;
  /** Where the Secret is today. */
  readonly namespace: string;
  readonly name: string;
  /** Whether the repository contains it where it is today: then it has to contain the new one, too, or the move is refused. */
  readonly isWritten: boolean;
  /** What creates the Secret where it is today. */
  readonly keeper: Keeper | undefined;
}

/** How to bring a Secret to its target namespace; nothing for one that a controller will create there. */
function newSecret(
  { target, namespace, name, isWritten, keeper }: NeededSecret,
  moving: MovingRoot,
  flag: string,
  repository: Repository,
): readonly string[] {
  if (isWritten)
    return [
      `add Secret ${target}/${name} to this repository, where a Kustomization with spec.decryption applies it, with the contents of ${namespace}/${name}: because the repository contains that one, the move is refused without it, even if you create it by hand`,
    ];
  const copy = `kubectl -n ${namespace} get secret ${name} -o json${flag} | jq '{apiVersion, kind, type, data, metadata: {name: .metadata.name}}' | kubectl -n ${target} create -f -${flag}`;
  if (!keeper) return [`create Secret ${target}/${name} with the contents of ${namespace}/${name}: ${copy}`];
  const isThere = isKept(moving.cluster, { kind: "Secret", namespace: target, name });
  if (isThere || isBrought(keeper.built, moving, target)) return [];
  // Other controllers than the External Secrets Operator may leave alone what they have not created.
  const first = scalarText(keeper.built.object.kind).endsWith("ExternalSecret")
    ? `; if the Secret is needed before the controller has made it: ${copy}`
    : "";
  return [
    `bring Secret ${target}/${name} to ${target} in the guard's commit, as ${namespace}/${name} is there: ${howKept(keeper, target, repository)}. A copy by hand keeps its old values, and a cluster that is built again lacks it${first}`,
  ];
}

/** The Secrets that the children use in one of these ways, and that the repository does not bring to their target namespace. */
export function secretsMissing(
  moving: MovingRoot,
  uses: readonly Reference["use"][],
): readonly NeededSecret[] {
  const { cluster, root, movers, targets, targetOf } = moving;
  const { namespace: own } = nameOf(root.object);
  return targets.flatMap((target) => {
    const secrets = movers
      .filter(({ object }) => targetOf(object) === target)
      .flatMap(({ object }) => referencesOf(object))
      .filter(({ use, kind }) => uses.includes(use) && kind === "Secret")
      // An optional one may not exist; the move names those, and --check looks for them.
      .filter(({ optional }) => !optional)
      .filter(({ kind, name }) => !presentIn(cluster, { kind, namespace: target, name }))
      // The settings Kustomization deploys what the repository contains of these.
      .filter((reference) => reference.use !== "substituteFrom" || !presentIn(cluster, reference));
    return [...Map.groupBy(secrets, ({ name }) => name)]
      .filter(([name]) => !bringsSecret(moving, target, name))
      .map(([name, same]) => {
        const places = same.map(({ namespace }) => namespace);
        const written = places.find((namespace) => presentIn(cluster, { kind: "Secret", namespace, name }));
        const keeperIn = (namespace: string): Keeper | undefined =>
          keeperOf(cluster, { kind: "Secret", namespace, name });
        const kept = places.find((namespace) => keeperIn(namespace) !== undefined);
        const namespace = written ?? kept ?? (places.includes(own) ? own : (places[0] ?? own));
        return { target, namespace, name, isWritten: written !== undefined, keeper: keeperIn(namespace) };
      });
  });
}
