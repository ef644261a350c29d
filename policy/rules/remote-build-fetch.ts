import type { KubeObject } from "../../kube/objects.ts";
import { BUILD_COMPONENT, BUILD_KUSTOMIZATION, FLUX_KUSTOMIZATION } from "../objects/kinds.ts";
import type { Path } from "../engine/path.ts";
import { at, list, text } from "../engine/read.ts";
import { defineRule } from "../engine/rule.ts";

/** Fields of a kustomization.yaml that list files, directories or URLs. */
const REFERENCES = ["resources", "bases", "components", "crds", "generators", "transformers", "validators"];

/** Fields that name files or HTTP URLs, in the kustomization.yaml and in the entries of its lists. */
const FILES = ["configurations", "patchesStrategicMerge"];
const FILES_OF_ENTRIES = [
  ["patches", "path"],
  ["patchesJson6902", "path"],
  ...["configMapGenerator", "secretGenerator"].flatMap((generator) =>
    ["files", "envs", "env"].map((field) => [generator, field] as const),
  ),
] as const;

/** See docs/reference/rules/remote-build-fetch.md. Flux itself can reject such a build (`--no-remote-bases`). */
export const remoteBuildFetch = defineRule({
  id: "remote-build-fetch",
  description: "A Kustomization builds only from its own repository.",
  why: "A build that fetches files from the network uses files that were not reviewed and can change. If they disappear, every reconciliation fails.",
  remediation:
    "Copy the manifests into the repository, or have Flux fetch them (GitRepository, OCIRepository, HelmRelease).",
  severity: "medium",
  enforcement: "mandatory",
  recommends: "an address with a version or a commit, and charts in a repository without Flux",
  kinds: [BUILD_KUSTOMIZATION, BUILD_COMPONENT],
  wholeStack: true,
  *check(object, { objects }) {
    for (const { path, address } of addresses(object))
      yield {
        path,
        message: `The build fetches ${address} from the network.`,
        recommendation: isPinned(address),
        cause: repositoryOf(address),
      };
    const hasFlux = objects.ofKind(FLUX_KUSTOMIZATION).length > 0;
    for (const field of ["helmCharts", "helmChartInflationGenerator"])
      for (const [index, chart] of list(object[field]).entries())
        yield {
          path: [field, index],
          message: `The build needs the chart ${text(at(chart, ["name"])) ?? ""} from the network, but Flux does not fetch charts in a build.`,
          recommendation: !hasFlux,
        };
  },
});

function* addresses(object: KubeObject): Generator<{ path: Path; address: string }> {
  for (const field of REFERENCES)
    for (const { path, value } of texts(object, [field])) if (isRemote(value)) yield { path, address: value };
  const entries = FILES_OF_ENTRIES.flatMap(([field, files]) =>
    list(object[field]).map((_, index) => [field, index, files]),
  );
  for (const place of [...FILES.map((field) => [field]), ...entries])
    for (const { path, value } of texts(object, place)) {
      // A generator's file can be written as key=file.
      const address = value.replace(/^[^=:]+=/, "");
      if (/^https?:\/\/\S+$/i.test(address)) yield { path, address };
    }
}

/** Whether an address names a version or a commit, so that what it serves does not change unnoticed. */
function isPinned(address: string): boolean {
  return /(?:[/=@_-]v?\d+\.\d+|[/=@][0-9a-f]{40})/.test(address);
}

/** The repository and branch that an address belongs to, as one fix is for all of its files; the address itself if it is not GitHub's. */
function repositoryOf(address: string): string {
  const [, repository, branch = ""] =
    /github(?:usercontent)?\.com[/:]([^/?]+\/[^/?]+)(?:\/(?:raw\/|blob\/|tree\/)?((?:refs\/heads\/)?[^/?]+))?/i.exec(
      address,
    ) ?? [];
  const [, reference = branch] = /\?(?:ref|version)=(.+)/.exec(address) ?? [];
  return repository === undefined ? address : `${repository.replace(/\.git$/, "")}@${reference}`;
}

/** The string at a path, or the strings in a list at that path. */
function texts(object: KubeObject, path: Path): readonly { path: Path; value: string }[] {
  const found = at(object, path);
  const all = Array.isArray(found)
    ? found.map((value: unknown, index) => ({ path: [...path, index], value: text(value) }))
    : [{ path, value: text(found) }];
  return all.flatMap(({ path: place, value }) => (value === undefined ? [] : [{ path: place, value }]));
}

/**
 * Whether kustomize treats the reference as a URL (sigs.k8s.io/kustomize/api/internal/git/repospec.go). An inline document is not a URL.
 */
function isRemote(reference: string): boolean {
  if (reference.includes("\n")) return false;
  return (
    /^([a-z+]+:\/\/|git@|git::|(www\.)?(github|gitlab|bitbucket)\.(com|org)[/:])/i.test(reference) ||
    /\?(ref|version)=/.test(reference)
  );
}
