import { parseYaml } from "../../../../gitops/yaml/parse.ts";
import { locate, SourceFile, type Origin } from "../../../../gitops/yaml/source.ts";
import {
  entryOrigin,
  isMapping,
  originOf,
  type Mapping,
  type Value,
} from "../../../../gitops/yaml/values.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import type { BuiltObject } from "../../../../gitops/flux/built.ts";
import { nameOf } from "../../../objects.ts";

/** Why no route serves what an Ingress did: usually because of a patch, or of a new name, which reaches the Ingress only. */
export function whyNotServed({ object, origin }: BuiltObject): string {
  const isElsewhere = ({ at: { source } }: Written): boolean =>
    source instanceof SourceFile && source.file !== origin.source.file;
  const changed = [...writtenIn(object.spec)].filter(isElsewhere);
  const [patch] = changed.filter((one) => renamedBy(one) === undefined);
  if (patch !== undefined) {
    const { file, line } = locate(patch.at);
    return `the patch at ${file}:${line} changes what it serves, and does not reach its HTTPRoute: write the same patch for HTTPRoutes first, or the whole Ingress there instead`;
  }
  const [renamed] = changed;
  const old = renamed && renamedBy(renamed);
  return old === undefined
    ? "no HTTPRoute serves what it did"
    : `Kustomize renames Service ${old} to ${scalarText(renamed?.value)} (namePrefix or nameSuffix), also in Ingresses, but not in HTTPRoutes: write the whole name in the files first, or give the kustomization \`configurations\` with a nameReference from Service to spec/rules/backendRefs/name of HTTPRoutes`;
}

/** A value, and where it is written. */
interface Written {
  readonly at: Origin;
  readonly value: Value;
  /** Whether it is the name of a backend. */
  readonly isService: boolean;
}

/**
 * The name that a Service has in its file if a value is the new one that Kustomize has given it; undefined for anything else.
 * Source: api/internal/konfig/builtinpluginconsts/namereference.go in kubernetes-sigs/kustomize
 */
function renamedBy({ at, value, isService }: Written): string | undefined {
  if (!isService || !(at.source instanceof SourceFile)) return undefined;
  const service = parseYaml(at.source)
    .documents.map((document) => document.value)
    .filter((one): one is Mapping => isMapping(one) && one.kind === "Service")
    .find((one) => scalarText(value).includes(nameOf(one).name));
  return service && nameOf(service).name;
}

/** Where a value and everything in it is written. */
function* writtenIn(value: Value | undefined, above = ""): Generator<Written, void, undefined> {
  if (typeof value !== "object" || value === null) return;
  yield { at: originOf(value), value, isService: false };
  for (const [key, one] of Object.entries(value)) {
    yield { at: entryOrigin(value, key), value: one, isService: above === "service" && key === "name" };
    yield* writtenIn(one, key);
  }
}
