import assert from "node:assert/strict";
import { KubeClient } from "../../kube/kube-client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { fluxAppsObjects } from "../../components/flux/apps.ts";
import { TENANT } from "../../components/flux/placement.ts";
import { gatusObjects } from "../../components/gatus/gatus.ts";
import { traefikObjects } from "../../components/traefik/traefik.ts";
import { loadPins } from "../../config/pins.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import { START_TIMEOUT_MS, useSandbox } from "../support/sandbox.ts";

const labels = { "edgefirst.dev/stack": "rbac" };
const { images } = loadPins();

/** User name of a ServiceAccount. */
const user = (namespace: string, name: string) => `system:serviceaccount:${namespace}:${name}`;
const TRAEFIK = user("network", "traefik-gateway-external");
const GATUS = user("observability", "gatus");
const LABELLED_GATUS = user("labelled", "gatus");
const CHILDREN = user("flux-apps", TENANT);
const MEDIA = user("media", TENANT);

const traefik = traefikObjects({
  labels,
  gateway: { name: "external", namespace: "network", className: "traefik" },
  ports: { http: 80, https: 443 },
  image: images.traefik,
  replicas: 1,
  spread: "ScheduleAnyway",
  podDisruptionBudget: { maxUnavailable: 1 },
  service: {
    type: "ClusterIP",
    annotations: {},
    labels: {},
    nodePorts: {},
    externalTrafficPolicy: "Cluster",
  },
  resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  logLevel: "INFO",
});

const gatus = (namespace: string, labelledConfigMaps: boolean) =>
  gatusObjects({
    labels,
    install: true,
    namespace,
    endpoints: [],
    storage: { type: "memory" },
    discover: { httpRoutes: true, services: false },
    labelledConfigMaps,
    images,
    gateways: [],
  });

const tenants = fluxAppsObjects({
  labels,
  placement: "namespace",
  namespace: "flux-apps",
  rbac: "strict",
  tenantNamespaces: ["media", "home"],
  root: {
    mode: "manage",
    source: {
      kind: "GitRepository",
      name: "repository",
      namespace: "flux-system",
      url: "https://example.com/repository",
      ref: { branch: "main" },
      interval: "30m",
      insecure: false,
    },
    name: "cluster-apps",
    namespace: "flux-system",
    path: "./apps",
    interval: "30m",
    prune: true,
    wait: false,
    decryptionSecret: null,
    substituteFrom: [],
    optOutLabel: "opt-out",
    children: {},
  },
});

const RBAC_KINDS = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
const declared: readonly KubeObject[] = [...traefik, ...gatus("observability", false), ...tenants].filter(
  ({ kind }) => RBAC_KINDS.includes(kind),
);
/** RBAC objects of the variant with labelled ConfigMaps, renamed to coexist with the default. */
const variant: readonly KubeObject[] = gatus("labelled", true)
  .filter(({ kind }) => RBAC_KINDS.includes(kind))
  .map(
    (object) =>
      JSON.parse(JSON.stringify(object).replaceAll("edgefirst-gatus", "labelled-gatus")) as KubeObject,
  );

/** Whether the subject may use the verb on `resource.group/subresource`, in a namespace or in all of them. */
type Question = readonly [subject: string, verb: string, resource: string, namespace?: string | undefined];

const MAY: readonly Question[] = [
  // Traefik: informers for everything that routes refer to, and status updates.
  [TRAEFIK, "list", "secrets"],
  [TRAEFIK, "watch", "services"],
  [TRAEFIK, "watch", "endpointslices.discovery.k8s.io"],
  [TRAEFIK, "list", "namespaces"],
  [TRAEFIK, "watch", "httproutes.gateway.networking.k8s.io"],
  [TRAEFIK, "update", "gateways.gateway.networking.k8s.io/status"],
  [TRAEFIK, "update", "gatewayclasses.gateway.networking.k8s.io/status"],
  [TRAEFIK, "update", "httproutes.gateway.networking.k8s.io/status"],
  // Gatus: what gatus-sidecar 0.4.1 reads for --auto-httproute, according to its source.
  [GATUS, "list", "httproutes.gateway.networking.k8s.io"],
  [GATUS, "watch", "httproutes.gateway.networking.k8s.io"],
  [GATUS, "get", "gateways.gateway.networking.k8s.io"],
  [LABELLED_GATUS, "watch", "configmaps"],
  // Tenants: only their own namespaces.
  [CHILDREN, "create", "deployments.apps", "media"],
  [CHILDREN, "patch", "helmreleases.helm.toolkit.fluxcd.io", "media"],
  [CHILDREN, "delete", "persistentvolumeclaims", "home"],
  [CHILDREN, "create", "httproutes.gateway.networking.k8s.io", "home"],
  [MEDIA, "create", "secrets", "media"],
  [MEDIA, "create", "rolebindings.rbac.authorization.k8s.io", "media"],
  // Part of the Kubernetes role `admin`; anyone who may create pods there can act as these accounts anyway.
  [MEDIA, "impersonate", "serviceaccounts", "media"],
];

const MAY_NOT: readonly Question[] = [
  [TRAEFIK, "get", "secrets", "network"],
  [TRAEFIK, "update", "secrets"],
  [TRAEFIK, "patch", "gateways.gateway.networking.k8s.io"],
  [TRAEFIK, "update", "gateways.gateway.networking.k8s.io"],
  [TRAEFIK, "delete", "httproutes.gateway.networking.k8s.io"],
  [TRAEFIK, "list", "pods"],
  [TRAEFIK, "list", "ingresses.networking.k8s.io"],
  [TRAEFIK, "create", "serviceaccounts/token", "network"],
  [GATUS, "list", "secrets"],
  [GATUS, "list", "secrets", "observability"],
  [GATUS, "list", "configmaps"],
  [GATUS, "list", "services"],
  [GATUS, "list", "pods"],
  [GATUS, "patch", "httproutes.gateway.networking.k8s.io"],
  [GATUS, "delete", "httproutes.gateway.networking.k8s.io"],
  [GATUS, "update", "gateways.gateway.networking.k8s.io/status"],
  [LABELLED_GATUS, "list", "secrets"],
  [LABELLED_GATUS, "update", "configmaps"],
  [CHILDREN, "create", "deployments.apps"],
  [CHILDREN, "create", "deployments.apps", "kube-system"],
  [CHILDREN, "create", "deployments.apps", "flux-system"],
  [CHILDREN, "get", "secrets", "flux-system"],
  // The children's namespace contains the decryption keys.
  [CHILDREN, "get", "secrets", "flux-apps"],
  [CHILDREN, "create", "namespaces"],
  [CHILDREN, "delete", "namespaces", "media"],
  [CHILDREN, "update", "resourcequotas", "media"],
  [CHILDREN, "list", "nodes"],
  [CHILDREN, "create", "customresourcedefinitions.apiextensions.k8s.io"],
  [CHILDREN, "impersonate", "serviceaccounts", "kube-system"],
  [MEDIA, "create", "deployments.apps", "home"],
  [MEDIA, "get", "secrets", "home"],
  [MEDIA, "get", "secrets", "flux-apps"],
];

/** Privilege escalations, which no subject may perform. */
const ESCALATIONS: readonly (readonly [verb: string, resource: string, namespace?: string])[] = [
  ["create", "clusterrolebindings.rbac.authorization.k8s.io"],
  ["create", "clusterroles.rbac.authorization.k8s.io"],
  ["escalate", "clusterroles.rbac.authorization.k8s.io"],
  ["bind", "clusterroles.rbac.authorization.k8s.io"],
  ["escalate", "roles.rbac.authorization.k8s.io", "media"],
  ["bind", "roles.rbac.authorization.k8s.io", "media"],
  ["impersonate", "users"],
  ["impersonate", "groups"],
  ["impersonate", "serviceaccounts"],
  ["approve", "signers.certificates.k8s.io"],
  ["update", "validatingwebhookconfigurations.admissionregistration.k8s.io"],
  ["create", "nodes/proxy"],
  ["*", "*.*"],
];

describe("permissions of the platform's ServiceAccounts on a live API server", function () {
  this.timeout(START_TIMEOUT_MS);
  const cluster = useSandbox("rbac");

  const allowed = async ([subject, verb, resource, namespace]: Question): Promise<boolean> => {
    const [, name = "", group = "", subresource = ""] =
      /^([^./]+)(?:\.([^/]+))?(?:\/(.+))?$/.exec(resource) ?? [];
    const [, , inNamespace = ""] = subject.split(":");
    const { status } = await cluster
      .api()
      .call<{ status: { allowed: boolean; evaluationError?: string } }>(
        "POST",
        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        {
          body: {
            apiVersion: "authorization.k8s.io/v1",
            kind: "SubjectAccessReview",
            spec: {
              user: subject,
              groups: [
                "system:serviceaccounts",
                `system:serviceaccounts:${inNamespace}`,
                "system:authenticated",
              ],
              resourceAttributes: { verb, resource: name, group, subresource, namespace },
            },
          },
        },
      );
    return status.allowed;
  };

  before(async () => {
    const client = new KubeClient({ kubeconfig: cluster.sandbox.kubeconfig, context: "rbac" });
    const objects = [...declared, ...variant];
    const namespaces = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
    for (const name of namespaces)
      await client.apply(
        { apiVersion: "v1", kind: "Namespace", metadata: { name } },
        { fieldManager: "test" },
      );
    for (const object of objects) await client.apply(object, { fieldManager: "test" });
    client.close();
    // The controller manager fills in the aggregated role, and the authorizer learns of roles by watches.
    for (const [subject, verb, resource, namespace] of [
      [MEDIA, "create", "secrets", "media"],
      [MEDIA, "create", "helmreleases.helm.toolkit.fluxcd.io", "media"],
      [TRAEFIK, "list", "secrets"],
      [GATUS, "list", "httproutes.gateway.networking.k8s.io"],
      [LABELLED_GATUS, "watch", "configmaps"],
    ] as const)
      await waitUntil(`permissions of ${subject}`, () => allowed([subject, verb, resource, namespace]), {
        timeoutMs: 30_000,
      });
  });

  const title = ([subject, verb, resource, namespace]: Question, word: string) =>
    `${subject.replace("system:serviceaccount:", "")} ${word} ${verb} ${resource} in ${namespace ?? "all namespaces"}`;
  for (const question of MAY)
    it(title(question, "may"), async () => {
      assert.equal(await allowed(question), true);
    });
  for (const question of MAY_NOT)
    it(title(question, "may not"), async () => {
      assert.equal(await allowed(question), false);
    });
  for (const [verb, resource, namespace] of ESCALATIONS)
    it(`no subject may ${verb} ${resource} in ${namespace ?? "all namespaces"}`, async () => {
      for (const subject of [TRAEFIK, GATUS, LABELLED_GATUS, CHILDREN, MEDIA])
        assert.equal(await allowed([subject, verb, resource, namespace]), false, subject);
    });

  it("asks questions that the API server answers with yes for an administrator", async () => {
    const { status } = await cluster
      .api()
      .call<{ status: { allowed: boolean } }>(
        "POST",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        { body: { spec: { resourceAttributes: { verb: "*", resource: "*", group: "*" } } } },
      );
    assert.equal(status.allowed, true);
  });
});

describe("roles declared by the platform", () => {
  interface Rule {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }
  const roles = [...declared, ...variant].filter(({ kind }) => kind.endsWith("Role"));

  it("are the expected ones", () => {
    assert.deepEqual(
      roles.map(({ metadata }) => metadata.name),
      ["traefik-gateway-external", "edgefirst-gatus", TENANT, `${TENANT}-apps`, "labelled-gatus"],
    );
  });

  for (const role of roles)
    it(`${role.metadata.name} has no wildcard and no verb for privilege escalation`, () => {
      for (const { apiGroups, resources, verbs } of (role.rules ?? []) as readonly Rule[]) {
        assert.ok(![...apiGroups, ...resources, ...verbs].some((word) => word.includes("*")));
        assert.ok(
          !verbs.some((verb) => ["escalate", "bind", "impersonate", "approve", "sign"].includes(verb)),
        );
      }
    });

  it("are bound to ServiceAccounts only", () => {
    const bindings = declared.filter(({ kind }) => kind.endsWith("Binding"));
    assert.ok(bindings.length > 0);
    for (const { subjects } of bindings)
      for (const { kind } of subjects as { kind: string }[]) assert.equal(kind, "ServiceAccount");
  });
});
