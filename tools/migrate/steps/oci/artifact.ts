import { isDeepStrictEqual } from "node:util";
import { parse, valid } from "semver";
import { HELM_RELEASE, HELM_REPOSITORY, OCI_REPOSITORY } from "../../../../policy/objects/kinds.ts";
import type { GroupKind } from "../../../../policy/engine/object-index.ts";
import { hasVersionLabel, ociAddress } from "../../../../policy/knowledge/lookups.ts";
import { isPublished } from "../../../../policy/knowledge/tool-lookups.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import { clusterOf, describeCluster } from "../../clusters.ts";
import { fieldAt, fieldsIn, isKind, nameOf, objectNamed, type WrittenObject } from "../../objects.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { knowledgeOf } from "../../../lint/knowledge.ts";
import type { StepContext } from "../../step.ts";
import { carriedFields } from "./repository-fields.ts";

const of =
  (kind: GroupKind) =>
  (object: Mapping): boolean =>
    isKind(object, kind);
/** Whether an object is a HelmRelease. */
export const isRelease = of(HELM_RELEASE);
/** Whether an object is a HelmRepository. */
export const isHelmRepository = of(HELM_REPOSITORY);
/** Whether an object is an OCIRepository. */
export const isOciRepository = of(OCI_REPOSITORY);

/** A chart as an OCI artifact. */
export interface Artifact {
  readonly address: string;
  readonly tag: string;
}

/** A chart as an OCI artifact, and how to fetch it. */
export interface Source extends Artifact {
  /** Fields that its OCIRepository takes over from the HelmRepository. */
  readonly fields: Mapping;
}

/** Why a chart is not known as an OCI artifact. */
export interface Unknown {
  readonly reason: string;
  /** The artifact to look up in a registry. */
  readonly ask?: Artifact;
  /** A registry was asked, but gave no answer. */
  readonly unchecked?: true;
}

/** Identifies an artifact. */
export const artifactKeyOf = ({ address, tag }: Artifact): string => `${address}:${tag}`;

/** The OCI artifact with the release's chart, the same in every cluster; a reason if there is none; undefined if there is nothing to do. */
export function sourceOf(release: WrittenObject, context: StepContext): Source | Unknown | undefined {
  const sources = release.forms.map((form) => artifactOf(form, context));
  const [first] = sources;
  const [form] = release.forms;
  const other = release.forms.find((_, index) => !isDeepStrictEqual(sources[index], first));
  return form && other ? { reason: whyDifferent([form, other], context) } : first;
}

/** Why two clusters do not get the same artifact: their releases differ, or only their HelmRepositories. */
function whyDifferent(differing: readonly [BuiltObject, BuiltObject], context: StepContext): string {
  const [form] = differing;
  const [one, two] = differing.map(({ object }) => fieldsIn(object, ["spec", "chart"]));
  if (!isDeepStrictEqual(one, two))
    return "its chart differs between clusters: write one HelmRelease per cluster first";
  const lacking = differing.find((form) => repositoryOf(form, context) === undefined);
  if (lacking) return missing(lacking, context);
  const names = differing.map((form) => clusterName(form, context)).join(" and ");
  const { namespace, name } = repositoryName(form);
  return `its HelmRepository ${namespace}/${name} differs between ${names}: give each of them a HelmRelease of its own, or both HelmRepositories the same address and fields, first`;
}

/** The OCI artifact with the release's chart in its own cluster. */
export function artifactOf(built: BuiltObject, context: StepContext): Source | Unknown | undefined {
  const { object } = built;
  const chart = fieldAt(object, ["spec", "chart", "spec"]);
  if (!isMapping(chart) || fieldAt(chart, ["sourceRef", "kind"]) !== "HelmRepository") return undefined;
  const name = scalarText(chart.chart);
  const version = scalarText(chart.version);
  const extra = ["valuesFiles", "verify", "ignoreMissingValuesFiles"].filter(
    (key) => chart[key] !== undefined,
  );
  if (extra.length > 0)
    return { reason: `spec.chart.spec.${extra.join(", ")} cannot be combined with chartRef` };
  if (valid(version) === null)
    return {
      reason: `${name} has ${version === "" ? "no version" : `the version ${version}`}, but a tag needs an exact version`,
    };
  if (isMoving(version))
    return {
      reason: `${name} has the version ${version}, which looks like a tag that moves: a HelmRepository fetches it once, and an OCIRepository with this tag installs whatever is pushed to it. Pin an exact version, or write the OCIRepository by hand with ref.digest`,
    };
  if (version.includes("+"))
    return {
      reason: `${name} has the version ${version}, and a tag cannot contain a +: registries have it as ${version.replaceAll("+", "_")}, so write its OCIRepository by hand`,
    };
  const knowledge = knowledgeOf(context.repository);
  if (hasVersionLabel(name, version, knowledge))
    return {
      reason: `${name} copies its version into a label, and chartRef appends a + and a digest to the version, but a label must not contain a +. To move it anyway, run helm-controller with --feature-gates=DisableChartDigestTracking=true and write the chartRef by hand`,
    };
  const repository = repositoryOf(built, context)?.object;
  if (!repository) return { reason: missing(built, context) };
  const url = scalarText(fieldAt(repository, ["spec", "url"]));
  const fields = carriedFields(repository);
  if (typeof fields === "string") return { reason: fields };
  const address = ociAddress(url, name, knowledge);
  if (address === undefined) return { reason: `no OCI address is known for ${name} from ${url}` };
  // A chart that is already pulled from this registry is known to exist there.
  const isKnown =
    isPublished(address, version, knowledge) ||
    (context.options.oci.published[address]?.includes(version) ?? false);
  const source = { address, tag: version, fields };
  return url.startsWith("oci://") || isKnown ? source : asked(source, context);
}

/**
 * Whether a prerelease names a branch or a channel, to which a registry pushes again under the same tag; a number next to the word, such as `main.412`,
 * makes it one build, unless it ends in `latest`.
 */
function isMoving(version: string): boolean {
  const words = (parse(version)?.prerelease ?? []).flatMap((part) => String(part).split("-"));
  if (/^latest$/i.test(words.at(-1) ?? "")) return true;
  return words.some((word) => MOVING.test(word)) && !words.some((word) => /\d/.test(word));
}

const MOVING =
  /^(?:latest|main|master|trunk|head|dev|devel|develop|development|nightly|canary|edge|snapshot|unstable|stable)$/i;

/** The artifact, if a registry has it; otherwise the reason why that is not known. */
function asked(source: Source, { registry }: StepContext): Source | Unknown {
  const { address, tag } = source;
  const ask = { address, tag };
  const answer = registry?.get(artifactKeyOf(source));
  if (answer === "published") return source;
  if (answer === "absent")
    return { reason: `the registry has no chart ${address} with version ${tag}${otherTag(tag)}` };
  if (answer) return { reason: `whether ${address} has version ${tag}: ${answer.unknown}`, unchecked: true };
  return {
    reason: `it is not known whether ${address} has version ${tag}: re-run with --ask-registry, or, if \`crane ls ${address.slice("oci://".length)}\` lists exactly ${tag}, add it to oci.published`,
    ask,
  };
}

/** What to do about a version that Helm takes for the same in an index, while a tag is one text: `v1.2.3` for `1.2.3`. */
const otherTag = (tag: string): string =>
  /^\d/.test(tag) ? `; if it has v${tag}, write that as the release's version first` : "";

/** The HelmRepository that a release's chart comes from, in the release's own cluster: another cluster's may have the same name and another address. */
export function repositoryOf(release: BuiltObject, { clusters }: StepContext): BuiltObject | undefined {
  const cluster = clusterOf(release, clusters);
  return cluster && objectNamed([cluster], HELM_REPOSITORY, repositoryName(release));
}

function repositoryName({ object }: BuiltObject): { readonly namespace: string; readonly name: string } {
  const reference = fieldsIn(object, ["spec", "chart", "spec", "sourceRef"]);
  const namespace = scalarText(reference.namespace) || nameOf(object).namespace;
  return { namespace, name: scalarText(reference.name) };
}

/** That no HelmRepository is known for a release. */
function missing(release: BuiltObject, context: StepContext): string {
  const named = repositoryName(release);
  const isElsewhere = objectNamed(context.clusters, HELM_REPOSITORY, named) !== undefined;
  return isElsewhere
    ? `${clusterName(release, context)} has no HelmRepository ${named.namespace}/${named.name} in this repository, only other clusters have one`
    : `its HelmRepository ${named.name} is not in this repository`;
}

function clusterName(form: BuiltObject, { clusters }: StepContext): string {
  const cluster = clusterOf(form, clusters);
  return cluster ? describeCluster(cluster) : "its cluster";
}
