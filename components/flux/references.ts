import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { FluxAppsArgs } from "./apps.ts";
import type { LiveKustomization } from "./live.ts";
import { childNamespaces, settingsOf } from "./placement.ts";

/** A Secret or ConfigMap that a Kustomization reads from its own namespace. */
interface Reference {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  readonly namespace: string;
}

/**
 * Checks that the Secret with the age keys and the settings exist in the namespaces of the Kustomizations that read them: the root and its children
 * (docs/decisions/secrets-in-the-own-namespace.md).
 */
export async function checkReferences(
  args: FluxAppsArgs,
  children: readonly LiveKustomization[],
  cluster: ClusterReader,
): Promise<Finding[]> {
  const served = childNamespaces(args);
  const own = args.placement === "app" ? children.map(({ metadata }) => metadata.namespace) : [];
  const namespaces = [...new Set([args.root.namespace, ...served, ...own])];
  const references = namespaces.flatMap((namespace) =>
    referencesIn(namespace, served.includes(namespace), args),
  );
  const live = await Promise.all(
    references.map(({ kind, name, namespace }) =>
      cluster.get({ apiVersion: "v1", kind, metadata: { name, namespace } }),
    ),
  );
  return references
    .filter((_, index) => live[index] === undefined)
    .map((reference) => missing(reference, args));
}

function referencesIn(namespace: string, served: boolean, args: FluxAppsArgs): Reference[] {
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

function missing({ kind, name, namespace }: Reference, { root }: FluxAppsArgs): Finding {
  const isKey = name === root.decryptionSecret;
  const create = `kubectl -n ${namespace} create secret generic ${name} --from-file=age.agekey=<file with the key>`;
  return {
    severity: "warning",
    message: `${kind} ${namespace}/${name} does not exist: Kustomizations in ${namespace} that read it will not become ready.`,
    hint: isKey
      ? `Create it: ${create}. If this stack moves children to that namespace, it can also create the Secret from edgefirst:sopsAgeKey.`
      : `Apply it to ${namespace} from the repository. To have this stack do that, set edgefirst:flux.root.settingsPath for the root's namespace, or edgefirst:flux.apps.settingsPath for the children's.`,
  };
}
