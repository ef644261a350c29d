import { discoverySidecar } from "../../../../components/gatus/sidecar-containers.ts";
import { sidecarFor } from "../../../../components/gatus/sidecar.ts";
import { imageVersion, loadPins } from "../../../../config/pins.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import type { Mapping, Value } from "../../../gitops/yaml/values.ts";
import { nameOf } from "../../objects.ts";
import type { MigrateOptions } from "../../options.ts";

/** Name of the container, of the volume that it shares with Gatus, and of the file with the RBAC objects. */
export const SIDECAR = "gatus-sidecar";

/** The file that gatus-sidecar writes by default (internal/config/config.go). */
const DEFAULT_DIRECTORY = "/config";

/** gatus-sidecar as both charts need it. */
interface Sidecar {
  /** `repository:tag@digest` */
  readonly image: string;
  readonly repository: string;
  /** With the digest. */
  readonly tag: string;
  readonly args: readonly string[];
  readonly rules: readonly Mapping[];
  readonly container: Mapping;
}

/** The pinned gatus-sidecar, with the flags and rights of its version. */
export const pinnedSidecar = oncePer(({ sidecar }: MigrateOptions): Sidecar => {
  const { gatusSidecar: image } = loadPins().images;
  const found = sidecarFor(imageVersion(image), { httpRoutes: true, services: sidecar.services });
  if (found === undefined) throw new Error("gatus-sidecar has no flag for HTTPRoutes");
  const { args, rules } = found;
  const { resources, restartPolicy, securityContext } = discoverySidecar(image, args);
  const colon = image.indexOf(":");
  return {
    image,
    repository: image.slice(0, colon),
    tag: image.slice(colon + 1),
    args,
    rules: rules.map(({ apiGroups, resources: kinds, verbs }) => ({
      apiGroups: [...apiGroups],
      resources: [...kinds],
      verbs: [...verbs],
    })),
    container: { restartPolicy, resources, securityContext } as Mapping,
  };
});

/** The arguments for a directory in which Gatus reads every file. */
export function argsFor({ args }: Sidecar, directory: string): Value[] {
  return [...args, ...(directory === DEFAULT_DIRECTORY ? [] : [`--output=${directory}/${SIDECAR}.yaml`])];
}

/** Name of the ClusterRole for a release. */
export const roleOf = (release: Mapping): string => `${nameOf(release).name}-sidecar`;

/** Lets a ServiceAccount read what gatus-sidecar watches. */
export function rbacObjects(
  name: string,
  account: { readonly namespace: string; readonly name: string },
  { rules }: Sidecar,
): readonly Mapping[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  return [
    { apiVersion, kind: "ClusterRole", metadata: { name }, rules: [...rules] },
    {
      apiVersion,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name: account.name, namespace: account.namespace }],
    },
  ];
}
