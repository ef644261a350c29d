import {
  FLUX_KUSTOMIZATION,
  HELM_CHART,
  HELM_RELEASE,
  HELM_REPOSITORY,
  OCI_REPOSITORY,
} from "../objects/kinds.ts";
import { satisfies } from "semver";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import type { GroupKind, ObjectIndex } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { fluxId } from "../objects/flux.ts";
import { oncePer } from "../../lib/once-per.ts";
import { ociAddress } from "../knowledge/lookups.ts";
import { at, fields, text, type Fields } from "../engine/read.ts";
import { missing } from "../objects/missing.ts";
import { isOwnImage } from "../objects/own-images.ts";
import { isPartial } from "../objects/partial.ts";
import { removedVersion } from "../objects/removed-version.ts";
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
    "an API version that the repository's Flux still supports; a version that a comment explains (`# always the latest`), or of a chart on ghcr.io in the account of the repository that Flux follows; and a version while its release is suspended",
  kinds: [HELM_RELEASE, OCI_REPOSITORY, HELM_REPOSITORY],
  wholeStack: true,
  *check(object, context) {
    if (object.kind === "HelmRelease") yield* releaseProblems(object, context);
    else yield* sourceProblems(object, context);
  },
  // Later versions of HelmRelease lack fields of earlier ones, so only sources are changed, and only if the cluster's Flux may serve v1.
  fix: (_, { path, expected }) =>
    path[0] === "apiVersion" && expected !== undefined ? [{ path: ["apiVersion"], value: expected }] : [],
});

function* sourceProblems(source: KubeObject, context: RuleContext): Generator<Problem> {
  const { objects, commentsOn, hasFlux } = context;
  const since = source.kind === "OCIRepository" ? "2.6" : "2.3";
  const isTooOld = hasFlux(`${since}.0`) === false;
  for (const problem of removedVersion(source, context))
    yield {
      ...problem,
      ...(!isTooOld && { expected: SOURCE_VERSION }),
      remediation: `${isTooOld ? `Upgrade Flux to ${since} or later, then use` : "Use"} ${SOURCE_VERSION}, which Flux has since 2.3 (HelmRepository) and 2.6 (OCIRepository).`,
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
  else if (isOpen(semver) && digest === undefined)
    yield {
      path: ["spec", "ref", "semver"],
      message: `The range ${text(semver) ?? ""} installs every new version as soon as it is published.`,
      remediation: "Set ref.tag, or a range that holds back what may break, such as 1.x.",
      recommendation:
        isOwnChart(text(at(source, ["spec", "url"])) ?? "", objects) ||
        isExplained(commentsOn(source, ["spec", "ref", "semver"])),
    };
}

/** Whether a range of versions has no end, such as `*` or `>=1.0.0`. Masterminds/semver, which Flux uses, also accepts commas between conditions. */
function isOpen(range: unknown): boolean {
  return satisfies("999999999.0.0", (text(range) ?? "0").replaceAll(",", " "));
}

/** Whether a chart's address is in the account of the repository that Flux follows. */
const isOwnChart = (address: string, objects: ObjectIndex): boolean =>
  isOwnImage(address.replace(/^oci:\/\//, ""), objects);

const SOURCE_VERSION = "source.toolkit.fluxcd.io/v1";
const RELEASE_VERSION = "helm.toolkit.fluxcd.io/v2";

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
  for (const problem of removedVersion(release, context))
    yield {
      ...problem,
      remediation: `Use ${RELEASE_VERSION}, which Flux has since 2.3; it has neither spec.chart.spec.valuesFile nor patchesStrategicMerge and patchesJson6902 in postRenderers.`,
    };
  const spec = fields(release.spec);
  if (spec.chartRef !== undefined) yield* referenceProblems(release, fields(spec.chartRef), context);
  else yield* chartProblems(release, fields(at(spec, ["chart", "spec"])), context);
}

function* referenceProblems(
  { metadata }: KubeObject,
  reference: Fields,
  context: RuleContext,
): Generator<Problem | NotEvaluated> {
  const kind = [OCI_REPOSITORY, HELM_CHART].find((one) => one.kind === reference.kind);
  const source = { ...reference, namespace: text(reference.namespace) ?? metadata.namespace };
  if (kind !== undefined) yield* missingSource(kind, source, ["spec", "chartRef"], context);
}

/** Reports a source that does not exist. */
function* missingSource(
  kind: GroupKind,
  reference: Fields,
  path: Path,
  context: RuleContext,
): Generator<Problem | NotEvaluated> {
  const [namespace, name] = [text(reference.namespace), text(reference.name) ?? ""];
  if (context.objects.get(kind, namespace, name) !== undefined) return;
  const id = `${kind.kind} ${namespace ?? ""}/${name}`;
  const file = context.unapplied(kind, namespace, name);
  if (file !== undefined) {
    const message = `${id} is in ${file}, but no Flux Kustomization applies that file.`;
    const remediation = `List ${file} in a kustomization.yaml that Flux builds, or apply it by hand.`;
    yield { path, message, remediation, cause: id, warning: true };
    return;
  }
  const elsewhere = context.objects.ofKind(kind).find(({ metadata }) => metadata.name === name);
  if (elsewhere === undefined || context.host === "stack") yield missing(id, path, context);
  else
    yield {
      path,
      message: `${id} is in no file, but ${describeObject(elsewhere)} is.`,
      cause: id,
      remediation: `Set the namespace of the reference, or that of the ${kind.kind}.`,
      // A part of the cluster that could not be built may have it.
      recommendation: !context.isComplete,
    };
}

function* chartProblems(
  release: KubeObject,
  chart: Fields,
  context: RuleContext,
): Generator<Problem | NotEvaluated> {
  const { objects, knowledge, commentsOn } = context;
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
  const reference = { ...source, namespace: text(source.namespace) ?? metadata.namespace };
  const repository = objects.get(HELM_REPOSITORY, reference.namespace, text(source.name) ?? "");
  const url = text(at(repository, ["spec", "url"])) ?? "";
  if (version === undefined || isOpen(version))
    yield {
      path,
      message: `${version === undefined ? "Without a version" : `With version: ${version}`}, every new version is installed as soon as it is published.`,
      remediation:
        "Set spec.chart.spec.version, or get the chart through spec.chartRef from an OCIRepository with ref.tag.",
      recommendation:
        fields(spec).suspend === true ||
        isOwnChart(`${url}/${text(chart.chart) ?? ""}`, objects) ||
        (version !== undefined && isExplained(commentsOn(release, [...path, "version"]))),
    };
  yield* missingSource(HELM_REPOSITORY, reference, [...path, "sourceRef", "name"], context);
  const address = ociAddress(url, text(chart.chart) ?? "", knowledge);
  yield {
    path: [...path, "sourceRef"],
    message: `The chart comes from a HelmRepository${address === undefined ? "" : `; it is also published as ${address}`}.`,
    warning: true,
  };
}
