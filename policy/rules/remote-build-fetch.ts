import { BUILD_COMPONENT, BUILD_KUSTOMIZATION } from "../kinds.ts";
import { at, list, text } from "../read.ts";
import { defineRule } from "../rule.ts";

/** Fields of a kustomization.yaml that name files, directories or addresses. */
const REFERENCES = ["resources", "bases", "components", "crds", "generators", "transformers", "validators"];

/** See `docs/policies.md`. Flux's controllers may refuse such a build, too (`--no-remote-bases`). */
export const remoteBuildFetch = defineRule({
  id: "remote-build-fetch",
  description:
    "A Kustomization builds from its own repository: what a build fetches from the network is not reviewed, can change or be gone, and stops every reconciliation with it.",
  remediation:
    "Copy the manifests into the repository, or make them a source of Flux (GitRepository, OCIRepository, HelmRelease).",
  severity: "medium",
  enforcement: "mandatory",
  kinds: [BUILD_KUSTOMIZATION, BUILD_COMPONENT],
  *check(object) {
    for (const field of REFERENCES)
      for (const [index, reference] of list(object[field]).entries())
        if (typeof reference === "string" && isRemote(reference))
          yield {
            path: [field, index],
            message: `The build fetches ${reference.split("\n")[0] ?? ""} from the network.`,
          };
    for (const field of ["helmCharts", "helmChartInflationGenerator"])
      for (const [index, chart] of list(object[field]).entries())
        yield {
          path: [field, index],
          message: `The build fetches the chart ${text(at(chart, ["name"])) ?? ""} from the network, which Flux does not do.`,
        };
  },
});

/** An address as kustomize takes it (sigs.k8s.io/kustomize/api/internal/git/repospec.go), and no text in place of a file. */
function isRemote(reference: string): boolean {
  if (reference.includes("\n")) return false;
  return (
    /^([a-z+]+:\/\/|git@|git::|(www\.)?(github|gitlab|bitbucket)\.(com|org)[/:])/i.test(reference) ||
    /\?(ref|version)=/.test(reference)
  );
}
