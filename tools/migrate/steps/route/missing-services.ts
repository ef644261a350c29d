import { isAppTemplate } from "../../../../policy/objects/app-template.ts";
import { appServices, renderedService } from "../../../../policy/objects/app-template-network.ts";
import { releaseOf } from "../../../../policy/objects/helm.ts";
import { HELM_RELEASE, SERVICE } from "../../../../policy/objects/kinds.ts";
import { mayBeOperators } from "../../../../policy/objects/operator-services.ts";
import type { ObjectIndex } from "../../../../policy/engine/object-index.ts";
import { at, text } from "../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { indexOf } from "../../clusters.ts";
import { isRelease } from "../oci/artifact.ts";
import { controllerOf, controllerValues } from "./controllers/classes.ts";
import { nginx } from "./controllers/nginx.ts";
import type { CutoverNote } from "./outcome.ts";
import type { MovingForm } from "./parents.ts";
import { servicesBehind } from "./served.ts";

/** Backends that an Ingress names literally, and that nothing in the repository creates: it does not answer today either. */
export function missingServices({
  form,
  cluster,
  namespace,
  reading,
  hosts,
}: MovingForm): readonly CutoverNote[] {
  if (!cluster) return [];
  const index = indexOf(cluster);
  const own = isRelease(form.object) ? appServices(asKubeObject(form.object), index) : [];
  const names = servicesBehind(reading.served).flatMap(({ name }) => name ?? []);
  return [...new Set(names)].flatMap((name): readonly CutoverNote[] => {
    if (own.some((service) => service.name === name) || isCreated(namespace, name, index)) return [];
    const isIdentifier = own.some(({ identifier }) => identifier === name);
    if (!isIdentifier && mayBeCreated(namespace, name, index)) return [];
    const hint =
      own.length === 0
        ? ""
        : `; the Services of its release are ${own.map((service) => service.name).join(", ")}`;
    const message = `Service ${namespace}/${name}, the backend of ${hosts.join(", ")}, is not in this repository${hint}: unless something else creates it, ${errorsToday(reading.ingressClass, cluster)}, and the Gateway with a 500 after the move`;
    return [{ kind: "cutover", message }];
  });
}

/** What the class's controller answers for a Service that does not exist. */
function errorsToday(ingressClass: string | undefined, cluster: BuiltCluster): string {
  if (controllerOf(ingressClass, cluster) !== nginx) return "the Ingress controller answers with an error";
  const values = controllerValues(ingressClass, cluster);
  const backend = text(at(values, ["controller", "extraArgs", "default-backend-service"]));
  if (backend !== undefined) return `ingress-nginx answers with Service ${backend}`;
  return at(values, ["defaultBackend", "enabled"]) === true
    ? "ingress-nginx answers with its default backend"
    : "ingress-nginx answers with a 503";
}

function isCreated(namespace: string, name: string, index: ObjectIndex): boolean {
  return (
    index.get(SERVICE, namespace, name) !== undefined || renderedService(namespace, name, index) !== undefined
  );
}

const releasesIn = (namespace: string, index: ObjectIndex): ReturnType<ObjectIndex["ofKind"]> =>
  index.ofKind(HELM_RELEASE).filter((release) => releaseOf(release).namespace === namespace);

/** The Services that Flux is installed with. Source: config/manager/service.yaml of fluxcd/notification-controller and source-controller. */
const OF_FLUX = ["webhook-receiver", "notification-controller", "source-controller"];

/** Whether another chart may create the Service, or an operator, which names it after its custom resource. */
function mayBeCreated(namespace: string, name: string, index: ObjectIndex): boolean {
  return (
    (namespace === "flux-system" && OF_FLUX.includes(name)) ||
    releasesIn(namespace, index).some((release) => !isAppTemplate(release, index)) ||
    mayBeOperators(namespace, name, index)
  );
}
