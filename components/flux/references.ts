import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { FluxAppsArgs } from "./apps.ts";
import type { LiveKustomization } from "./live.ts";
import { childNamespaces, settingsOf } from "./placement.ts";

/** A Secret or ConfigMap that a Kustomization reads from its own namespace. */
interface Needed {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  readonly namespace: string;
}

/** Whether what root and children read (the age key, the settings) is where they read it: always their own namespace (docs/decisions/secrets-in-the-own-namespace.md). */
export async function checkReferences(
  args: FluxAppsArgs,
  children: readonly LiveKustomization[],
  cluster: ClusterReader,
): Promise<Finding[]> {
  const served = childNamespaces(args);
  const own = args.placement === "app" ? children.map(({ metadata }) => metadata.namespace) : [];
  const namespaces = [...new Set([args.root.namespace, ...served, ...own])];
  const needed = namespaces.flatMap((namespace) => neededIn(namespace, served.includes(namespace), args));
  const live = await Promise.all(
    needed.map(({ kind, name, namespace }) =>
      cluster.get({ apiVersion: "v1", kind, metadata: { name, namespace } }),
    ),
  );
  return needed.filter((_, index) => live[index] === undefined).map((missing) => absent(missing, args));
}

function neededIn(namespace: string, served: boolean, args: FluxAppsArgs): Needed[] {
  const { root, sopsAgeKey } = args;
  const key =
    root.decryptionSecret === null || (served && sopsAgeKey !== undefined)
      ? []
      : [{ kind: "Secret" as const, name: root.decryptionSecret, namespace }];
  const settings = settingsOf(root, args).some((settings) => settings.namespace === namespace)
    ? []
    : root.substituteFrom
        .filter(({ optional }) => optional !== true)
        .map(({ kind, name }) => ({ kind, name, namespace }));
  return [...key, ...settings];
}

function absent({ kind, name, namespace }: Needed, { root }: FluxAppsArgs): Finding {
  const isKey = name === root.decryptionSecret;
  const make = `kubectl -n ${namespace} create secret generic ${name} --from-file=age.agekey=<file with the key>`;
  return {
    severity: "warning",
    message: `${kind} ${namespace}/${name} is not there: Kustomizations in ${namespace} that read it will not become ready.`,
    hint: isKey
      ? `Make it: ${make}; where children are moved, edgefirst:sopsAgeKey lets this stack do so.`
      : `Let the repository bring it to ${namespace}; edgefirst:flux.root.settingsPath does so for the root's own namespace, edgefirst:flux.apps.settingsPath for where the children are.`,
  };
}
