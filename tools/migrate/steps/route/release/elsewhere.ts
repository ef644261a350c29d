import { named } from "../../../../../lib/counted.ts";
import { valuesOf } from "../../../../../policy/objects/helm.ts";
import { BuildError } from "../../../../gitops/problem.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { fieldMatcher } from "../../../../gitops/kustomize/selector.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { parseYaml } from "../../../../gitops/yaml/parse.ts";
import { SourceFile } from "../../../../gitops/yaml/source.ts";
import { isMapping, mappingsIn, type Mapping, type PathStep } from "../../../../gitops/yaml/values.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { indexOf } from "../../../clusters.ts";
import { fieldAt, fieldsIn, placeOf } from "../../../objects.ts";
import type { CutoverNote } from "../outcome.ts";
import { controllerFate } from "../controllers/registry.ts";
import { valuesIn } from "./chart.ts";
import { INGRESS, VALUES } from "./values.ts";

/** A release of app-template in the form that a cluster receives. */
interface Release {
  readonly object: Mapping;
  readonly cluster: BuiltCluster | undefined;
}

/** Why the values of a release do not show all that the chart's Ingress for an entry gets: it would lose the rest, such as a login, without a word. */
export function whyElsewhere(release: Release, key: string): readonly string[] {
  return [
    ...byReferences(release, key),
    ...byAnnotations(release, key),
    ...byPostRenderers(release.object, key),
  ];
}

const REFERENCES: readonly PathStep[] = ["spec", "valuesFrom"];

/** What sets the entry next to `spec.values`. */
function byReferences({ object, cluster }: Release, key: string): readonly string[] {
  return mappingsIn(fieldAt(object, REFERENCES)).flatMap((reference, index) => {
    const path = scalarText(reference.targetPath);
    const values = path === "" && cluster ? valuesIn(withReference(object, reference), cluster) : {};
    const isSet =
      path === "ingress" ||
      path.startsWith(`ingress.${key}.`) ||
      fieldAt(values as Mapping, ["ingress", key]) !== undefined;
    if (!isSet) return [];
    const what = `${scalarText(reference.kind)} ${scalarText(reference.name)}`;
    return [
      `valuesFrom (${placeOf(object, [...REFERENCES, index])}) takes a part of ingress.${key} from ${what}: write that into spec.values first`,
    ];
  });
}

const withReference = (release: Mapping, reference: Mapping): Mapping => ({
  ...release,
  spec: { ...fieldsIn(release, ["spec"]), values: {}, valuesFrom: [reference] },
});

/**
 * Annotations of Ingress controllers that every object of the release gets.
 * Sources: bjw-s.common.lib.metadata.globalAnnotations in the chart's library; internal/postrender of helm-controller
 */
function byAnnotations({ object, cluster }: Release, key: string): readonly string[] {
  const own = fieldsIn(object, [...INGRESS, key, "annotations"]);
  const values = cluster ? (valuesIn(object, cluster) as Mapping) : fieldsIn(object, VALUES);
  const places = [
    ["global.annotations", fieldsIn(values, ["global", "annotations"])],
    ["spec.commonMetadata.annotations", fieldsIn(object, ["spec", "commonMetadata", "annotations"])],
  ] as const;
  return places.flatMap(([place, annotations]) => {
    const names = Object.entries(annotations)
      .filter(([name, value]) => !(name in own) && isRead(name, scalarText(value)))
      .map(([name]) => name);
    if (names.length === 0) return [];
    return [
      `${place} gives its Ingress the ${named(names, "annotation")}, and a route would not do the same: write it into ingress.${key}.annotations instead`,
    ];
  });
}

/** Whether an Ingress controller may do something because of an annotation that its route would not do. */
function isRead(name: string, value: string): boolean {
  const fate = controllerFate(name, value)?.fate;
  return fate !== undefined && fate !== "kept" && fate !== "no-effect";
}

/** Patches that helm-controller applies to Ingresses; they do not match a route. */
function byPostRenderers(release: Mapping, key: string): readonly string[] {
  const renderers: readonly PathStep[] = ["spec", "postRenderers"];
  const lists = mappingsIn(fieldAt(release, renderers)).flatMap((_, index) =>
    ["patches", "patchesStrategicMerge", "patchesJson6902"].map((list): readonly PathStep[] => [
      ...renderers,
      index,
      "kustomize",
      list,
    ]),
  );
  const patches = lists.flatMap((list) =>
    mappingsIn(fieldAt(release, list)).map((patch, index) => ({ patch, path: [...list, index] })),
  );
  return patches
    .filter(({ patch }) => patchesIngresses(patch))
    .map(
      ({ path }) =>
        `a patch of its post-renderers (${placeOf(release, path)}) changes the Ingress, and would not change the route: write what it does into ingress.${key} instead`,
    );
}

/** Whether a patch applies to Ingresses and to no route, or to both with something that only Ingress controllers read. */
function patchesIngresses(patch: Mapping): boolean {
  const text = scalarText(patch.patch);
  if (!isMapping(patch.target)) {
    const written = parseYaml(new SourceFile("", text), { dialect: "v2" }).documents.map(
      ({ value }) => value,
    );
    return [patch, ...written].some((one) => isMapping(one) && one.kind === "Ingress");
  }
  if (!selects(patch.target, "Ingress")) return false;
  const names = [...text.matchAll(/[\w.-]+\/[\w.-]+/g)].map(([name]) => name);
  return !selects(patch.target, "HTTPRoute") || names.some((name) => isRead(name, ""));
}

/** Whether a patch's target may select objects of a kind. */
function selects(target: Mapping, kind: string): boolean {
  try {
    return fieldMatcher(target, "kind")(kind);
  } catch (error) {
    if (error instanceof BuildError) return kind === "Ingress";
    throw error;
  }
}

/** Values that may set the entry, too, and that the repository does not show. */
export function unseenValues({ object, cluster }: Release, key: string): readonly CutoverNote[] {
  if (cluster === undefined) return [];
  const unseen = mappingsIn(fieldAt(object, REFERENCES)).filter(
    (reference) =>
      reference.targetPath === undefined &&
      !valuesOf(asKubeObject(withReference(object, reference)), indexOf(cluster)).complete,
  );
  if (unseen.length === 0) return [];
  const names = unseen.map(({ kind, name }) => `${scalarText(kind)} ${scalarText(name)}`);
  const message = `before the commit: the values from ${names.join(", ")} are not in this repository in plain text: make sure that they set nothing in ingress.${key}, such as a login in its annotations, because its route would not have it`;
  return [{ kind: "cutover", message }];
}
