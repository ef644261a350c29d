import type { ClusterReader } from "../../../../kube/client.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import type { KubeObject } from "../../../../kube/objects.ts";
import { isFluxKustomization, specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { Edits } from "../../edits.ts";
import type { LiveKustomization } from "../../live/kustomizations.ts";
import { idOf, nameOf } from "../../objects.ts";
import type { StepContext } from "../../step.ts";
import { clusterAfter, planMove } from "./move.ts";
import { soughtAfter, type Sought } from "./missing.ts";
import { presentIn, type Reference } from "./references.ts";
import { BINDINGS, lostBindings } from "./rights.ts";
import type { MovingRoot } from "./root.ts";

const API_VERSIONS: Readonly<Record<Reference["use"], string>> = {
  sourceRef: "source.toolkit.fluxcd.io/v1",
  dependsOn: "kustomize.toolkit.fluxcd.io/v1",
  decryption: "v1",
  substituteFrom: "v1",
  kubeConfig: "v1",
  serviceAccountName: "v1",
};

/** What the children would not find on the live cluster after the move, one sentence each. */
export async function missingLive(
  moving: MovingRoot,
  context: StepContext,
  live: ReadonlyMap<string, LiveKustomization>,
  cluster: ClusterReader,
): Promise<readonly string[]> {
  const edits = new Edits(context.repository);
  const refusals = planMove(moving, context, edits).filter(({ kind }) => kind === "refused");
  if (refusals.length > 0) return refusals.map(({ message }) => message);
  const after = clusterAfter(moving, context, edits);
  const flags = await controllerFlags(moving, cluster);
  const moved = new Set(moving.children.map(({ object }) => nameOf(object).name));
  const needed = [...soughtAfter(moving.cluster, after), ...defaultAccounts(moving, after, flags)]
    .filter(({ by }) => nameOf(by).namespace === moving.targetOf(by))
    .filter(({ by }) => moved.has(nameOf(by).name));
  const byObject = Map.groupBy(
    needed,
    ({ reference: { kind, namespace, name } }) => `${kind} ${namespace}/${name}`,
  );
  const checked = await Promise.all(
    [...byObject].map(async ([what, users]) => {
      // What one child calls optional, another may require.
      const first = users.find(({ reference }) => !reference.optional) ?? users[0];
      if (!first || (await isThere(first.reference, after, live, cluster))) return [];
      const { reference, former } = first;
      const by = users.map((user) => idOf(user.by)).join(", ");
      if (!reference.optional) return [`${what} does not exist, and ${by} would need it (${reference.use})`];
      if (!former || !(await isThere(former, after, live, cluster))) return [];
      return [
        `${what} does not exist, but ${former.namespace}/${former.name} does: the variables from it would be empty for ${by}`,
      ];
    }),
  );
  return [...checked.flat(), ...(await lostRights(needed, cluster)), ...closedNamespaces(flags)];
}

/** Rights that the children would lose with the ServiceAccount that they use today. */
async function lostRights(needed: readonly Sought[], cluster: ClusterReader): Promise<readonly string[]> {
  const accounts = needed.filter(({ reference }) => reference.use === "serviceAccountName");
  if (accounts.length === 0) return [];
  const { apiVersion, kinds } = BINDINGS;
  const bindings = (
    await Promise.all(kinds.map((kind) => cluster.list(apiVersion, kind)))
  ).flat() as unknown as readonly Mapping[];
  const lost = accounts.flatMap(({ by, reference, former }) =>
    (former ? lostBindings(bindings, bindings, former, reference) : []).map(
      (binding) =>
        `${binding} grants rights to ServiceAccount ${former?.namespace ?? ""}/${reference.name}, but nothing grants them to ${reference.namespace}/${reference.name}, which ${idOf(by)} would use`,
    ),
  );
  return [...new Set(lost)];
}

async function isThere(
  reference: Reference,
  after: MovingRoot["cluster"],
  live: ReadonlyMap<string, LiveKustomization>,
  cluster: ClusterReader,
): Promise<boolean> {
  const { use, kind, namespace, name } = reference;
  if (use === "dependsOn") return presentIn(after, reference) || live.has(`${namespace}/${name}`);
  const object = { apiVersion: API_VERSIONS[use], kind, metadata: { namespace, name } };
  return (await cluster.get(object)) !== undefined;
}

/** The flags of kustomize-controller, as JSON; source: fluxcd/kustomize-controller, main.go. */
async function controllerFlags({ root }: MovingRoot, cluster: ClusterReader): Promise<string> {
  const { namespace } = nameOf(root.object);
  const deployment: KubeObject | undefined = await cluster.get({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "kustomize-controller", namespace },
  });
  return JSON.stringify(deployment?.spec ?? "");
}

/** The default ServiceAccount of a child, in its own namespace, if the controller sets a default and the child does not name one. */
function defaultAccounts(
  { children }: MovingRoot,
  after: MovingRoot["cluster"],
  flags: string,
): readonly Sought[] {
  const [, name] = /--default-service-account=([^"]+)/.exec(flags) ?? [];
  if (name === undefined) return [];
  return children
    .filter(({ object }) => !("serviceAccountName" in specOf(object) || "kubeConfig" in specOf(object)))
    .flatMap(({ object, origin }) => {
      const of = (by: Mapping): Reference => ({
        use: "serviceAccountName",
        kind: "ServiceAccount",
        namespace: nameOf(by).namespace,
        name,
        explicit: false,
        optional: false,
        origin,
      });
      const moved = after.objects.filter(
        (other) => isFluxKustomization(other.object) && nameOf(other.object).name === nameOf(object).name,
      );
      return moved.map(({ object: by }) => ({ by, reference: of(by), former: of(object) }));
    });
}

/** With this flag, a Kustomization cannot use a source in another namespace. */
function closedNamespaces(flags: string): readonly string[] {
  return /--no-cross-namespace-refs(?!=false)/.test(flags)
    ? [
        "kustomize-controller runs with --no-cross-namespace-refs: children cannot read a source in a different namespace",
      ]
    : [];
}
