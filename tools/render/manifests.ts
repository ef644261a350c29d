import { definedScopes, isDefinition } from "../gitops/kustomize/definitions.ts";
import { isClusterScoped, parseApiVersion, type Gvk } from "../gitops/kustomize/kinds.ts";
import { expandLists } from "../gitops/kustomize/document-objects.ts";
import { scalarText } from "../gitops/kustomize/resource.ts";
import { parseYaml } from "../gitops/yaml/parse.ts";
import { SourceFile } from "../gitops/yaml/source.ts";
import { isMapping, type Mapping } from "../gitops/yaml/values.ts";
import { mappingIn } from "./release.ts";
import { NotRenderable } from "./rendered.ts";

/** The output of `helm template`, by what helm-controller does with it. */
export interface Manifests {
  /** From the charts' `crds` directories. They are applied first, without post-renderers. */
  readonly crds: readonly Mapping[];
  readonly templates: readonly Mapping[];
  readonly hooks: readonly Mapping[];
}

/** Reads the output of `helm template`. @throws NotRenderable if it is not valid YAML */
export function readManifests(text: string): Manifests {
  const crds: Mapping[] = [];
  const templates: Mapping[] = [];
  const hooks: Mapping[] = [];
  for (const part of text.split(/^---\n(?=# Source: )/m)) {
    const [, path = ""] = /^# Source: (.*)$/m.exec(part) ?? [];
    const objects = objectsIn(part, path);
    // Helm applies only definitions from this directory.
    if (/^(?:[^/]+\/charts\/)*[^/]+\/crds\//.test(path)) crds.push(...objects.filter(isDefinition));
    else
      for (const object of objects) {
        const events = hookEvents(object);
        if (events.length === 0) templates.push(object);
        else if (events.some((event) => !LATER.has(event))) hooks.push(object);
      }
  }
  return { crds, templates, hooks };
}

/** Events on which Helm applies a hook only while it removes a release or rolls it back. */
const LATER = new Set(["pre-delete", "post-delete", "pre-rollback", "post-rollback"]);

function objectsIn(text: string, path: string): readonly Mapping[] {
  const { documents, errors } = parseYaml(new SourceFile(path, text), { dialect: "v2" });
  const [error] = errors;
  if (error) throw new NotRenderable(`${path} renders invalid YAML: ${error.message}`);
  return documents
    .map(({ value }) => value)
    .filter(isMapping)
    .flatMap((object) => expandLists(object))
    .filter(({ kind }) => scalarText(kind) !== "");
}

function hookEvents(object: Mapping): readonly string[] {
  const hook = scalarText(mappingIn(mappingIn(object, "metadata"), "annotations")["helm.sh/hook"]);
  return hook
    .split(",")
    .map((event) => event.trim())
    .filter((event) => event !== "");
}

/** The scope of a kind. */
export type ScopeOf = (gvk: Gvk) => "Cluster" | "Namespaced";

/** The scope of a kind: by its definition on the cluster, else by Kubernetes' own kinds, else by the usual names of cluster-scoped kinds. */
export function scopes(objects: readonly Mapping[]): ScopeOf {
  const defined = definedScopes(objects);
  return (gvk) => {
    const scope = defined.get(`${gvk.group}/${gvk.kind}`);
    if (scope !== undefined) return scope === "Cluster" ? "Cluster" : "Namespaced";
    const isUsual = gvk.group.includes(".") && /^Cluster[A-Z]|[a-z]Class(?:Parameters)?$/.test(gvk.kind);
    return isClusterScoped(gvk) || isUsual ? "Cluster" : "Namespaced";
  };
}

/** Puts an object that names no namespace into the release's, as Helm does. */
export function inNamespace(object: Mapping, namespace: string, scopeOf: ScopeOf): Mapping {
  const metadata = mappingIn(object, "metadata");
  const gvk = { ...parseApiVersion(scalarText(object.apiVersion)), kind: scalarText(object.kind) };
  if (scalarText(metadata.namespace) !== "" || scopeOf(gvk) === "Cluster") return object;
  return { ...object, metadata: { ...metadata, namespace } };
}
