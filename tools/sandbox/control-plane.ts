import { join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { type ClusterState, accessAs, frontProxyPkiDir, pkiDir } from "./cluster-state.ts";
import { findGatusSidecar } from "./gatus-sidecar.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { FRONT_PROXY, type User } from "./pki.ts";
import { SERVICE_CIDR } from "./network/cluster-addresses.ts";
import { SOCKETS } from "./network/sockets.ts";
import { nodeProgram } from "./node-program.ts";
import { type PodMode } from "./pod-mode.ts";
import { type ProcessSpec } from "./processes.ts";
import { SMALL_HEAP } from "./small-heap.ts";

/** The programs of a control plane, in start order. */
export const CONTROL_PLANE = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;

/** The path of each control plane program, keyed by its name. */
export type Programs = Readonly<Record<(typeof CONTROL_PLANE)[number], { readonly path: string }>>;

const ISSUER = "https://kubernetes.default.svc.cluster.local";

/** Controllers that have nothing to do in a sandbox, which has no kubelet certificates and no node network. */
const USELESS_CONTROLLERS = [
  "node-ipam-controller",
  "kube-apiserver-serving-clustertrustbundle-publisher-controller",
];

/** etcd's data folder. */
export function etcdData(cluster: ClusterState): string {
  return join(cluster.dir, "etcd");
}

/** etcd without fsync: a sandbox starts much faster and may lose its data in a power cut. */
export function etcd(cluster: ClusterState, programs: Programs): ProcessSpec {
  const pki = (file: string): string => join(pkiDir(cluster), file);
  const client = `https://127.0.0.1:${cluster.ports.etcd}`;
  const peer = `https://127.0.0.1:${cluster.ports["etcd-peer"]}`;
  return {
    name: "etcd",
    command: programs.etcd.path,
    env: SMALL_HEAP,
    args: [
      `--name=${cluster.name}`,
      `--data-dir=${etcdData(cluster)}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=${cluster.name}=${peer}`,
      ...["", "peer-"].flatMap((prefix) => [
        `--${prefix}cert-file=${pki("etcd.crt")}`,
        `--${prefix}key-file=${pki("etcd.key")}`,
        `--${prefix}trusted-ca-file=${pki("etcd-ca.crt")}`,
        `--${prefix}client-cert-auth`,
      ]),
      "--unsafe-no-fsync",
      "--log-level=warn",
    ],
  };
}

/** The API server. It is not published as an endpoint of the Service `kubernetes`, because validation rejects loopback addresses there. */
export function apiserver(cluster: ClusterState, programs: Programs): ProcessSpec {
  const pki = (file: string): string => join(pkiDir(cluster), file);
  return {
    name: "kube-apiserver",
    command: programs["kube-apiserver"].path,
    env: SMALL_HEAP,
    args: [
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${cluster.ports.apiserver}`,
      "--endpoint-reconciler-type=none",
      `--tls-cert-file=${pki("apiserver.crt")}`,
      `--tls-private-key-file=${pki("apiserver.key")}`,
      `--client-ca-file=${pki("ca.crt")}`,
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      "--allow-privileged=true",
      `--etcd-servers=https://127.0.0.1:${cluster.ports.etcd}`,
      `--etcd-cafile=${pki("etcd-ca.crt")}`,
      `--etcd-certfile=${pki("etcd-client.crt")}`,
      `--etcd-keyfile=${pki("etcd-client.key")}`,
      `--service-cluster-ip-range=${SERVICE_CIDR}`,
      `--service-account-issuer=${ISSUER}`,
      `--service-account-signing-key-file=${pki("service-account.key")}`,
      `--service-account-key-file=${pki("service-account.pub")}`,
      `--egress-selector-config-file=${egressFile(cluster)}`,
      ...aggregation(cluster),
      "--profiling=false",
    ],
    cwd: cluster.dir,
  };
}

/**
 * Lets the API server pass requests on to the servers of aggregated APIs, such as metrics-server. The names are kubeadm's.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/
 */
function aggregation(cluster: ClusterState): string[] {
  const pki = (file: string): string => join(frontProxyPkiDir(cluster), file);
  return [
    `--requestheader-client-ca-file=${pki("ca.crt")}`,
    `--requestheader-allowed-names=${FRONT_PROXY}`,
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${pki("client.crt")}`,
    `--proxy-client-key-file=${pki("client.key")}`,
  ];
}

function egressFile(cluster: ClusterState): string {
  return join(cluster.dir, "egress.yaml");
}

/** Configures how the API server reaches pods and Services, which are in the cluster's private network. */
export function writeEgressFile(cluster: ClusterState): void {
  const connection = { proxyProtocol: "HTTPConnect", transport: { uds: { udsName: SOCKETS.connect } } };
  const configuration = {
    apiVersion: "apiserver.k8s.io/v1beta1",
    kind: "EgressSelectorConfiguration",
    egressSelections: [{ name: "cluster", connection }],
  };
  writeFileAtomic(egressFile(cluster), JSON.stringify(configuration));
}

/** The controller manager. Without its garbage collector, foreground deletions never finish. */
export function controllerManager(cluster: ClusterState, programs: Programs): ProcessSpec {
  const pki = (file: string): string => join(pkiDir(cluster), file);
  return {
    name: "kube-controller-manager",
    command: programs["kube-controller-manager"].path,
    env: SMALL_HEAP,
    args: [
      `--kubeconfig=${userKubeconfig(cluster, "controller-manager")}`,
      "--leader-elect=false",
      "--secure-port=0",
      "--use-service-account-credentials",
      `--service-account-private-key-file=${pki("service-account.key")}`,
      `--root-ca-file=${pki("ca.crt")}`,
      `--cluster-signing-cert-file=${pki("ca.crt")}`,
      `--cluster-signing-key-file=${pki("ca.key")}`,
      // Each controller creates a ServiceAccount; with the default limits, starting them all takes several seconds.
      "--kube-api-qps=500",
      "--kube-api-burst=500",
      `--controllers=${["*", ...USELESS_CONTROLLERS.map((name) => `-${name}`)].join(",")}`,
      "--profiling=false",
    ],
  };
}

/** The scheduler. */
export function scheduler(cluster: ClusterState, programs: Programs): ProcessSpec {
  return {
    name: "kube-scheduler",
    command: programs["kube-scheduler"].path,
    env: SMALL_HEAP,
    args: [
      `--kubeconfig=${userKubeconfig(cluster, "scheduler")}`,
      "--leader-elect=false",
      "--secure-port=0",
      "--profiling=false",
    ],
  };
}

/** Who provides the certificates that Gateways refer to: the agent, which creates self-signed ones, or whoever deploys the Gateways. */
export type CertificateMode = "self-signed" | "provided";

/**
 * The node agent, run by the same Node.js binary as the launcher. With real pods, `network/main.ts` keeps it alive inside the cluster's
 * private network.
 */
export function agent(cluster: ClusterState, pods: PodMode, certificates: CertificateMode): ProcessSpec {
  const args = [
    ...nodeProgram("agent/main.ts"),
    `--kubeconfig=${userKubeconfig(cluster, "agent")}`,
    `--node=${nodeName(cluster)}`,
    `--load-balancer-pool=10.98.${cluster.index}.0/24`,
    `--volumes=${join(cluster.dir, "volumes")}`,
    `--pods=${pods}`,
    `--certificates=${certificates}`,
  ];
  const common = { name: "agent", command: process.execPath };
  if (pods === "simulated") return { ...common, args };
  const sidecar = findGatusSidecar();
  const given = sidecar === undefined ? [] : [`--gatus-sidecar=${sidecar}`];
  return {
    ...common,
    args: [
      ...nodeProgram("network/main.ts"),
      `--apiserver=${cluster.ports.apiserver}`,
      "--",
      ...args,
      ...given,
    ],
    cwd: cluster.dir,
    env: toolchainEnvironment(),
  };
}

/** The toolchain's settings, for a pod that needs a program long after the launcher has exited. */
function toolchainEnvironment(): NodeJS.ProcessEnv {
  const matters = /^(EDGEFIRST_|KUBEBUILDER_ASSETS$|XDG_CACHE_HOME$|GO[A-Z]*$|HTTPS?_PROXY$|NO_PROXY$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => matters.test(name)));
}

/** The name of a cluster's only node. */
export function nodeName(cluster: Pick<ClusterState, "name">): string {
  return `${cluster.name}-node`;
}

function userKubeconfig(cluster: ClusterState, user: User): string {
  return join(cluster.dir, "kubeconfigs", user);
}

/** Writes the kubeconfigs of the controller manager, the scheduler and the agent. */
export function writeUserKubeconfigs(cluster: ClusterState): void {
  for (const user of ["controller-manager", "scheduler", "agent"] as const) {
    writeKubeconfig(userKubeconfig(cluster, user), [accessAs(cluster, user)]);
  }
}
