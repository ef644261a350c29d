import { LABELLED_CONFIG_MAP } from "../../../../kube/gatus-endpoints.ts";
import type { KubeObject } from "../../../../kube/objects.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import type { ObjectIndex } from "../../../../policy/engine/object-index.ts";
import { fields, list, text } from "../../../../policy/engine/read.ts";
import { allContainersOf, CONTAINER_KINDS } from "../../../../policy/objects/containers.ts";
import { gatusPrograms } from "../../../../policy/objects/gatus-presence.ts";
import { valuesOf } from "../../../../policy/objects/helm.ts";
import { HELM_RELEASE } from "../../../../policy/objects/kinds.ts";
import type { Container } from "../../../../policy/objects/workloads.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { indexOf } from "../../clusters.ts";

const SIDECAR = /(?:^|\/)k8s-sidecar(?:[:@]|$)/;

/**
 * Why the endpoints in labelled ConfigMaps are not monitored in a cluster that runs Gatus: gatus-sidecar reads no ConfigMaps, and nothing else asks for the label, as
 * a k8s-sidecar does. Undefined if something may read them.
 * Source: https://github.com/kiwigrid/k8s-sidecar#configuration-environment-variables (LABEL)
 */
export function whyUnread(cluster: BuiltCluster): string | undefined {
  const objects = indexOf(cluster);
  if (!gatusPrograms(objects).hasGatus || hasReader(objects)) return undefined;
  return `nothing in this repository reads its label ${LABELLED_CONFIG_MAP}, as a k8s-sidecar with LABEL=${LABELLED_CONFIG_MAP} would, so Gatus does not monitor its endpoints today; on a route, they would replace what gatus-sidecar monitors there. Remove it in an earlier commit or, if you want its endpoints, annotate the routes by hand`;
}

const hasReader = oncePer((objects: ObjectIndex): boolean =>
  CONTAINER_KINDS.flatMap((kind) => objects.ofKind(kind)).some((object) => mayRead(object, objects)),
);

function mayRead(object: KubeObject, objects: ObjectIndex): boolean {
  const isRelease = object.kind === HELM_RELEASE.kind;
  const { values, complete } = isRelease
    ? valuesOf(object, objects)
    : { values: fields(object.spec), complete: true };
  const settings = JSON.stringify(values);
  return (
    settings.includes(LABELLED_CONFIG_MAP) ||
    (!complete && `${object.metadata.name} ${settings}`.includes("gatus")) ||
    allContainersOf(object, objects).some(asksForUnknown)
  );
}

/** Whether a k8s-sidecar's label is not written next to it. */
function asksForUnknown({ spec }: Container): boolean {
  if (!SIDECAR.test(text(spec.image) ?? "")) return false;
  const listed = list(spec.env)
    .map(fields)
    .find(({ name }) => name === "LABEL");
  const label = text(listed?.value ?? fields(spec.env).LABEL);
  return label === undefined || label.includes("$");
}
