import type { CheckId } from "../../../config/check-ids.ts";
import { FIELD_MANAGER, type KubeObject } from "../../../kube/objects.ts";

/**
 * Where an app's health can be seen: in its Flux Kustomization, only in Gatus, in a Deployment that the stack itself declares, or only with one of the stack's
 * own checks.
 */
export type AppType = "kustomization" | "route" | "deployment" | "http" | "query" | "job";

const CHECKS = {
  kustomization: "flux",
  route: "gatus",
  deployment: "rollouts",
  http: "http",
  query: "queries",
  job: "jobs",
} as const satisfies Record<AppType, CheckId>;

/** The real state of an app, whether or not any status shows it. */
export interface App {
  readonly name: string;
  readonly type: AppType;
  down: boolean;
  gone: boolean;
  /** Whether the repository contains the app. */
  wanted: boolean;
  suspended: boolean;
  /** When Flux last reconciled the app on request. */
  reconciledAt: number;
  /** When the app went down or came up, oldest first. */
  readonly changes: { readonly at: number; readonly down: boolean }[];
}

export function newApp(name: string, type: AppType): App {
  return {
    name,
    type,
    down: false,
    gone: false,
    wanted: true,
    suspended: false,
    reconciledAt: 0,
    changes: [],
  };
}

/** The check that reports an app's health. */
export function checkOf({ type }: Pick<App, "type">): CheckId {
  return CHECKS[type];
}

/** Whether Flux applied the app, so that it can be gone, and an update need not be to blame for it. */
export function isFluxs({ type }: Pick<App, "type">): boolean {
  return type === "kustomization" || type === "route";
}

/** Name of the verdict on an app, in `edgefirst:verification.ignore`. */
export function verdictName({ name, type }: Pick<App, "name" | "type">): string {
  return type === "route"
    ? `Gatus endpoint _${name} of HTTPRoute apps/${name}`
    : `Kustomization flux-system/${name}`;
}

export function setDown(app: App, at: number, down: boolean): void {
  if (app.down === down) return;
  app.down = down;
  app.changes.push({ at, down });
}

/** Whether an app was down at the given time. */
export function wasDown({ changes }: App, at: number): boolean {
  return changes.findLast((change) => change.at <= at)?.down ?? false;
}

/** The object that Flux applied for an app, as the API server would return it. */
export function appObject({ name, type, suspended }: App, down: boolean, revision: string): KubeObject {
  if (type === "route")
    return {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name, namespace: "apps", generation: 1 },
      spec: { hostnames: [`${name}.example.com`], parentRefs: [{ name: "external", namespace: "network" }] },
      status: {
        parents: [
          {
            parentRef: { name: "external", namespace: "network" },
            conditions: conditions("Accepted", "ResolvedRefs"),
          },
        ],
      },
    };
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace: "flux-system", generation: 1 },
    spec: { suspend: suspended },
    status: {
      conditions: [
        { type: "Ready", status: down ? "False" : "True", message: down ? "an app of it is down" : "" },
      ],
      lastAppliedRevision: revision,
    },
  };
}

export function conditions(...types: readonly string[]) {
  return types.map((type) => ({ type, status: "True", observedGeneration: 1 }));
}

/** The objects that a stack declares for a release. */
export function declaredFor(stack: string, release: string, extra: boolean): KubeObject[] {
  const metadata = (name: string) => ({
    name,
    namespace: "network",
    labels: { "edgefirst.dev/stack": stack },
  });
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata: metadata("settings"), data: { level: "info" } },
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: metadata("external"),
      spec: { listeners: [{ name: "http", port: 80 }] },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: metadata("traefik"),
      spec: { replicas: 1, image: release },
    },
    ...(extra ? [{ apiVersion: "v1", kind: "ConfigMap", metadata: metadata("extra"), data: {} }] : []),
  ];
}

/** The status that controllers write to an object that a stack applied. */
export function ownStatus(object: KubeObject, down: boolean): object | undefined {
  if (object.kind === "Gateway")
    return {
      conditions: conditions("Accepted", "Programmed"),
      listeners: [{ name: "http", conditions: conditions("Accepted", "ResolvedRefs", "Programmed") }],
    };
  if (object.kind !== "Deployment") return undefined;
  const available = down ? 0 : 1;
  return {
    observedGeneration: 1,
    replicas: 1,
    updatedReplicas: 1,
    availableReplicas: available,
    conditions: [{ type: "Available", status: down ? "False" : "True" }],
  };
}

/** An object as the API server stores it after the program has applied it. */
export function stored(object: KubeObject, manager = FIELD_MANAGER): KubeObject {
  return {
    ...object,
    metadata: { ...object.metadata, generation: 1, managedFields: [{ manager, operation: "Apply" }] },
  };
}
