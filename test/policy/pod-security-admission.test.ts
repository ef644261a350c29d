import assert from "node:assert/strict";
import type { ApiServer } from "../../kube/api-server.ts";
import { ApiError } from "../../kube/api-error.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { runRules } from "../../policy/engine/run.ts";
import { containerSecurity } from "../../policy/rules/container-security.ts";
import { Random } from "../../tools/scripts/simulate/random.ts";
import { apiOf, sharedSandbox, START_TIMEOUT_MS } from "../support/sandbox.ts";

// The oracle is Pod Security Admission in the real API server.

const NAMESPACE = "pod-security";
const SEED = 20261129;
const PAIRS = 300;

type Json = Record<string, unknown>;
/** A field of a compliant pod, and values for it; undefined removes the field. */
type Change = readonly [path: readonly (string | number)[], ...values: readonly unknown[]];

/** The same fields, for the pod and for a container. */
const inContext = (context: readonly (string | number)[]): Change[] => [
  [[...context, "runAsNonRoot"], undefined, false, true],
  [[...context, "runAsUser"], 0, 1000],
  [
    [...context, "seccompProfile"],
    undefined,
    { type: "Unconfined" },
    { type: "Localhost", localhostProfile: "p" },
  ],
  [
    [...context, "appArmorProfile"],
    { type: "Unconfined" },
    { type: "RuntimeDefault" },
    { type: "Localhost", localhostProfile: "p" },
  ],
  [
    [...context, "seLinuxOptions"],
    { type: "container_t" },
    { type: "spc_t" },
    { type: "container_engine_t" },
    { user: "u" },
    { role: "r" },
    { level: "s0" },
  ],
  [[...context, "windowsOptions"], { hostProcess: true }, { hostProcess: false }],
];
const inContainer = (container: readonly (string | number)[]): Change[] => [
  ...inContext([...container, "securityContext"]),
  [[...container, "securityContext", "privileged"], true, false],
  [[...container, "securityContext", "allowPrivilegeEscalation"], undefined, true],
  [
    [...container, "securityContext", "capabilities"],
    undefined,
    { drop: ["all"] },
    { drop: ["NET_RAW"] },
    { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
    { drop: ["ALL"], add: ["SYS_TIME"] },
    { drop: ["ALL"], add: ["CHOWN"] },
  ],
  [[...container, "securityContext", "procMount"], "Default", "Unmasked"],
  [
    [...container, "ports"],
    [{ containerPort: 80 }],
    [{ containerPort: 80, hostPort: 80 }],
    [{ containerPort: 80, hostPort: 0 }],
  ],
];
const CHANGES: readonly Change[] = [
  ...inContext(["spec", "securityContext"]),
  ...inContainer(["spec", "containers", 0]),
  ...inContainer(["spec", "initContainers", 0]),
  ...["hostNetwork", "hostPID", "hostIPC"].map((field): Change => [["spec", field], true, false]),
  [["spec", "hostUsers"], true, false],
  [
    ["spec", "securityContext", "sysctls"],
    [{ name: "net.ipv4.tcp_syncookies", value: "1" }],
    [{ name: "net.ipv4.tcp_rmem", value: "1 2 3" }],
    [{ name: "kernel.msgmax", value: "1" }],
    [{ name: "net.core.somaxconn", value: "1" }],
  ],
  [
    ["metadata", "annotations"],
    { "container.apparmor.security.beta.kubernetes.io/app": "runtime/default" },
    { "container.apparmor.security.beta.kubernetes.io/app": "unconfined" },
    { "container.apparmor.security.beta.kubernetes.io/app": "localhost/p" },
  ],
  [
    ["spec", "volumes"],
    ...volumes(
      { hostPath: { path: "/" } },
      { nfs: { server: "a", path: "/" } },
      { iscsi: { targetPortal: "a", iqn: "iqn.2001-04.com.example:a", lun: 0 } },
      { emptyDir: {} },
      { configMap: { name: "a" } },
      { secret: { secretName: "a" } },
      { downwardAPI: { items: [] } },
      { persistentVolumeClaim: { claimName: "a" } },
      { csi: { driver: "a.example.com" } },
      { projected: { sources: [] } },
      { cephfs: { monitors: ["a"] } },
    ),
  ],
  ...["livenessProbe", "readinessProbe", "startupProbe"].flatMap((probe): Change[] => [
    [
      ["spec", "containers", 0, probe],
      { httpGet: { port: 80, host: "10.0.0.1" } },
      { tcpSocket: { port: 80, host: "10.0.0.1" } },
      { httpGet: { port: 80 } },
    ],
  ]),
  ...["postStart", "preStop"].map((hook): Change => [
    ["spec", "containers", 0, "lifecycle", hook],
    { httpGet: { port: 80, host: "10.0.0.1" } },
    { httpGet: { port: 80 } },
  ]),
];

function volumes(...sources: Json[]): Json[][] {
  return sources.map((source) => [{ name: "a", ...source }]);
}

describe("rule container-security and the API server's Pod Security Admission, profile restricted", function () {
  this.timeout(120_000);
  let api: ApiServer;
  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    api = apiOf(await sharedSandbox());
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    await api.call("POST", "/api/v1/namespaces", { body: { metadata: { name: NAMESPACE, labels } } });
  });

  it("agree on a compliant pod", async () => {
    assert.equal(await verdict(api, pod([])), "allowed");
    assert.equal(ours(pod([])), "allowed");
  });

  it("agree on every single change", async () => {
    const { different, invalid, forbidden } = await compare(api, singles());
    assert.deepEqual(different, []);
    assert.ok(invalid <= 10, `${invalid} changes are not valid pods`);
    assert.ok(forbidden > 50, `only ${forbidden} changes are forbidden`);
  });

  it(`agree on ${PAIRS} random combinations`, async () => {
    const random = new Random(SEED);
    const all = singles();
    const picks = Array.from({ length: PAIRS }, () =>
      Array.from({ length: random.between(2, 4) }, () => random.pick(all)).flat(),
    );
    const { different, invalid } = await compare(api, picks);
    assert.deepEqual(different, []);
    assert.ok(invalid < PAIRS / 4, `${invalid} combinations are not valid pods`);
  });
});

interface Setting {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

function singles(): Setting[][] {
  return CHANGES.flatMap(([path, ...values]) => values.map((value) => [{ path, value }]));
}

async function compare(
  api: ApiServer,
  cases: readonly (readonly Setting[])[],
): Promise<{ different: unknown[]; invalid: number; forbidden: number }> {
  const different: unknown[] = [];
  let [invalid, forbidden] = [0, 0];
  for (const settings of cases) {
    const object = pod(settings);
    const theirs = await verdict(api, object);
    if (theirs === "invalid") invalid++;
    else if (theirs !== ours(object)) different.push({ settings, theirs });
    if (theirs === "forbidden") forbidden++;
  }
  return { different, invalid, forbidden };
}

/** A pod that meets the Restricted profile, with these fields changed. */
function pod(settings: readonly Setting[]): KubeObject {
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
  };
  const container = { image: "example.com/app:1", securityContext };
  const object = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "app", namespace: NAMESPACE },
    spec: {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [{ name: "app", ...structuredClone(container) }],
      initContainers: [{ name: "init", ...structuredClone(container) }],
    },
  };
  for (const { path, value } of settings) set(object, path, value);
  return object;
}

function set(object: Json, path: readonly (string | number)[], value: unknown): void {
  let target = object;
  for (const key of path.slice(0, -1)) target = (target[key] ??= {}) as Json;
  const last = path.at(-1)!;
  if (value === undefined) Reflect.deleteProperty(target, last);
  else target[last] = value;
}

/** What the API server says of the pod. */
async function verdict(api: ApiServer, body: KubeObject): Promise<"allowed" | "forbidden" | "invalid"> {
  try {
    await api.call("POST", `/api/v1/namespaces/${NAMESPACE}/pods?dryRun=All`, { body });
    return "allowed";
  } catch (error) {
    if (error instanceof ApiError && error.status === 422) return "invalid";
    if (error instanceof ApiError && error.status === 403 && error.reason.includes("PodSecurity"))
      return "forbidden";
    throw error;
  }
}

/** What the rule says: the standard knows no writable root file system. */
function ours(object: KubeObject): "allowed" | "forbidden" {
  const { findings } = runRules({
    host: "repository",
    objects: [object],
    rules: [containerSecurity],
    settings: { "container-security": { requireSeccompProfile: true } },
  });
  const known = findings.filter(({ message }) => !message.includes("root file system"));
  return known.length === 0 ? "allowed" : "forbidden";
}
