import { posix } from "node:path";
import type { KubeObject } from "../../kube/objects.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import { firstComments } from "./generated.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { locate } from "../gitops/yaml/source.ts";
import { originOf, type Mapping } from "../gitops/yaml/values.ts";

/** Directories for copies of what other projects publish. */
const DIRECTORY = /(?:^|\/)(?:vendor(?:ed)?|upstream|third[-_]party)\//;

/** What `helm template` writes above each object. */
const RENDERED = /^# Source: [\w.-]{1,100}\/(?:templates|charts|crds)\/[\w./-]{1,200}\r?$/m;

/** Projects publish their definitions together with what serves them, and generate the definitions. */
const DEFINITION = /^kind: ["']?CustomResourceDefinition\b/m;

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
  return (object) =>
    object.kind !== "HelmRelease" &&
    (isRendered(object) || isCopy(locate(originOf(object as unknown as Mapping)).file));
}

/** Whether an object has the labels that charts give to what they render (https://helm.sh/docs/chart_best_practices/labels/). */
function isRendered({ metadata: { labels = {} } }: KubeObject): boolean {
  return labels["helm.sh/chart"] !== undefined || labels["app.kubernetes.io/managed-by"] === "Helm";
}

function isCopied(file: string, repository: Repository): boolean {
  const text = fileText(repository, file) ?? "";
  return (
    DIRECTORY.test(file) ||
    RENDERED.test(text) ||
    DEFINITION.test(text) ||
    firstComments(text).split("\n").some(namesOrigin) ||
    isNextToDefinitions(file, repository)
  );
}

/** The address of a schema, which editors read, is not that of a manifest. */
function namesOrigin(line: string): boolean {
  return !/schema/i.test(line) && ORIGINS.some((origin) => origin.test(line));
}

/** Whether the directory has one object in each file, named after its kind, and definitions among them: the manifests of a release, split up. */
function isNextToDefinitions(file: string, repository: Repository): boolean {
  return repository
    .entries(posix.dirname(file))
    .some(({ name }) => /^CustomResourceDefinition[-_.].*\.ya?ml$/.test(name));
}
