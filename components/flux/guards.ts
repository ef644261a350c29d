import { parseDocument } from "../../lib/quiet-yaml.ts";
import type { Finding } from "../../kube/client.ts";
import { buildsTheSame, id, type LiveKustomization, type LiveRoots } from "./live.ts";
import type { FluxPlacementArgs } from "./placement.ts";
import type { FluxRootArgs } from "./root.ts";

const GUARD =
  "First guard the children: set edgefirst:flux.root.children.deletionPolicy to Orphan (or spec.deletionPolicy: Orphan in each ks.yaml), change nothing else, and wait until the children on the cluster have it.";

/**
 * Reports unguarded children that would move: Flux would delete each child with everything that it applied, and recreate it elsewhere
 * (docs/decisions/moving-a-kustomization-deletes.md).
 */
export function unguardedMoves(args: FluxPlacementArgs, live: LiveRoots): Finding[] {
  const to = args.placement === "namespace" ? args.namespace : undefined;
  const from = [live.root, ...live.formerRoots].map(movedTo).find((namespace) => namespace !== undefined);
  return live.children
    .filter(({ metadata }) =>
      to === undefined ? from !== undefined && metadata.namespace === from : metadata.namespace !== to,
    )
    .filter((child) => !isGuarded(child))
    .map((child) => ({
      severity: "error",
      message: `Kustomization ${id(child)} would move ${to === undefined ? "back to the namespace in the repository" : `to ${to}`}: Flux would delete the old one, along with everything that it applied.`,
      hint: `${GUARD} Then change the placement.`,
    }));
}

/** Reports unguarded children that the root may prune, because it is about to build from a different path or source. */
export function unguardedPruning(args: FluxRootArgs, { root, children }: LiveRoots): Finding[] {
  const unguarded = children.filter((child) => !isGuarded(child));
  if (root === undefined || !args.prune || unguarded.length === 0 || buildsTheSame(root, args)) return [];
  const { sourceRef, path = "./" } = root.spec;
  return [
    {
      severity: "error",
      message: `Kustomization ${id(root)} now builds ${path} from ${sourceRef.kind} ${sourceRef.name} and would build ${args.path} from ${args.source.kind} ${args.source.name}. Flux would delete each of these children that is missing there, along with everything that it applied: ${unguarded.map(id).join(", ")}.`,
      hint: `If this is not intended, correct edgefirst:flux.root.path, edgefirst:flux.source or edgefirst:cluster.context. If it is, make the change in two steps. ${GUARD} Then make this change.`,
    },
  ];
}

/** Whether deleting the Kustomization keeps what it applied. */
function isGuarded({ spec }: LiveKustomization): boolean {
  return spec.suspend === true || spec.deletionPolicy === "Orphan";
}

/** The namespace that a live root moves its children to. */
function movedTo(root: LiveKustomization | undefined): string | undefined {
  const operations = (root?.spec.patches ?? []).flatMap(({ patch }) => {
    const document = parseDocument(patch);
    const value: unknown = document.errors.length > 0 ? undefined : document.toJS();
    return Array.isArray(value) ? (value as { path?: string; value?: string }[]) : [];
  });
  return operations.find(({ path }) => path === "/metadata/namespace")?.value;
}
