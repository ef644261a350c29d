import { parseDocument } from "yaml";
import type { Finding } from "../../kube/client.ts";
import { buildsTheSame, id, type LiveKustomization, type LiveRoots } from "./live.ts";
import type { FluxPlacementArgs } from "./placement.ts";
import type { FluxRootArgs } from "./root.ts";

const GUARD =
  "First let the children leave their objects alive: set edgefirst:flux.root.children.deletionPolicy to Orphan with everything else as it is (or spec.deletionPolicy: Orphan in a ks.yaml), and wait until that is live.";

/** Children that would be deleted and made anew elsewhere, and take with them what they applied (docs/decisions/moving-a-kustomization-deletes.md). */
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
      message: `Kustomization ${id(child)} would move ${to === undefined ? "back to where the repository puts it" : `to ${to}`}: the old one would be deleted, and with it everything that it applied.`,
      hint: `${GUARD} Then change the placement.`,
    }));
}

/** A root that is to build something else prunes the children that are not in it. */
export function unguardedPruning(args: FluxRootArgs, { root, children }: LiveRoots): Finding[] {
  const bare = children.filter((child) => !isGuarded(child));
  if (root === undefined || !args.prune || bare.length === 0 || buildsTheSame(root, args)) return [];
  const { sourceRef, path = "./" } = root.spec;
  return [
    {
      severity: "error",
      message: `Kustomization ${id(root)} builds ${path} of ${sourceRef.kind} ${sourceRef.name} now and would build ${args.path} of ${args.source.kind} ${args.source.name}: of ${bare.map(id).join(", ")} those that are not in it would be deleted, and with them everything that they applied.`,
      hint: `Correct edgefirst:flux.root.path or edgefirst:flux.source if this is the wrong cluster or a mistake. If it is meant: ${GUARD} Then change it.`,
    },
  ];
}

/** Whether deleting it leaves alive what it applied. */
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
