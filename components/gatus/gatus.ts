import * as kx from "@pulumi/kubernetesx";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { imageVersion } from "../../config/pins.ts";
import {
  declare,
  declareRetained,
  labelled,
  resourceName,
  withFieldManager,
  type CommonArgs,
} from "../shared/declare.ts";
import { gatusConfig, pushoverConfig, type GatusEndpoint, type GatusStorage } from "./config.ts";
import { CONFIG_KEY, GATUS_NAME, gatusDeployment, POD_LABELS, PUSHOVER_SECRET } from "./deployment.ts";
import { endpointConflicts, type GatewayDefaults } from "./conflicts.ts";
import { gatusRoute, type GatusPage } from "./page.ts";
import { LABELLED_CONFIG_MAPS_RULE, sidecarFor, type Discovery, type PolicyRule } from "./sidecar.ts";

/** Arguments of {@link Gatus}. */
export interface GatusArgs extends CommonArgs {
  /** false: another owner runs Gatus here, and the component makes nothing. */
  readonly install: boolean;
  readonly namespace: string;
  /** Where its page is served; undefined: by its Service alone. */
  readonly page?: GatusPage | undefined;
  /** Endpoints of the base configuration; where empty, Gatus watches itself. */
  readonly endpoints: readonly GatusEndpoint[];
  readonly storage: GatusStorage;
  readonly discover: Discovery;
  /** Whether ConfigMaps of any namespace with the label `gatus.io/enabled` add to the configuration. */
  readonly labelledConfigMaps: boolean;
  /** Alerting by Pushover; undefined: Gatus sends no alerts. */
  readonly pushover?:
    { readonly token: pulumi.Input<string>; readonly userKey: pulumi.Input<string> } | undefined;
  /** Images with tag and digest; gatus-sidecar's tag decides its flags and rights. */
  readonly images: { readonly gatus: string; readonly gatusSidecar: string; readonly k8sSidecar: string };
  /** The Gateways that this stack declares, whose endpoint defaults their routes inherit. */
  readonly gateways: readonly GatewayDefaults[];
}

/** Port of Gatus' Service. */
const SERVICE_PORT = 80;
/** Name of the cluster-scoped role; not `gatus`, which a chart may have taken. */
const ROLE_NAME = "edgefirst-gatus";

/** Gatus, which watches what the cluster's routes, Services and labelled ConfigMaps name. */
export class Gatus extends pulumi.ComponentResource {
  constructor(name: string, args: GatusArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:Gatus", name, {}, options);
    const needed: pulumi.Resource[] = [];
    for (const object of gatusObjects(args)) {
      const child = declareGatus(object, {
        parent: this,
        dependsOn: object.kind === "Deployment" ? [...needed] : [],
      });
      if (object.kind !== "Deployment") needed.push(child);
    }
    this.registerOutputs();
  }
}

/** Deployment and Service go through kubernetesx with an explicit spec and literal names (its PodBuilder replaces labels and drops `readOnly`). */
function declareGatus(object: KubeObject, options: pulumi.CustomResourceOptions): pulumi.Resource {
  const { kind } = object;
  const managed: unknown = withFieldManager(object);
  if (kind === "Deployment")
    return new kx.Deployment(resourceName(object), managed as kx.types.Deployment, options);
  if (kind === "Service") return new kx.Service(resourceName(object), managed as kx.types.Service, options);
  return kind === "PersistentVolumeClaim" ? declareRetained(object, options) : declare(object, options);
}

/** Every object of Gatus; none where it is not to be installed. The Deployment comes after what its pod needs. */
export function gatusObjects(args: GatusArgs): KubeObject[] {
  if (!args.install) return [];
  const { namespace, labels } = args;
  const config = gatusConfig(args.endpoints, args.storage);
  const sidecar = sidecarFor(imageVersion(args.images.gatusSidecar), args.discover);
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: GATUS_NAME, namespace } },
    ...roleObjects(namespace, [
      ...(sidecar?.rules ?? []),
      ...(args.labelledConfigMaps ? [LABELLED_CONFIG_MAPS_RULE] : []),
    ]),
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: GATUS_NAME, namespace },
      data: { [CONFIG_KEY]: config },
    },
    ...pushoverObjects(args),
    ...claimObjects(args),
    gatusDeployment({
      ...args,
      config,
      sidecarArgs: sidecar?.args,
      pushover: args.pushover !== undefined,
    }),
    serviceObject(namespace),
    ...(args.page === undefined ? [] : [gatusRoute(args.page, namespace, SERVICE_PORT)]),
  ].map((object) => labelled(labels, object));
}

/** What on the live cluster would keep Gatus from running. */
export async function checkGatus(args: GatusArgs, cluster: ClusterReader): Promise<Finding[]> {
  if (!args.install) return [];
  const routes = gatusObjects(args).filter(({ kind }) => kind === "HTTPRoute");
  return endpointConflicts({ ...args, routes }, cluster);
}

function roleObjects(namespace: string, rules: readonly PolicyRule[]): KubeObject[] {
  if (rules.length === 0) return [];
  const apiGroup = "rbac.authorization.k8s.io";
  return [
    { apiVersion: `${apiGroup}/v1`, kind: "ClusterRole", metadata: { name: ROLE_NAME }, rules },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: ROLE_NAME },
      roleRef: { apiGroup, kind: "ClusterRole", name: ROLE_NAME },
      subjects: [{ kind: "ServiceAccount", name: GATUS_NAME, namespace }],
    },
  ];
}

function pushoverObjects({ namespace, pushover }: GatusArgs): KubeObject[] {
  if (pushover === undefined) return [];
  const file = pulumi
    .all([pushover.token, pushover.userKey])
    .apply(([token, userKey]) => pushoverConfig(token, userKey));
  return [
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: PUSHOVER_SECRET, namespace },
      type: "Opaque",
      stringData: { "pushover.yaml": file },
    },
  ];
}

/** The claim outlives the stack, with the history in it. Gatus' rollout shows whether it got bound, so it is not waited for by itself. */
function claimObjects({ namespace, storage }: GatusArgs): KubeObject[] {
  if (storage.type !== "sqlite") return [];
  return [
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: GATUS_NAME, namespace, annotations: { "pulumi.com/skipAwait": "true" } },
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: storage.size } },
        ...(storage.storageClass === undefined ? {} : { storageClassName: storage.storageClass }),
      },
    },
  ];
}

/** Not waited for by itself: the Deployment's rollout and the verification, which asks Gatus through it, say more than its endpoints' settling. */
function serviceObject(namespace: string): KubeObject {
  const annotations = { "pulumi.com/skipAwait": "true" };
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: GATUS_NAME, namespace, annotations, labels: POD_LABELS },
    spec: {
      type: "ClusterIP",
      selector: POD_LABELS,
      ports: [{ name: "http", port: SERVICE_PORT, targetPort: "http", protocol: "TCP" }],
    },
  };
}
