import type { KubeObject } from "../../kube/objects.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { fields, text } from "../engine/read.ts";
import { oncePer } from "../../lib/once-per.ts";
import { allContainersOf, CONTAINER_KINDS } from "./containers.ts";
import { chartOf } from "./helm.ts";
import { HELM_RELEASE } from "./kinds.ts";
import { attachedRoutes } from "./routes.ts";

const PREFIX = "gatus.home-operations.com/";
const IMAGE = /(?:^|\/)gatus(?:-sidecar)?(?:[:@]|$)/;

/** Whether the cluster uses Gatus: it runs Gatus or gatus-sidecar, or an object has one of their annotations or labels. */
export const usesGatus = oncePer((objects: ObjectIndex): boolean =>
  objects.all().some((object) => isMarked(object, objects) || runsGatus(object, objects)),
);

function isMarked(object: KubeObject, objects: ObjectIndex): boolean {
  const marks = ({ metadata }: KubeObject): string[] =>
    [metadata.annotations, metadata.labels].flatMap((pairs) => Object.keys(fields(pairs)));
  const routes = attachedRoutes(object, objects).map(({ route }) => route);
  return [object, ...routes]
    .flatMap(marks)
    .some((key) => key.startsWith(PREFIX) || key.startsWith("gatus.io/"));
}

function runsGatus(object: KubeObject, objects: ObjectIndex): boolean {
  if (!CONTAINER_KINDS.some(({ kind }) => kind === object.kind)) return false;
  if (object.kind === HELM_RELEASE.kind && chartOf(object, objects).name === "gatus") return true;
  return allContainersOf(object, objects).some(({ spec }) => IMAGE.test(text(spec.image) ?? ""));
}
