import { report, type DiffReport, type Entry } from "../../tools/diff/report.ts";
import { buildRepository } from "../../tools/gitops/flux/repository-build.ts";
import { Repository } from "../../tools/gitops/yaml/repository.ts";
import { temporaryDirectory } from "./temporary.ts";

/** Files of a repository by path. */
export type Files = Readonly<Record<string, string>>;

/** Builds two repositories and compares them. Nothing is written. */
export function diffOf(before: Files, after: Files): DiffReport {
  const empty = temporaryDirectory("edgefirst-diff-test-");
  const [old, next] = [before, after].map((files) =>
    buildRepository(new Repository(empty).with(new Map(Object.entries(files))), { partial: true }),
  );
  if (!old || !next) throw new Error("nothing was built");
  return report({ before: "before", after: "after" }, old, next);
}

/** The only entry of a report. */
export function only({ entries }: DiffReport): Entry {
  const [entry, ...others] = entries;
  if (!entry || others.length > 0)
    throw new Error(`expected 1 entry: ${entries.map(({ kind, object }) => `${kind} ${object}`).join(", ")}`);
  return entry;
}

/** A Flux Kustomization in `flux/` that builds `apps/<name>`. */
export function fluxKustomization(name: string, spec: Readonly<Record<string, unknown>> = {}): Files {
  const object = {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace: "flux-system" },
    spec: {
      path: `./apps/${name}`,
      prune: true,
      interval: "1h",
      sourceRef: { kind: "GitRepository", name: "fleet" },
      ...spec,
    },
  };
  return { [`flux/${name}.yaml`]: JSON.stringify(object) };
}

/** The root that applies everything in `flux/`. */
export const ROOT: Files = {
  "clusters/edge.yaml": JSON.stringify({
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "cluster", namespace: "flux-system" },
    spec: {
      path: "./flux",
      prune: true,
      interval: "1h",
      sourceRef: { kind: "GitRepository", name: "fleet" },
    },
  }),
  "flux/source.yaml": JSON.stringify({
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: { name: "fleet", namespace: "flux-system" },
    spec: { url: "https://example.com/fleet", interval: "1h" },
  }),
};
