import type { KubeObject } from "../../kube/objects.ts";
import { appContainers } from "./app-template.ts";
import { HELM_RELEASE } from "./kinds.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { containersOf, WORKLOADS, type Container } from "./workloads.ts";

/** Kinds with containers: workloads and app-template releases. */
export const CONTAINER_KINDS = [...WORKLOADS, HELM_RELEASE];

/** An object's containers; empty for a HelmRelease that is rendered or has another chart. */
export function allContainersOf(object: KubeObject, objects: ObjectIndex): readonly Container[] {
  return object.kind === "HelmRelease" ? appContainers(object, objects) : containersOf(object);
}
