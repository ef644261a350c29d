import { isDeepStrictEqual } from "node:util";
import { ENDPOINT_ANNOTATION } from "../../../../kube/gatus-annotations.ts";
import { flagValues } from "../../../../policy/objects/gatus-presence.ts";
import { at, fields, list, text, type Fields } from "../../../../policy/engine/read.ts";
import { yamlMap } from "../../../../lib/yaml-map.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { indexOf } from "../../clusters.ts";
import type { Loss } from "../../losses.ts";
import { controllerRelease, controllerValues, INGRESS_CLASS } from "./controllers/classes.ts";
import { gatewayIn } from "./gateway/gateway.ts";
import type { Parents } from "./gateway/parents.ts";
import type { Reading } from "./reading/served.ts";

/**
 * What gatus-sidecar reads for an Ingress from the annotation of its IngressClass, such as alerts and conditions, and for its route from the Gateway.
 * Source: ParentAnnotations in internal/resources/ingress.go and httproute.go of github.com/home-operations/gatus-sidecar
 * @param args the arguments of the gatus-sidecar that reads the Ingress
 */
export function classEndpointLoss(
  { ingressClass = "", annotations }: Pick<Reading, "ingressClass" | "annotations">,
  args: readonly string[],
  cluster: BuiltCluster,
  { gateway }: Pick<Parents, "gateway">,
): readonly Loss[] {
  const annotation = flagValues(args, "annotation-config").at(-1) ?? ENDPOINT_ANNOTATION;
  const given = endpointIn(annotationsOf(ingressClass, cluster), annotation);
  const found = gatewayIn(cluster, gateway);
  const own = endpointIn([fields(found?.metadata.annotations)], annotation);
  // What the Ingress itself says takes precedence, and its route keeps it.
  const kept = yamlMap(annotations.raw.get(annotation.toLowerCase()) ?? "") ?? {};
  const lost = Object.keys(given).filter(
    (key) => kept[key] === undefined && !isDeepStrictEqual(given[key], own[key]),
  );
  if (lost.length === 0 || gateway.provides.includes(annotation)) return [];
  const id = `${gateway.namespace}/${gateway.name}`;
  const there = found ? "which does not have the same" : "which is not in this repository";
  return [
    {
      kind: "setting",
      message: `what IngressClass ${ingressClass} gives to each endpoint of gatus-sidecar by the annotation ${annotation} (${lost.join(", ")}): for routes, it reads the annotation of Gateway ${id}, ${there}: set it there first, and if something else creates the Gateway, list ${annotation} in route.gateways.${ingressClass}.provides`,
    },
  ];
}

/** The endpoint that annotations describe; later ones take precedence. */
const endpointIn = (all: readonly Fields[], annotation: string): Fields =>
  Object.assign({}, ...all.map((one) => yamlMap(text(one[annotation]) ?? "") ?? {})) as Fields;

/** The annotations of a class: of its object, in the values of its controller's chart, and by the post-renderers of its release. */
function annotationsOf(ingressClass: string, cluster: BuiltCluster): readonly Fields[] {
  const values = controllerValues(ingressClass, cluster);
  const release = controllerRelease(ingressClass, cluster);
  const patches = list(at(release && asKubeObject(release).spec, ["postRenderers"])).flatMap((one) =>
    list(at(one, ["kustomize", "patches"])).map(fields),
  );
  return [
    fields(indexOf(cluster).get(INGRESS_CLASS, undefined, ingressClass)?.metadata.annotations),
    fields(at(values, ["controller", "ingressClassResource", "annotations"])),
    ...patches.map(annotationsByPatch),
  ];
}

/** The annotations that a patch sets on an IngressClass, as a part of the object or as a list of operations. */
function annotationsByPatch({ target, patch }: Fields): Fields {
  const written = text(patch) ?? "";
  const part = yamlMap(written);
  if (part) {
    const kind = part.kind ?? fields(target).kind;
    return kind === INGRESS_CLASS.kind ? fields(at(part, ["metadata", "annotations"])) : {};
  }
  if (fields(target).kind !== INGRESS_CLASS.kind) return {};
  const operations = list(yamlMap(`list:\n${written.replace(/^/gm, "  ")}`)?.list).map(fields);
  return Object.fromEntries(
    operations.flatMap(({ path, value }): readonly (readonly [string, unknown])[] => {
      const steps = (text(path) ?? "").split("/").map((step) => step.replaceAll("~1", "/"));
      if (steps[1] !== "metadata" || steps[2] !== "annotations") return [];
      return steps[3] === undefined ? Object.entries(fields(value)) : [[steps[3], value]];
    }),
  );
}
