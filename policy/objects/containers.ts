import type { KubeObject } from "../../kube/objects.ts";
import { appContainers } from "./app-template.ts";
import { HELM_RELEASE } from "./kinds.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { containersOf, WORKLOADS, type Container } from "./workloads.ts";

/** Kinds with containers: workloads and releases of app-template. */
export const CONTAINER_KINDS = [...WORKLOADS, HELM_RELEASE];

/** The containers of an object; empty for a HelmRelease of another chart. */
export function allContainersOf(object: KubeObject, objects: ObjectIndex): readonly Container[] {
  return object.kind === "HelmRelease" ? appContainers(object, objects) : containersOf(object);
}
