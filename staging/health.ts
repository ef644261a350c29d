import { conditionOf, conditionsOf, type Condition } from "../kube/conditions.ts";
import { statusOf, type KubeObject } from "../kube/objects.ts";

/** The health of a live object. */
export interface Health {
  /** `progressing`: not ready yet. `failed`: the controller reports a failure. `present`: the object exists, but its kind reports no health. */
  readonly state: "healthy" | "progressing" | "failed" | "present";
  /** The message of the condition that decided the state, or a count of replicas. */
  readonly message: string;
}

/** The conditions that must all be True, by kind, according to the Gateway API, Flux and apiextensions specifications. */
const REQUIRED_CONDITIONS: Readonly<Record<string, readonly string[]>> = {
  CustomResourceDefinition: ["Established"],
  GatewayClass: ["Accepted"],
  GitRepository: ["Ready"],
  OCIRepository: ["Ready"],
  HelmRepository: ["Ready"],
  HelmChart: ["Ready"],
  Kustomization: ["Ready"],
  HelmRelease: ["Ready"],
};

/** A live object's health, according to its status. A status for an older generation counts as progressing. */
export function objectHealth(object: KubeObject): Health {
  if (object.kind === "Deployment") return deploymentHealth(object);
  if (object.kind === "HTTPRoute") return routeHealth(object);
  if (object.kind === "Gateway") return gatewayHealth(object);
  if (object.kind === "Service" && (object.spec as { type?: string }).type === "LoadBalancer")
    return loadBalancerHealth(object);
  const required = REQUIRED_CONDITIONS[object.kind];
  if (required === undefined) return { state: "present", message: "" };
  return conditionsHealth(required, conditionsOf(object), generationOf(object));
}

function conditionsHealth(
  required: readonly string[],
  conditions: readonly Condition[],
  generation: number,
): Health {
  const found = required.map((type) => conditions.find((condition) => condition.type === type));
  const current = found.map((condition) =>
    condition !== undefined && (condition.observedGeneration ?? generation) >= generation
      ? condition
      : undefined,
  );
  const failed = current.find((condition) => condition?.status === "False");
  if (failed !== undefined)
    return { state: "failed", message: `${failed.type}: ${failed.message ?? failed.reason ?? "False"}` };
  const open = current.findIndex((condition) => condition?.status !== "True");
  if (open !== -1)
    return {
      state: "progressing",
      message: `${required[open] ?? ""}: ${current[open]?.message ?? "no status yet"}`,
    };
  return { state: "healthy", message: current.at(-1)?.message ?? "" };
}

function deploymentHealth(object: KubeObject): Health {
  const { replicas = 1 } = object.spec as { replicas?: number };
  const status = statusOf(object) as {
    observedGeneration?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
  };
  const available = status.availableReplicas ?? 0;
  const message = `${available} of ${replicas} available`;
  const progressing = conditionOf(object, "Progressing");
  if (progressing?.status === "False") return { state: "failed", message: progressing.message ?? message };
  // True, for example, if a quota or an admission webhook rejects the pods.
  const refused = conditionOf(object, "ReplicaFailure");
  if (refused?.status === "True") return { state: "failed", message: refused.message ?? message };
  const current = (status.observedGeneration ?? 0) >= generationOf(object);
  const complete = current && available >= replicas && (status.updatedReplicas ?? 0) >= replicas;
  return { state: complete ? "healthy" : "progressing", message };
}

/** A load balancer is healthy once it has an address. */
function loadBalancerHealth(object: KubeObject): Health {
  const { loadBalancer } = statusOf(object) as {
    loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] };
  };
  const addresses = (loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? "");
  return addresses.length === 0
    ? { state: "progressing", message: "no address yet" }
    : { state: "healthy", message: addresses.join(", ") };
}

/** A Gateway is healthy once the Gateway and every listener in its spec are accepted and programmed, and the listeners' references are resolved. */
function gatewayHealth(object: KubeObject): Health {
  const { listeners = [] } = (object.spec as { listeners?: { name: string }[] } | undefined) ?? {};
  const { listeners: statuses } = statusOf(object) as {
    listeners?: { name: string; conditions?: Condition[] }[];
  };
  const generation = generationOf(object);
  const each = listeners.map(({ name }) => {
    const found = statuses?.find((listener) => listener.name === name);
    const health = conditionsHealth(
      ["Accepted", "ResolvedRefs", "Programmed"],
      found?.conditions ?? [],
      generation,
    );
    return health.state === "healthy"
      ? health
      : { ...health, message: `listener ${name}: ${health.message}` };
  });
  return worst([conditionsHealth(["Accepted", "Programmed"], conditionsOf(object), generation), ...each]);
}

/** A parent that a route attaches to (Gateway API `ParentReference`). */
export interface ParentReference {
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly sectionName?: string;
  readonly port?: number;
}

/** The parentRefs of a route. */
export function parentsOf(route: KubeObject): readonly ParentReference[] {
  return (route.spec as { parentRefs?: ParentReference[] } | undefined)?.parentRefs ?? [];
}

/**
 * The health of a route, which is healthy once every parent that it names has accepted it and resolved its references.
 * @param counts selects the parents that count; all by default
 */
export function routeHealth(
  route: KubeObject,
  counts: (parent: ParentReference) => boolean = () => true,
): Health {
  const { parents = [] } = statusOf(route) as {
    parents?: { parentRef: ParentReference; conditions?: Condition[] }[];
  };
  const identity = ({ name, namespace, sectionName, port }: ParentReference): string =>
    [namespace ?? route.metadata.namespace, name, sectionName, port].join("/");
  return worst(
    parentsOf(route)
      .filter(counts)
      .map((parent) => {
        const answer = parents.find(({ parentRef }) => identity(parentRef) === identity(parent));
        if (answer === undefined)
          return { state: "progressing", message: `not yet accepted by its parent ${parent.name}` };
        return conditionsHealth(["Accepted", "ResolvedRefs"], answer.conditions ?? [], generationOf(route));
      }),
  );
}

/** The worst health: the first that failed, or else the first that is not healthy. */
function worst(each: readonly Health[]): Health {
  return (
    each.find(({ state }) => state === "failed") ??
    each.find(({ state }) => state !== "healthy") ?? { state: "healthy", message: "" }
  );
}

function generationOf({ metadata }: KubeObject): number {
  return (metadata.generation as number | undefined) ?? 0;
}
