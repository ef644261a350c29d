import { FLUX_KUSTOMIZATION, HELM_RELEASE, HELM_REPOSITORY, OCI_REPOSITORY } from "../objects/kinds.ts";
import type { KubeObject } from "../../kube/objects.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { fluxId } from "../objects/flux.ts";
import { oncePer } from "../../lib/once-per.ts";
import { ociAddress } from "../knowledge/lookups.ts";
import { at, fields, text, type Fields } from "../engine/read.ts";
import { missing } from "../objects/missing.ts";
import { isPartial } from "../objects/partial.ts";
import { defineRule, type Problem, type RuleContext, type NotEvaluated } from "../engine/rule.ts";

/** See docs/reference/rules/chart-source.md. */
export const chartSource = defineRule({
  id: "chart-source",
  description:
    "A HelmRelease gets its chart through chartRef from a v1 OCIRepository that is pinned to a tag, a semver range or a digest.",
  why: "Flux upgrades a chart without a pinned version as soon as a new version is published. A HelmRepository works too, but Flux has to download its whole index.",
  remediation:
    "Create an OCIRepository (source.toolkit.fluxcd.io/v1) whose url is the chart's address, with ref.tag. In the HelmRelease, replace spec.chart with spec.chartRef: { kind: OCIRepository, name }.",
  severity: "medium",
  enforcement: "mandatory",
  recommends:
    "an API version that the repository's Flux, which is older than 2.8, still supports; a version that a comment explains (`# always the latest`); and a version while its release is suspended",
  kinds: [HELM_RELEASE, OCI_REPOSITORY, HELM_REPOSITORY],
  wholeStack: true,
  *check(object, context) {
    if (object.kind === "HelmRelease") yield* releaseProblems(object, context);
    else yield* sourceProblems(object, context);
  },
  fix: (_, { path }) =>
    path[0] === "apiVersion" ? [{ path: ["apiVersion"], value: "source.toolkit.fluxcd.io/v1" }] : [],
});

function* sourceProblems(
  source: KubeObject,
  { objects, hasFlux, commentsOn }: RuleContext,
): Generator<Problem> {
  if (source.apiVersion !== "source.toolkit.fluxcd.io/v1")
    yield {
      path: ["apiVersion"],
      message: `Flux 2.8 and later do not support ${source.apiVersion}.`,
      cause: source.apiVersion,
      remediation:
        "Use source.toolkit.fluxcd.io/v1, which Flux has since 2.3 (HelmRepository) and 2.6 (OCIRepository).",
      recommendation: hasFlux("2.8.0") === false,
    };
  if (source.kind !== "OCIRepository" || isPartial(source) || holdsManifests(source, objects)) return;
  const { tag, semver, digest } = fields(at(source, ["spec", "ref"]));
  const [, written] = /^oci:\/\/[^/]+\/[^:@]*([:@].+)$/.exec(text(at(source, ["spec", "url"])) ?? "") ?? [];
  if (written !== undefined)
    yield {
      path: ["spec", "url"],
      message: `The URL ends in ${written}, but Flux accepts a tag or digest only in spec.ref.`,
    };
  if (tag === undefined && semver === undefined && digest === undefined)
    yield {
      path: ["spec"],
      message:
        'Without ref.tag, ref.semver or ref.digest, Flux pulls the tag "latest", which charts do not have.',
    };
  else if (tag === "latest" && semver === undefined && digest === undefined)
    yield { path: ["spec", "ref", "tag"], message: 'Charts do not have the tag "latest".' };
  else if (semver === "*" && digest === undefined)
    yield {
      path: ["spec", "ref", "semver"],
      message: "The range * installs every new version as soon as it is published.",
      remediation: "Set ref.tag, or a range that holds back what may break, such as 1.x.",
      recommendation: isExplained(commentsOn(source, ["spec", "ref", "semver"])),
    };
}

/** Whether the owner has written down that every version is wanted. */
function isExplained(comments: readonly string[]): boolean {
  return comments.some(
    (comment) =>
      /\b(?:latest|newest|always|every|any)\b/i.test(comment) && !/^(?:todo|fixme)\b/i.test(comment),
  );
}

/** Whether a Kustomization uses the repository as its source. The repository then contains manifests rather than a chart, and its tag may move. */
function holdsManifests({ metadata }: KubeObject, objects: ObjectIndex): boolean {
  return manifestSources(objects).has(fluxId(metadata.namespace, metadata.name));
}

/** Ids of the OCIRepositories that Kustomizations use as their source. */
const manifestSources = oncePer(
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

function* releaseProblems(release: KubeObject, context: RuleContext): Generator<Problem | NotEvaluated> {
  const spec = fields(release.spec);
  if (spec.chartRef !== undefined) yield* referenceProblems(release, fields(spec.chartRef), context);
  else yield* chartProblems(release, fields(at(spec, ["chart", "spec"])), context);
}

function* referenceProblems(
  { metadata }: KubeObject,
  reference: Fields,
  context: RuleContext,
): Generator<Problem | NotEvaluated> {
  if (reference.kind !== "OCIRepository") return;
  const namespace = text(reference.namespace) ?? metadata.namespace;
  const name = text(reference.name) ?? "";
  if (context.objects.get(OCI_REPOSITORY, namespace, name) !== undefined) return;
  yield missing(`OCIRepository ${namespace ?? ""}/${name}`, ["spec", "chartRef"], context);
}

function* chartProblems(
  release: KubeObject,
  chart: Fields,
  { objects, knowledge, commentsOn }: RuleContext,
): Generator<Problem> {
  const { metadata, spec } = release;
  const path = ["spec", "chart", "spec"];
  const source = fields(chart.sourceRef);
  if (source.kind === "OCIRepository") {
    yield {
      path: [...path, "sourceRef", "kind"],
      message: "sourceRef cannot refer to an OCIRepository. Use spec.chartRef instead.",
    };
    return;
  }
  if (source.kind !== "HelmRepository") return;
  const version = text(chart.version);
  if (version === undefined || version === "*")
    yield {
      path,
      message: `${version === undefined ? "Without a version" : "With version: *"}, every new version is installed as soon as it is published.`,
      remediation:
        "Set spec.chart.spec.version, or get the chart through spec.chartRef from an OCIRepository with ref.tag.",
      recommendation:
        fields(spec).suspend === true ||
        (version !== undefined && isExplained(commentsOn(release, [...path, "version"]))),
    };
  const repository = objects.get(
    HELM_REPOSITORY,
    text(source.namespace) ?? metadata.namespace,
    text(source.name) ?? "",
  );
  const url = text(at(repository, ["spec", "url"])) ?? "";
  const address = ociAddress(url, text(chart.chart) ?? "", knowledge);
  yield {
    path: [...path, "sourceRef"],
    message: `The chart comes from a HelmRepository${address === undefined ? "" : `; it is also published as ${address}`}.`,
    warning: true,
  };
}
