import { oncePer } from "../../lib/once-per.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, text } from "../engine/read.ts";
import { chartOf, valuesOf } from "./helm.ts";
import { FLUX_KUSTOMIZATION, GIT_REPOSITORY, HELM_RELEASE } from "./kinds.ts";

/** Whether an image is in GitHub's registry, in the account of the repository that Flux follows: its owner decides what a tag names. */
export function isOwnImage(image: string, objects: ObjectIndex): boolean {
  const [, account] = /^ghcr\.io\/([^/]+)\//i.exec(image) ?? [];
  return account !== undefined && accountsOf(objects).has(account.toLowerCase());
}

/** The accounts in the addresses of a FluxInstance, and of the GitRepository that most Kustomizations build. */
const accountsOf = oncePer((objects: ObjectIndex): ReadonlySet<string> => {
  const operated = objects
    .ofKind({ group: "fluxcd.controlplane.io", kind: "FluxInstance" })
    .map((instance) => at(instance, ["spec", "sync", "url"]));
  const charts = objects
    .ofKind(HELM_RELEASE)
    .filter((release) => chartOf(release, objects).name === "flux-instance")
    .map((release) => at(valuesOf(release, objects).values, ["instance", "sync", "url"]));
  const accounts = [...operated, ...charts, mainSource(objects)].map((url) =>
    /github\.com[:/]([^/]+)\//i.exec(text(url) ?? "")?.[1]?.toLowerCase(),
  );
  return new Set(accounts.filter((account) => account !== undefined));
});

function mainSource(objects: ObjectIndex): unknown {
  const sources = objects
    .ofKind(FLUX_KUSTOMIZATION)
    .map((kustomization) => at(kustomization, ["spec", "sourceRef", "name"]));
  const uses = (name: string): number => sources.filter((source) => source === name).length;
  const [main] = objects
    .ofKind(GIT_REPOSITORY)
    .toSorted((a, b) => uses(b.metadata.name) - uses(a.metadata.name));
  return main && uses(main.metadata.name) > 0 ? at(main, ["spec", "url"]) : undefined;
}
