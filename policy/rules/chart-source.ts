import { FLUX_KUSTOMIZATION, HELM_RELEASE, HELM_REPOSITORY, OCI_REPOSITORY } from "../objects/kinds.ts";
import type { KubeObject } from "../../kube/objects.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { fluxId } from "../objects/flux.ts";
import { oncePer } from "../../lib/once-per.ts";
import { ociAddress } from "../knowledge/lookups.ts";
import { at, fields, text, type Fields } from "../engine/read.ts";
import { defineRule, type Problem, type RuleContext, type Undecided } from "../engine/rule.ts";

/** See `docs/reference/policies.md`. */
export const chartSource = defineRule({
  id: "chart-source",
  description:
    "A HelmRelease takes its chart by chartRef from an OCIRepository of the API v1, whose reference is a real tag, a semver range or a digest. A HelmRepository works, but each is a whole index to download.",
  remediation:
    "Write an OCIRepository (source.toolkit.fluxcd.io/v1) whose url is the chart itself, with ref.tag, and spec.chartRef: { kind: OCIRepository, name } in the HelmRelease.",
  severity: "medium",
  enforcement: "mandatory",
  kinds: [HELM_RELEASE, OCI_REPOSITORY, HELM_REPOSITORY],
  wholeStack: true,
  *check(object, context) {
    if (object.kind === "HelmRelease") yield* releaseProblems(object, context);
    else yield* sourceProblems(object, context.objects);
  },
  fix: (_, { path }) =>
    path[0] === "apiVersion" ? [{ path: ["apiVersion"], value: "source.toolkit.fluxcd.io/v1" }] : [],
});

function* sourceProblems(source: KubeObject, objects: ObjectIndex): Generator<Problem> {
  if (source.apiVersion !== "source.toolkit.fluxcd.io/v1")
    yield {
      path: ["apiVersion"],
      message: `${source.apiVersion} is not served by Flux 2.7 and later.`,
      remediation: "Write source.toolkit.fluxcd.io/v1.",
    };
  if (source.kind !== "OCIRepository" || holdsManifests(source, objects)) return;
  const { tag, semver, digest } = fields(at(source, ["spec", "ref"]));
  if (tag === undefined && semver === undefined && digest === undefined)
    yield {
      path: ["spec"],
      message: "Without ref.tag, ref.semver or ref.digest the tag latest is taken, which no chart has.",
    };
  else if (tag === "latest" && digest === undefined)
    yield { path: ["spec", "ref", "tag"], message: "Charts have no tag latest." };
  else if (semver === "*" && digest === undefined)
    yield { path: ["spec", "ref", "semver"], message: "The newest chart is installed as soon as it is out." };
}

/** Followed by a Kustomization: no chart, and its tag may well be one that moves. */
function holdsManifests({ metadata }: KubeObject, objects: ObjectIndex): boolean {
  return followed(objects).has(fluxId(metadata.namespace, metadata.name));
}

/** The OCIRepositories that Kustomizations follow, by id. */
const followed = oncePer(
  (objects: ObjectIndex) =>
    new Set(
      objects.ofKind(FLUX_KUSTOMIZATION).flatMap(({ metadata, spec }) => {
        const { kind, name, namespace } = fields(fields(spec).sourceRef);
        return kind === "OCIRepository"
          ? [fluxId(text(namespace) ?? metadata.namespace, text(name) ?? "")]
          : [];
      }),
    ),
);

function* releaseProblems(release: KubeObject, context: RuleContext): Generator<Problem | Undecided> {
  const spec = fields(release.spec);
  if (spec.chartRef !== undefined) yield* referenceProblems(release, fields(spec.chartRef), context);
  else yield* chartProblems(release, fields(at(spec, ["chart", "spec"])), context);
}

function* referenceProblems(
  { metadata }: KubeObject,
  reference: Fields,
  { objects, host }: RuleContext,
): Generator<Problem | Undecided> {
  if (reference.kind !== "OCIRepository") return;
  const namespace = text(reference.namespace) ?? metadata.namespace;
  const name = text(reference.name) ?? "";
  if (objects.get(OCI_REPOSITORY, namespace, name) !== undefined) return;
  const message = `OCIRepository ${namespace ?? ""}/${name} is not there.`;
  yield host === "repository"
    ? { path: ["spec", "chartRef"], message }
    : { path: ["spec", "chartRef"], undecided: `${message} It may be somebody else's.` };
}

function* chartProblems(
  { metadata }: KubeObject,
  chart: Fields,
  { objects, knowledge }: RuleContext,
): Generator<Problem> {
  const path = ["spec", "chart", "spec"];
  const source = fields(chart.sourceRef);
  if (source.kind === "OCIRepository") {
    yield {
      path: [...path, "sourceRef", "kind"],
      message: "A chart's sourceRef takes no OCIRepository; that is what spec.chartRef is for.",
    };
    return;
  }
  if (source.kind !== "HelmRepository") return;
  const version = text(chart.version);
  if (version === undefined || version === "*")
    yield { path, message: "Without a version the newest chart is installed as soon as it is out." };
  const repository = objects.get(
    HELM_REPOSITORY,
    text(source.namespace) ?? metadata.namespace,
    text(source.name) ?? "",
  );
  const url = text(at(repository, ["spec", "url"])) ?? "";
  const address = ociAddress(url, text(chart.chart) ?? "", knowledge);
  yield {
    path: [...path, "sourceRef"],
    message: `The chart comes from a HelmRepository${address === undefined ? "" : `, and is to be had as ${address}`}.`,
    advice: true,
  };
}
