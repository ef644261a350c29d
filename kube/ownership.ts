import type { ClusterReader, Finding } from "./client.ts";
import { handEdits } from "./hand-edits.ts";
import { describeObject, STACK_LABEL, type KubeObject } from "./objects.ts";

/** Whose objects a stack may touch. */
export interface OwnershipArgs {
  /** Value of {@link STACK_LABEL} on this stack's objects. */
  readonly stack: string;
  /** Objects, as `Kind name` or `Kind namespace/name`, that the stack may take from their present owner. */
  readonly adopt: readonly string[];
}

/**
 * Compares each object that the program is about to declare with the live one. Objects of this stack pass, unless somebody changed by hand what it declares; those
 * of Flux, Helm or anybody else are refused by their owner's name. What `adopt` lists is taken, whoever has it. What controllers write (status, defaulted fields) is no ground to refuse.
 */
export async function checkOwnership(
  objects: readonly KubeObject[],
  cluster: ClusterReader,
  args: OwnershipArgs,
): Promise<Finding[]> {
  const findings = await Promise.all(
    objects.map(async (object) => {
      const live = await cluster.get(object);
      return live === undefined ? undefined : judge(object, live, args);
    }),
  );
  return findings.filter((finding) => finding !== undefined);
}

/** Names of the namespaces among `names` that are live and not this stack's: they are used as they are, never declared. */
export async function foreignNamespaces(
  names: readonly string[],
  cluster: ClusterReader,
  stack: string,
): Promise<ReadonlySet<string>> {
  const live = await Promise.all(
    names.map((name) => cluster.get({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
  );
  return new Set(
    live
      .filter((namespace) => namespace !== undefined)
      .filter((namespace) => namespace.metadata.labels?.[STACK_LABEL] !== stack)
      .map((namespace) => namespace.metadata.name),
  );
}

/** Objects in a namespace that is being deleted, or is neither live nor among them: the API server would refuse each, after minutes of retries. */
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
      if (live !== undefined) return isGoing(live) ? [going(live)] : [];
      const inside = objects.filter(({ metadata }) => metadata.namespace === name).map(describeObject);
      return [
        {
          severity: "error",
          message: `The namespace ${name} is not there, and this stack does not make it; in it would go ${inside.join(", ")}.`,
          hint: "Create it, or correct the configuration that names it.",
        },
      ];
    }),
  );
  return findings.flat();
}

function isGoing({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** What is applied to it would vanish with it, and the engine would take it for done. */
function going(live: KubeObject): Finding {
  const { deletionTimestamp, finalizers } = live.metadata as {
    deletionTimestamp?: string;
    finalizers?: readonly string[];
  };
  const waiting = finalizers === undefined ? "" : ` and waits for ${finalizers.join(", ")}`;
  return {
    severity: "error",
    message: `${describeObject(live)} is being deleted (since ${deletionTimestamp ?? ""})${waiting}.`,
    hint: "Run again once it is gone. Where it stays, whoever set the finalizer, or what is left in the namespace, keeps it.",
  };
}

/** Objects that two parts of the configuration declare: they would undo each other, and the engine knows only their names. */
export function checkDistinct(objects: readonly KubeObject[]): Finding[] {
  const identity = (object: KubeObject): string =>
    `${object.apiVersion.replace(/\/?[^/]+$/, "")} ${describeObject(object)}`;
  return [...Map.groupBy(objects, identity).values()]
    .filter(({ length }) => length > 1)
    .map((same) => ({
      severity: "error",
      message: `${same[0] === undefined ? "" : describeObject(same[0])} is declared ${same.length} times.`,
      hint: "Give one of the two another name or namespace in the configuration.",
    }));
}

function judge(declared: KubeObject, live: KubeObject, { stack, adopt }: OwnershipArgs): Finding | undefined {
  if (isGoing(live)) return going(live);
  const what = describeObject(live);
  if (adopt.includes(what)) return undefined;
  if (live.metadata.labels?.[STACK_LABEL] === stack) return edited(declared, live);
  const owner = ownerOf(live);
  return {
    severity: "error",
    message: `${what} is there already and belongs to ${owner.name}.`,
    hint: `${owner.handOver} To take it over as it is, add "${what}" to edgefirst:adopt.`,
  };
}

function edited(declared: KubeObject, live: KubeObject): Finding | undefined {
  const edits = handEdits(declared, live);
  if (edits.length === 0) return undefined;
  const what = describeObject(live);
  const changes = edits.map(({ path, manager, time }) => `${path} (by ${manager}, ${time})`);
  return {
    severity: "error",
    message: `${what} was changed by somebody else since this stack applied it: ${changes.join(", ")}.`,
    hint: `Bring the change into the configuration, or undo it. To overwrite it, add "${what}" to edgefirst:adopt for one update.`,
  };
}

interface Owner {
  readonly name: string;
  /** How its owner lets go of it. */
  readonly handOver: string;
}

/**
 * Labels by which Flux marks what it applies: kustomize-controller and helm-controller each set `<group>/name` and `<group>/namespace`
 * (https://fluxcd.io/flux/components/kustomize/kustomizations/#inventory). Helm sets the annotations `meta.helm.sh/release-*`.
 */
function ownerOf({ metadata }: KubeObject): Owner {
  const label = (key: string): string | undefined => metadata.labels?.[key];
  const annotation = (key: string): string | undefined => metadata.annotations?.[key];
  const kustomization = label("kustomize.toolkit.fluxcd.io/name");
  if (kustomization !== undefined)
    return {
      name: `Flux (Kustomization ${label("kustomize.toolkit.fluxcd.io/namespace") ?? ""}/${kustomization})`,
      handOver:
        "Leave it to Flux and turn this part of the configuration off, or hand it over: set the annotation kustomize.toolkit.fluxcd.io/prune: disabled on it in the repository, wait for it to be live, then remove it from the repository.",
    };
  const helmRelease = label("helm.toolkit.fluxcd.io/name");
  if (helmRelease !== undefined)
    return {
      name: `Flux (HelmRelease ${label("helm.toolkit.fluxcd.io/namespace") ?? ""}/${helmRelease})`,
      handOver:
        "Leave it to the HelmRelease and turn this part of the configuration off (install: false), or uninstall the release first.",
    };
  const release = annotation("meta.helm.sh/release-name");
  if (release !== undefined)
    return {
      name: `Helm (release ${annotation("meta.helm.sh/release-namespace") ?? ""}/${release})`,
      handOver: "Turn this part of the configuration off (install: false), or uninstall the release first.",
    };
  const other = label(STACK_LABEL);
  if (other !== undefined)
    return {
      name: `the edgefirst stack ${other}`,
      handOver:
        "Check that edgefirst:cluster.context names the right cluster, and let only one stack declare it.",
    };
  const managers = new Set(
    (metadata.managedFields as { manager?: string }[] | undefined)?.map(
      (entry) => entry.manager ?? "unknown",
    ),
  );
  return {
    name: `somebody else (field managers: ${[...managers].join(", ") || "unknown"})`,
    handOver: "Find out who keeps it, and remove it there or rename ours.",
  };
}
