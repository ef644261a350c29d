import type { ClusterReader, Finding, ObjectReference } from "./client.ts";
import { foreignDefinitions } from "./foreign-definitions.ts";
import { handEdits } from "./hand-edits.ts";
import { describeObject, FIELD_MANAGER, STACK_LABEL, type KubeObject } from "./objects.ts";
import { ownerOf } from "./owner.ts";

/** What decides which objects a stack may change. */
export interface OwnershipArgs {
  /** Value of {@link STACK_LABEL} on this stack's objects. */
  readonly stack: string;
  /** Objects, as `Kind name` or `Kind namespace/name`, that the stack may take over from their current owner. */
  readonly adopt: readonly string[];
  /** Objects in the stack's own state, which may still have the label of a former name. Read only if a live object has not this stack's label. */
  readonly recorded?: () => Promise<readonly ObjectReference[]>;
}

/**
 * Compares each object that the program is about to declare with the live one. This stack's objects pass, unless a declared field was edited by hand. Objects
 * that belong to Flux, Helm or another owner are refused, naming the owner. Objects listed in `adopt` pass, whoever owns them. Fields that the program does not
 * declare, such as status and defaults, are not compared.
 */
export async function checkOwnership(
  objects: readonly KubeObject[],
  cluster: ClusterReader,
  args: OwnershipArgs,
): Promise<Finding[]> {
  const found = await Promise.all(
    objects.map(async (object) => {
      const live = await cluster.get(object);
      if (live === undefined) return [];
      return [{ declared: object, live, isOwn: await isOwn(live, args), adopt: args.adopt }];
    }),
  );
  const [definitions, others] = split(found.flat());
  return [...others.flatMap((each) => checkOwner(each) ?? []), ...foreignDefinitions(definitions)];
}

/** Another owner's CRDs, and all other objects. */
function split(found: readonly LiveObject[]): readonly [KubeObject[], LiveObject[]] {
  const isForeignDefinition = ({ live, isOwn, adopt }: LiveObject): boolean =>
    live.kind === "CustomResourceDefinition" &&
    !isOwn &&
    !isTerminating(live) &&
    !adopt.includes(describeObject(live));
  const foreign = found.filter(isForeignDefinition);
  return [foreign.map(({ live }) => live), found.filter((each) => !foreign.includes(each))];
}

/** The namespaces among `names` that exist and belong to another owner: they are used unchanged, never declared. */
export async function foreignNamespaces(
  names: readonly string[],
  cluster: ClusterReader,
  args: Omit<OwnershipArgs, "adopt">,
): Promise<ReadonlySet<string>> {
  const foreign = await Promise.all(
    names.map(async (name) => {
      const live = await cluster.get({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
      return live !== undefined && !(await isOwn(live, args)) ? [name] : [];
    }),
  );
  return new Set(foreign.flat());
}

/**
 * Whether a live object belongs to the stack, according to its label or the stack's state. After `pulumi stack rename`, all objects have the former name in
 * their label until the next update changes it.
 */
export async function isOwn(
  live: KubeObject,
  { stack, recorded }: Omit<OwnershipArgs, "adopt">,
): Promise<boolean> {
  if (live.metadata.labels?.[STACK_LABEL] === stack) return true;
  if (recorded === undefined || !isApplied(live)) return false;
  const key = identityOf(live);
  return (await recorded()).some((object) => identityOf(object) === key);
}

/** Group, kind and name, of which there is one object on a cluster, whatever the version. */
function identityOf(object: ObjectReference): string {
  return `${object.apiVersion.replace(/\/?[^/]+$/, "")} ${describeObject(object)}`;
}

/**
 * Reports namespaces that the declared objects need but that are terminating, or neither exist nor are declared. Without this check, the API server would
 * reject each object, after minutes of retries.
 */
export async function checkNamespaces(
  objects: readonly KubeObject[],
  cluster: ClusterReader,
): Promise<Finding[]> {
  const declared = new Set(
    objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name),
  );
  const used = new Set(
    objects.map(({ metadata }) => metadata.namespace).filter((name) => name !== undefined),
  );
  const findings = await Promise.all(
    [...used.difference(declared)].map(async (name): Promise<Finding[]> => {
      const live = await cluster.get({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
      if (live !== undefined) return isTerminating(live) ? [terminating(live)] : [];
      const inside = objects.filter(({ metadata }) => metadata.namespace === name).map(describeObject);
      return [
        {
          severity: "error",
          message: `The namespace ${name} does not exist, and this stack does not create it. It is needed for ${inside.join(", ")}.`,
          hint: "Create the namespace, or correct its name in the configuration.",
        },
      ];
    }),
  );
  return findings.flat();
}

function isTerminating({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** The API server accepts a change to a terminating object, so the engine would report success, but the change would vanish with the object. */
function terminating(live: KubeObject): Finding {
  const { deletionTimestamp, finalizers } = live.metadata as {
    deletionTimestamp?: string;
    finalizers?: readonly string[];
  };
  const waiting = finalizers === undefined ? "" : `, waiting for ${finalizers.join(", ")}`;
  return {
    severity: "error",
    message: `${describeObject(live)} is being deleted (since ${deletionTimestamp ?? ""}${waiting}).`,
    hint: "Re-run once it is gone. If deletion does not finish, check its finalizers; for a namespace, also check which objects are left in it.",
  };
}

/**
 * Reports objects that two parts of the configuration declare. Each would overwrite the other, and the engine would not notice, since it compares only resource
 * names.
 */
export function checkDistinct(objects: readonly KubeObject[]): Finding[] {
  return [...Map.groupBy(objects, identityOf).values()]
    .filter(({ length }) => length > 1)
    .map((same) => ({
      severity: "error",
      message: `${same[0] === undefined ? "" : describeObject(same[0])} is declared ${same.length} times.`,
      hint: "Change the name or namespace of one of them in the configuration.",
    }));
}

interface LiveObject {
  readonly declared: KubeObject;
  readonly live: KubeObject;
  readonly isOwn: boolean;
  readonly adopt: readonly string[];
}

function checkOwner({ declared, live, isOwn, adopt }: LiveObject): Finding | undefined {
  if (isTerminating(live)) return terminating(live);
  const name = describeObject(live);
  if (adopt.includes(name)) return undefined;
  if (isOwn) return handEdited(declared, live);
  const owner = ownerOf(live);
  return {
    severity: "error",
    message: `${name} already exists and belongs to ${owner.name}.`,
    hint: `${owner.handOver} To take it over unchanged, add "${name}" to edgefirst:adopt.`,
  };
}

function handEdited(declared: KubeObject, live: KubeObject): Finding | undefined {
  const edits = handEdits(declared, live);
  if (edits.length === 0) return undefined;
  const name = describeObject(live);
  const changes = edits.map(({ path, manager, time }) => `${path} (by ${manager}, ${time})`);
  return {
    severity: "error",
    message: `${name} was edited after this stack applied it: ${changes.join(", ")}.`,
    hint: `Make the same change in the configuration, or revert the edit. To overwrite it, add "${name}" to edgefirst:adopt for one update.`,
  };
}

/** This program's field managers: the current one, and the random names that the provider chose in the first releases, which set no field manager. */
const APPLIERS = new RegExp(`^(?:${FIELD_MANAGER}$|pulumi-kubernetes-)`);

/**
 * Whether the stack applied a live object, which then has both the stack's label and the program's field manager. The label alone proves nothing,
 * because others copy labels: metrics-server to PodMetrics, and the endpoints controllers, operators and backups to their own objects
 * (docs/decisions/ownership-by-state-and-field-manager.md).
 */
export function isAppliedBy(object: KubeObject, stack: string): boolean {
  return object.metadata.labels?.[STACK_LABEL] === stack && isApplied(object);
}

function isApplied({ metadata }: KubeObject): boolean {
  const managers = (metadata.managedFields ?? []) as readonly FieldManager[];
  return managers.some(({ manager = "", operation }) => operation === "Apply" && APPLIERS.test(manager));
}

interface FieldManager {
  readonly manager?: string;
  readonly operation?: string;
}
