import { isPublished } from "../../../../policy/knowledge/tool-lookups.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { knowledgeOf } from "../../../lint/knowledge.ts";
import { fieldAt, type WrittenObject } from "../../objects.ts";
import type { Note, StepContext } from "../../step.ts";
import { artifactKeyOf, artifactOf, repositoryOf } from "./artifact.ts";

/** The charts that come from an HTTP repository, and that the table of published charts lists in an OCI registry. */
export function listedInTable(releases: readonly WrittenObject[], context: StepContext): readonly Note[] {
  if (context.registry !== undefined) return [];
  const charts = releases.flatMap(({ forms }) => forms.flatMap((form) => listed(form, context) ?? []));
  if (charts.length === 0) return [];
  const message = `edgefirst's table of published charts lists these versions: ${[...new Set(charts)].join(", ")}; to ask the registries themselves, re-run with --ask-registry`;
  return [{ kind: "runbook", message }];
}

function listed(release: BuiltObject, context: StepContext): string | undefined {
  const source = artifactOf(release, context);
  if (source === undefined || "reason" in source) return undefined;
  const home = repositoryOf(release, context)?.object;
  const isOci = scalarText(fieldAt(home, ["spec", "url"])).startsWith("oci://");
  return !isOci && isPublished(source.address, source.tag, knowledgeOf(context.repository))
    ? artifactKeyOf(source)
    : undefined;
}
