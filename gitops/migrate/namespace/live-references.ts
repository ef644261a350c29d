import type { ClusterReader } from "../../../cluster/client.ts";
import type { KubeObject } from "../../../cluster/objects.ts";
import { Edits } from "../edits.ts";
import type { LiveKustomization } from "../live/kustomizations.ts";
import { idOf, nameOf } from "../objects.ts";
import type { StepContext } from "../step.ts";
import { clusterAfter, planMove } from "./move.ts";
import { presentIn, referencesOf, type Reference } from "./references.ts";
import type { MovingRoot } from "./root.ts";

const API_VERSIONS: Readonly<Record<Reference["use"], string>> = {
  sourceRef: "source.toolkit.fluxcd.io/v1",
  dependsOn: "kustomize.toolkit.fluxcd.io/v1",
  decryption: "v1",
  substituteFrom: "v1",
};

/** What the children would look for in vain on the live cluster, once they have moved: a sentence each. */
export async function missingLive(
  moving: MovingRoot,
  context: StepContext,
  live: ReadonlyMap<string, LiveKustomization>,
  cluster: ClusterReader,
): Promise<readonly string[]> {
  const edits = new Edits(context.repository);
  const refusals = planMove(moving, context, edits).filter(({ kind }) => kind === "left");
  if (refusals.length > 0) return refusals.map(({ message }) => message);
  const after = clusterAfter(moving, context, edits);
  const moved = new Set(moving.children.map(({ object }) => nameOf(object).name));
  const needed = after.objects
    .filter(
      ({ object }) => object.kind === "Kustomization" && nameOf(object).namespace === moving.targetOf(object),
    )
    .filter(({ object }) => moved.has(nameOf(object).name))
    .flatMap(({ object }) => referencesOf(object).map((reference) => ({ reference, by: idOf(object) })));
  const byObject = Map.groupBy(
    needed,
    ({ reference: { kind, namespace, name } }) => `${kind} ${namespace}/${name}`,
  );
  const checked = await Promise.all(
    [...byObject].map(async ([what, users]) => {
      const [first] = users;
      if (!first || (await isThere(first.reference, after, live, cluster))) return [];
      return [
        `${what} is not there: ${users.map(({ by }) => by).join(", ")} would need it (${first.reference.use})`,
      ];
    }),
  );
  return [...checked.flat(), ...(await closedNamespaces(moving, cluster))];
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

/** With this flag a Kustomization reads no source of another namespace. */
async function closedNamespaces({ root }: MovingRoot, cluster: ClusterReader): Promise<readonly string[]> {
  const { namespace } = nameOf(root.object);
  const deployment: KubeObject | undefined = await cluster.get({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "kustomize-controller", namespace },
  });
  return JSON.stringify(deployment?.spec ?? "").includes("--no-cross-namespace-refs=true")
    ? [
        "kustomize-controller runs with --no-cross-namespace-refs=true: children outside their source's namespace cannot read it",
      ]
    : [];
}
