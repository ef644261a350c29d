import { GATEWAY_LABEL } from "../../kube/gateway-contract.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { gatewayObjects } from "../../components/gateway/gateway.ts";
import { traefikObjects } from "../../components/traefik/traefik.ts";
import { gateway } from "../../config/network.ts";
import { traefikArgs } from "../../platform/network.ts";
import { PATIENCE_SECONDS } from "./patience.ts";

/** The namespace in which Traefik and the suite run. */
export const NAMESPACE = "network";
/** The GatewayClass that the suite's Gateways use. */
export const CLASS_NAME = "traefik";
/** The suite's pod. */
export const SUITE = "gateway-api-conformance";
/** File name of the suite's report. */
export const REPORT_FILE = "report.yaml";

/** Ports of the suite's listeners, in addition to 80 and 443. */
const EXTRA_PORTS = [8080, 8090, 8443, 8883];
const GATEWAY = {
  name: "external",
  namespace: NAMESPACE,
  className: CLASS_NAME,
  traefik: { entryPoints: EXTRA_PORTS.map((port) => ({ name: `port-${port}`, port })) },
};
const REPORT_PATH = "/report";

/**
 * Traefik and its GatewayClass, as deployed by a stack with entry points for the suite's ports and otherwise default settings, but without the Gateway: the suite creates its own Gateways and expects no other
 * routes. Traefik serves the suite's Gateways because its `labelselector` applies only to GatewayClasses.
 */
export function platformObjects(image: string): KubeObject[] {
  const settings = gateway.parse(GATEWAY);
  const traefik = traefikObjects(traefikArgs(settings, { labels: {}, image }));
  const declared = gatewayObjects({ ...settings, labels: {} });
  return [...traefik, ...declared.filter(({ kind }) => kind === "GatewayClass")];
}

/**
 * A policy that adds the platform's labels to the suite's GatewayClasses: Traefik's `labelselector` ignores all others, and the suite cannot
 * set labels.
 */
export function classLabelObjects(): KubeObject[] {
  const metadata = { name: "label-gateway-classes" };
  const apiVersion = "admissionregistration.k8s.io/v1";
  const labels = `Object.metadata{labels: {${JSON.stringify(GATEWAY_LABEL)}: ${JSON.stringify(GATEWAY.name)}}}`;
  return [
    {
      apiVersion,
      kind: "MutatingAdmissionPolicy",
      metadata,
      spec: {
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ["gateway.networking.k8s.io"],
              apiVersions: ["*"],
              resources: ["gatewayclasses"],
              operations: ["CREATE"],
            },
          ],
        },
        failurePolicy: "Fail",
        reinvocationPolicy: "Never",
        mutations: [
          {
            patchType: "ApplyConfiguration",
            applyConfiguration: { expression: `Object{metadata: ${labels}}` },
          },
        ],
      },
    },
    {
      apiVersion,
      kind: "MutatingAdmissionPolicyBinding",
      metadata,
      spec: { policyName: metadata.name },
    },
  ];
}

/** The suite's pod, with all permissions: it creates namespaces, Gateways, routes and servers. */
export function suiteObjects(flags: readonly string[], reportFolder: string): KubeObject[] {
  const metadata = { name: SUITE, namespace: NAMESPACE };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: SUITE },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", ...metadata }],
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata,
      spec: {
        serviceAccountName: SUITE,
        restartPolicy: "Never",
        containers: [
          {
            name: "suite",
            image: "edgefirst.dev/gateway-api-conformance",
            // k8s.io/apimachinery, pkg/util/net/http.go: a client whose ping is not answered in time fails all its requests ("http2: client connection lost").
            env: [{ name: "HTTP2_PING_TIMEOUT_SECONDS", value: String(PATIENCE_SECONDS) }],
            args: [...flags, `-report-output=${REPORT_PATH}/${REPORT_FILE}`],
            volumeMounts: [{ name: "report", mountPath: REPORT_PATH }],
          },
        ],
        volumes: [{ name: "report", hostPath: { path: reportFolder } }],
      },
    },
  ];
}
