import { locate } from "../../documents/source.ts";
import type { BuiltCluster } from "../../flux/built.ts";
import { buildRepository } from "../../flux/repository-build.ts";
import type { Edits } from "../edits.ts";
import { nameOf } from "../objects.ts";
import type { Note, StepContext } from "../step.ts";
import { missingAfter } from "./missing.ts";
import { addPatches, movePatch, sourcePatch } from "./patches.ts";
import { referencesOf, type Reference } from "./references.ts";
import { idOf, type MovingRoot } from "./root.ts";

/** Plans the move of a root's children, or says in notes of the kind `left` what stands against it. */
export function planMove(moving: MovingRoot, context: StepContext, edits: Edits): readonly Note[] {
  const { cluster, root, target } = moving;
  const obstacles = [...clashes(moving), ...severalSources(moving)];
  if (obstacles.length > 0) return obstacles;
  const edit = edits.of(root.origin.source.file);
  const document = edit.documentAt(root.origin.offset);
  const { optOutLabel } = context.options.namespace;
  const [source] = sourceNamespaces(moving);
  const patches = [
    ...(source === undefined ? [] : [sourcePatch(source, optOutLabel)]),
    movePatch(target, optOutLabel),
  ];
  if (!addPatches(edit, document, patches))
    return [
      {
        kind: "left",
        message: "no move: spec.patches takes no patch as it is written",
        position: locate(root.origin),
      },
    ];
  const { lost, elsewhere } = missingAfter(cluster, clusterAfter(moving, context, edits));
  return [...lost, ...elsewhere.map((reference) => onlyLive(reference, moving))];
}

/** What the cluster would get with the edits. */
export function clusterAfter(
  { cluster }: MovingRoot,
  { repository }: StepContext,
  edits: Edits,
): BuiltCluster {
  const changes = new Map(edits.changes().map(({ path, text }) => [path, text]));
  const { clusters } = buildRepository(repository.with(changes));
  return clusters.find(({ name }) => name === cluster.name) ?? cluster;
}

function onlyLive({ use, kind, namespace, name }: Reference, { root }: MovingRoot): Note {
  const what = `${kind} ${namespace}/${name} (${use})`;
  const position = locate(root.origin);
  if (use !== "dependsOn")
    return {
      kind: "runbook",
      message: `before the commit: ${what} has to be there; --check looks for it`,
      position,
    };
  return {
    kind: "unknown",
    message: `children would wait for ${what}, which is not in the repository`,
    position,
  };
}

/** Two of one name cannot both be in one namespace. */
function clashes({ children, target }: MovingRoot): readonly Note[] {
  const names = Map.groupBy(children, ({ object }) => nameOf(object).name);
  return [...names.values()].flatMap(([first, ...others]) =>
    first && others.length > 0
      ? [
          {
            kind: "left" as const,
            message: `no move: ${[first, ...others].map(({ object }) => idOf(object)).join(" and ")} would both be ${target}/${nameOf(first.object).name}; rename all but one`,
            position: locate(first.origin),
          },
        ]
      : [],
  );
}

/** Where the sources are that children name without a namespace. */
function sourceNamespaces({ children }: MovingRoot): readonly string[] {
  const sources = children
    .flatMap(({ object }) => referencesOf(object))
    .filter(({ use }) => use === "sourceRef");
  return [...new Set(sources.filter(({ explicit }) => !explicit).map(({ namespace }) => namespace))];
}

/** One patch gives every child the same namespace of its source. */
function severalSources({ children, ...moving }: MovingRoot): readonly Note[] {
  const implied = sourceNamespaces({ children, ...moving });
  if (implied.length === 0) return [];
  return children
    .filter(({ object }) => {
      const source = referencesOf(object).find(({ use }) => use === "sourceRef");
      return source !== undefined && source.namespace !== implied[0];
    })
    .map(({ object, origin }) => {
      const message = `no move: the source of ${idOf(object)} is in another namespace than ${implied[0] ?? ""}; name the namespace in every sourceRef`;
      return { kind: "left", message, position: locate(origin) };
    });
}
