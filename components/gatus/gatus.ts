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
import type { Placement } from "../shared/placement.ts";
import { checkPushoverSecret, type PushoverKeys } from "../shared/pushover.ts";
import type { PolicyRule } from "../shared/rbac.ts";
import {
  baseEndpoints,
  gatusConfig,
  pushoverConfig,
  type GatusEndpoint,
  type GatusStorage,
} from "./config.ts";
import {
  CONFIG_KEY,
  GATUS_NAME,
  gatusDeployment,
  isFiltered,
  POD_LABELS,
  PUSHOVER_SECRET,
  SCRIPTS_CONFIG_MAP,
  type GatusResources,
} from "./deployment.ts";
import { FILTER_PROGRAM, FILTER_SCRIPT } from "./endpoint-filter.ts";
import { endpointKey } from "../../kube/gatus-endpoints.ts";
import { endpointConflicts, type GatewayDefaults } from "./conflicts.ts";
import { checkLogin } from "./login-check.ts";
import { loginSecret, type GatusLogin } from "./login.ts";
import { networkPolicy } from "../shared/network-policy.ts";
import { gatusRoute, type GatusPage } from "./page.ts";
import { checkStorage } from "./storage-check.ts";
import { LABELLED_CONFIG_MAPS_RULE, sidecarFor, type Discovery, type LabelledNamespaces } from "./sidecar.ts";

/** Arguments of {@link Gatus}. */
export interface GatusArgs extends CommonArgs, Placement {
  /** False if Gatus has another owner; the component then creates nothing. */
  readonly install: boolean;
  readonly namespace: string;
  /** Where the status page is served; if undefined, it is available only through Gatus's Service. */
  readonly page?: GatusPage | undefined;
  /** Endpoints of the base configuration; if empty, Gatus monitors itself. */
  readonly endpoints: readonly GatusEndpoint[];
  readonly storage: GatusStorage;
  readonly discover: Discovery;
  /** Whether Gatus also reads ConfigMaps with the label `gatus.io/enabled`, in any namespace or in these. */
  readonly labelledConfigMaps: boolean | { readonly namespaces: readonly string[] };
  /** Where alerts are sent; if undefined, Gatus sends none. */
  readonly pushover?: PushoverKeys | undefined;
  /** undefined: everyone sees the results. */
  readonly login?: GatusLogin | undefined;
  /** Whether a NetworkPolicy closes every port but the page's. */
  readonly networkPolicy?: boolean;
  readonly resources?: GatusResources;
  /** Images with tag and digest; gatus-sidecar's tag determines its flags and RBAC rules. */
  readonly images: { readonly gatus: string; readonly gatusSidecar: string; readonly k8sSidecar: string };
  /** The Gateways that this stack declares. Their routes inherit their endpoint defaults. */
  readonly gateways: readonly GatewayDefaults[];
  /** The plain HTTP port of each of the Gateways' hostnames without an HTTPS listener, over which gatus-sidecar would probe them; 0 for the others. */
  readonly plainHttp?: Readonly<Record<string, number>>;
}

/** Port of Gatus's Service. */
const SERVICE_PORT = 80;
/** Name of the ClusterRole; not `gatus`, which a chart may already use. */
const ROLE_NAME = "edgefirst-gatus";

/** Gatus, which monitors the endpoints of the cluster's routes, Services and labelled ConfigMaps. */
export class Gatus extends pulumi.ComponentResource {
  constructor(name: string, args: GatusArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:Gatus", name, {}, options);
    const dependencies: pulumi.Resource[] = [];
    for (const object of gatusObjects(args)) {
      const child = declareGatus(object, {
        parent: this,
        dependsOn: object.kind === "Deployment" ? [...dependencies] : [],
      });
      if (object.kind !== "Deployment") dependencies.push(child);
    }
    this.registerOutputs();
  }
}

/** The Deployment and the Service are kubernetesx resources, with explicit specs and literal names (docs/decisions/explicit-pod-specs.md). */
function declareGatus(object: KubeObject, options: pulumi.CustomResourceOptions): pulumi.Resource {
  const { kind } = object;
  const managed: unknown = withFieldManager(object);
  if (kind === "Deployment")
    return new kx.Deployment(resourceName(object), managed as kx.types.Deployment, options);
  if (kind === "Service") return new kx.Service(resourceName(object), managed as kx.types.Service, options);
  return kind === "PersistentVolumeClaim" ? declareRetained(object, options) : declare(object, options);
}

/** The component's objects; empty unless it is installed. The Deployment comes after everything that its pod needs. */
export function gatusObjects(args: GatusArgs): KubeObject[] {
  if (!args.install) return [];
  const { namespace, labels } = args;
  const config = gatusConfig(args.endpoints, args.storage);
  const labelledIn = labelledNamespaces(args.labelledConfigMaps);
  const sidecar = sidecarFor(imageVersion(args.images.gatusSidecar), args.discover);
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: GATUS_NAME, namespace } },
    ...roleObjects(namespace, [
      ...(sidecar?.rules ?? []),
      ...(labelledIn === "all" ? [LABELLED_CONFIG_MAPS_RULE] : []),
    ]),
    ...(labelledIn === undefined || labelledIn === "all"
      ? []
      : labelledIn.flatMap((each) => namespacedRole(each, namespace))),
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: GATUS_NAME, namespace },
      data: { [CONFIG_KEY]: config },
    },
    ...(isFiltered({ sidecarArgs: sidecar?.args, labelled: labelledIn }) ? [scriptsObject(namespace)] : []),
    ...pushoverObjects(args),
    ...(args.login === undefined || "secret" in args.login ? [] : [loginSecret(args.login, namespace)]),
    ...(args.networkPolicy === true ? [policy(namespace)] : []),
    ...claimObjects(args),
    gatusDeployment({
      namespace,
      images: args.images,
      storage: args.storage,
      config,
      defaults: args.gateways.filter(({ endpoint }) => endpoint !== undefined),
      sidecarArgs: sidecar?.args,
      labelled: labelledIn,
      plainHttp: args.plainHttp,
      reserved: baseEndpoints(args.endpoints).map(({ group, name }) => endpointKey(group, name)),
      pushover: args.pushover !== undefined && ("secret" in args.pushover ? args.pushover : true),
      login: args.login !== undefined && ("secret" in args.login ? args.login : true),
      ...(args.resources && { resources: args.resources }),
      nodeSelector: args.nodeSelector,
      tolerations: args.tolerations,
      affinity: args.affinity,
      priorityClassName: args.priorityClassName,
      pullSecrets: args.pullSecrets,
      podPatch: args.podPatch,
    }),
    serviceObject(namespace),
    ...(args.page === undefined ? [] : [gatusRoute(args.page, namespace, SERVICE_PORT)]),
  ].map((object) => labelled(labels, object));
}

/** Reports what would keep Gatus from running on the live cluster. */
export async function checkGatus(args: GatusArgs, cluster: ClusterReader): Promise<Finding[]> {
  if (!args.install) return [];
  const routes = gatusObjects(args).filter(({ kind }) => kind === "HTTPRoute");
  const { endpoints, discover, gateways } = args;
  const labelledConfigMaps = labelledNamespaces(args.labelledConfigMaps);
  return [
    ...(await checkStorage(args.storage, args.namespace, cluster)),
    ...(await checkPushoverSecret(
      args.pushover,
      { namespace: args.namespace, consequence: "Gatus would not start", sender: "Gatus" },
      cluster,
    )),
    ...(await checkLogin(args.login, args.namespace, cluster)),
    ...(await endpointConflicts({ endpoints, discover, labelledConfigMaps, gateways, routes }, cluster)),
  ];
}

function labelledNamespaces(setting: GatusArgs["labelledConfigMaps"]): LabelledNamespaces | undefined {
  if (typeof setting === "boolean") return setting ? "all" : undefined;
  return setting.namespaces;
}

/** A NetworkPolicy cannot select the API server, through which the verification queries Gatus, so the page's port stays open. */
function policy(namespace: string): KubeObject {
  return networkPolicy({ name: GATUS_NAME, namespace, selector: POD_LABELS, open: [{ name: "http" }] });
}

function scriptsObject(namespace: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: SCRIPTS_CONFIG_MAP, namespace },
    data: { [FILTER_SCRIPT]: FILTER_PROGRAM },
  };
}

/** Lets the sidecar read the ConfigMaps of one namespace. */
function namespacedRole(target: string, namespace: string): KubeObject[] {
  const apiGroup = "rbac.authorization.k8s.io";
  const metadata = { name: ROLE_NAME, namespace: target };
  return [
    { apiVersion: `${apiGroup}/v1`, kind: "Role", metadata, rules: [LABELLED_CONFIG_MAPS_RULE] },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup, kind: "Role", name: ROLE_NAME },
      subjects: [{ kind: "ServiceAccount", name: GATUS_NAME, namespace }],
    },
  ];
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
  if (pushover === undefined || "secret" in pushover) return [];
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

/** The claim with the history outlives the stack. The engine does not wait for it, since the Deployment's rollout shows whether it was bound. */
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

/** The engine does not wait for the Service's endpoints: the Deployment's rollout, and the verification, which queries Gatus through the Service, show more. */
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
