import type { KubeObject } from "../../../kube/objects.ts";
import { at, fields, list, text } from "../../../policy/engine/read.ts";
import type { Danger } from "../change.ts";
import { groupKindOf } from "../kustomizations.ts";

/** The dangers in a changed CustomResourceDefinition: versions that disappear or are no longer served, and fields that are removed or become required. */
export function* definitionChange(before: KubeObject, after: KubeObject): Generator<Danger> {
  if (groupKindOf(before) !== "apiextensions.k8s.io/CustomResourceDefinition") return;
  const [old, next] = [versionsOf(before), versionsOf(after)];
  const gone = [...old.keys()].filter((name) => !next.has(name));
  if (gone.length > 0)
    yield {
      kind: "refusal",
      message: `The definition no longer has ${gone.join(" and ")}. The API server refuses this while status.storedVersions lists a removed version, and clients of that version fail.`,
      remediation: `Migrate the stored objects and the manifests to another version first, then check: kubectl get crd ${after.metadata.name} -o jsonpath={.status.storedVersions}`,
    };
  const unserved = [...next].filter(([name, now]) => now.served === false && isServed(old.get(name)));
  if (unserved.length > 0)
    yield {
      kind: "definition",
      message: `${unserved.map(([name]) => name).join(" and ")} is no longer served. Manifests and controllers that use that version fail.`,
      remediation: "Move every manifest to a version that is served before you merge.",
    };
  const stricter = [...next].flatMap(([name, now]) =>
    narrowed(schemaOf(old.get(name)), schemaOf(now), "").map((what) => `${name}${what}`),
  );
  if (stricter.length > 0)
    yield {
      kind: "definition",
      message: `The schema becomes stricter: ${listed(stricter)}. Existing objects may no longer be valid.`,
      remediation:
        "Read the release notes of whatever ships the definition, and adapt the objects in this change.",
    };
}

const LISTED = 5;

function listed(all: readonly string[]): string {
  const more = all.length - LISTED;
  return all.slice(0, LISTED).join("; ") + (more > 0 ? `; and ${more} more` : "");
}

type Version = Readonly<Record<string, unknown>>;

function versionsOf(definition: KubeObject): ReadonlyMap<string, Version> {
  const versions = list(at(definition, ["spec", "versions"])).map(fields);
  return new Map(versions.map((version) => [text(version.name) ?? "", version]));
}

const isServed = (version: Version | undefined): boolean => version !== undefined && version.served !== false;

const schemaOf = (version: Version | undefined): unknown => at(version, ["schema", "openAPIV3Schema"]);

/** The fields that are removed from a schema, and those that become required. */
function narrowed(before: unknown, after: unknown, path: string): readonly string[] {
  const [old, next] = [fields(before), fields(after)];
  if (Object.keys(old).length === 0) return [];
  const [known, now] = [fields(old.properties), fields(next.properties)];
  const keepsUnknown = next["x-kubernetes-preserve-unknown-fields"] === true;
  const removed = keepsUnknown ? [] : Object.keys(known).filter((key) => !(key in now));
  const required = list(next.required).filter((key) => !list(old.required).includes(key));
  return [
    ...removed.map((key) => `${path}.${key} is removed`),
    ...required.map((key) => `${path}.${String(key)} becomes required`),
    ...Object.keys(known).flatMap((key) =>
      key in now ? narrowed(known[key], now[key], `${path}.${key}`) : [],
    ),
    ...narrowed(old.items, next.items, `${path}[]`),
  ];
}
