import { parseDocument } from "yaml";
import type { Finding } from "../../kube/client.ts";
import { buildsTheSame, id, type LiveKustomization, type LiveRoots } from "./live.ts";
import type { FluxPlacementArgs } from "./placement.ts";
import type { FluxRootArgs } from "./root.ts";

const GUARD =
  "First guard the children: set edgefirst:flux.root.children.deletionPolicy to Orphan and change nothing else (or spec.deletionPolicy: Orphan in a ks.yaml), and wait until it is live.";

/** Children that would be deleted and re-created elsewhere, along with everything that they applied (docs/decisions/moving-a-kustomization-deletes.md). */
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
      message: `Kustomization ${id(child)} would move ${to === undefined ? "back to the namespace in the repository" : `to ${to}`}: the old one would be deleted, along with everything that it applied.`,
      hint: `${GUARD} Then change the placement.`,
    }));
}

/** Children that the root would prune because it is about to build from a different path or source. */
export function unguardedPruning(args: FluxRootArgs, { root, children }: LiveRoots): Finding[] {
  const unguarded = children.filter((child) => !isGuarded(child));
  if (root === undefined || !args.prune || unguarded.length === 0 || buildsTheSame(root, args)) return [];
  const { sourceRef, path = "./" } = root.spec;
  return [
    {
      severity: "error",
      message: `Kustomization ${id(root)} now builds ${path} from ${sourceRef.kind} ${sourceRef.name} and would build ${args.path} from ${args.source.kind} ${args.source.name}. Any of these children that is missing there would be deleted, along with everything that it applied: ${unguarded.map(id).join(", ")}.`,
      hint: `If this is a mistake or the wrong cluster, correct edgefirst:flux.root.path or edgefirst:flux.source. If it is intended, make the change in two steps. ${GUARD} Then make this change.`,
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
