import { posix } from "node:path";
import type { KubeObject } from "../../kube/objects.ts";
import { oncePer } from "../../lib/once-per.ts";
import { fields } from "../../policy/engine/read.ts";
import { isOftenOmitted } from "../../policy/objects/practice.ts";
import { searchedText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { yamlFilesIn } from "../gitops/yaml/yaml-files.ts";
import { firstComments } from "./generated.ts";
import { fileOf } from "./kube-object.ts";

/** Directories for copies of what other projects publish. */
const DIRECTORY = /(?:^|\/)(?:vendor(?:ed)?|upstream|third[-_]party)\//;

/** Names of files that a tool has written. */
const GENERATED = /\.gen(?:erated)?\.ya?ml$/;

/** What `helm template` writes above each object. */
const RENDERED = /^# Source: [\w.-]{1,100}\/(?:templates|charts|crds)\/[\w./-]{1,200}\r?$/m;

/** Projects publish their definitions together with what serves them, and generate the definitions. */
const DEFINITION = /^kind: ["']?CustomResourceDefinition\b/m;

const LICENSE = /#.*\b(?:Licensed under the|Copyright \d{4})/;

/** Comments that say where a file is from: a project's generator, its origin in words, or the address of the manifest. */
const ORIGINS = [
  /#.*\b(?:generated|rendered) (?:by|with|from)\b.*(?:helm|kustomize|controller-gen|operator-sdk|kubebuilder)/i,
  /#.*\b(?:copied|downloaded|vendored|taken|fetched) (?:from|by|with)\b/i,
  /#.*https?:\/\/\S+(?:\.ya?ml\b|\/releases\/download\/)/i,
];

/**
 * Returns whether another project wrote an object: its file says so, contains definitions as the manifests of a release do, or is what a chart renders. A
 * HelmRelease is always its owner's.
 */
export function upstreamIn(repository: Repository): (object: KubeObject) => boolean {
  const known = new Map<string, boolean>();
  const isCopy = (file: string): boolean => {
    const answer = known.get(file) ?? isCopied(file, repository);
    known.set(file, answer);
    return answer;
  };
  return (object) => object.kind !== "HelmRelease" && (isRendered(object) || isCopy(fileOf(object)));
}

/** Whether an object has what charts give to their objects (https://helm.sh/docs/chart_best_practices/labels/): their labels, or the annotation of a hook. */
function isRendered({ metadata }: KubeObject): boolean {
  const [labels, annotations] = [fields(metadata.labels), fields(metadata.annotations)];
  return (
    labels["helm.sh/chart"] !== undefined ||
    labels["app.kubernetes.io/managed-by"] === "Helm" ||
    annotations["helm.sh/hook"] !== undefined
  );
}

function isCopied(file: string, repository: Repository): boolean {
  const text = searchedText(repository, file);
  return (
    DIRECTORY.test(file) ||
    GENERATED.test(file) ||
    RENDERED.test(text) ||
    DEFINITION.test(text) ||
    firstComments(text).split("\n").some(namesOrigin) ||
    (LICENSE.test(firstComments(text)) && !isOftenLicensed(repository)) ||
    hasDefinitions(repository)(posix.dirname(file))
  );
}

/** The address of a schema, which editors read, is not that of a manifest. */
function namesOrigin(line: string): boolean {
  return !/schema/i.test(line) && ORIGINS.some((origin) => origin.test(line));
}

/** Whether the owner puts a licence into many files, so that it does not show another author. */
const isOftenLicensed = oncePer((repository: Repository): boolean => {
  const files = yamlFilesIn(repository).filter((file) => !repository.isTooLarge(file));
  return isOftenOmitted(files, (file) => LICENSE.test(firstComments(searchedText(repository, file))));
});

/** Whether a directory has definitions in a file for them: next to it are the other manifests of a release, split up. */
const hasDefinitions = oncePer((repository: Repository): ((directory: string) => boolean) => {
  const known = new Map<string, boolean>();
  return (directory) => {
    const answer =
      known.get(directory) ??
      repository
        .entries(directory)
        .filter(({ name }) => /^(?:crds?|customresourcedefinitions?)(?:[-_.].*)?\.ya?ml$/i.test(name))
        .some(({ name }) => DEFINITION.test(searchedText(repository, posix.join(directory, name))));
    known.set(directory, answer);
    return answer;
  };
});
