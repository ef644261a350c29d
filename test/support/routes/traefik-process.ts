import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "../../../kube/objects.ts";
import { findProgram } from "../../../tools/toolchain/find.ts";
import { programNamed } from "../../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../../tools/toolchain/programs.ts";
import { freePorts } from "../../../tools/sandbox/ports.ts";
import { ask, type Answer, type Ports, type Question } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { gatewayDefinitions } from "./gateway-definitions.ts";
import { serveObjects } from "./object-server.ts";

const NAMESPACE = "network";
const READY_MS = 60_000;

/** A Traefik that serves objects. */
export interface RunningTraefik {
  ask(question: Question): Promise<Answer>;
  /** What it logged at level WARN and above. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

/** Starts Traefik with its three Kubernetes providers on the objects of a cluster, and with a Gateway `network/external`. */
export async function startTraefik(
  objects: readonly KubeObject[],
  certificate: Credentials,
): Promise<RunningTraefik> {
  const program = await findProgram(programNamed("traefik", PROGRAMS));
  if (program === undefined) throw new Error("Traefik is not built: npm run programs");
  const [http = 0, https = 0] = await freePorts(2);
  const ports = { http, https };
  const defaulted = await gatewayDefinitions();
  const server = await serveObjects([...objects, ...platform(ports, certificate)].map(defaulted));
  const child = spawn(program.path, argumentsOf(server.url, ports), {
    env: {},
    stdio: ["ignore", "pipe", "ignore"],
  });
  const log: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => log.push(chunk.toString()));
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
    server.close();
  };
  try {
    await ready(ports);
  } catch (error) {
    await stop();
    throw new Error(`Traefik is not ready:\n${log.join("").slice(-4000)}`, { cause: error });
  }
  return { ask: (question) => ask(question, ports), log, stop };
}

function argumentsOf(url: string, { http, https }: Ports): readonly string[] {
  const providers = ["kubernetesingress", "kubernetescrd", "kubernetesgateway"];
  return [
    "--log.format=json",
    "--log.level=WARN",
    `--entrypoints.web.address=127.0.0.1:${http}`,
    `--entrypoints.websecure.address=127.0.0.1:${https}`,
    // As Traefik's chart sets it.
    "--entrypoints.websecure.http.tls=true",
    "--providers.providersThrottleDuration=100ms",
    ...providers.flatMap((name) => [`--providers.${name}.endpoint=${url}`, `--providers.${name}.token=none`]),
  ];
}

/** Hosts that only one provider serves each: once all of them answer, every object is loaded. */
const PROBES = ["ingress", "crd", "gateway"].map((name) => `${name}.ready.example.com`);

async function ready(ports: Ports): Promise<void> {
  const deadline = Date.now() + READY_MS;
  const questions = PROBES.flatMap((host) =>
    (["http", "https"] as const).map((scheme): Question => ({ scheme, host, path: "/" })),
  );
  for (;;) {
    const answers = await Promise.all(questions.map((question) => ask(question, ports)));
    // Nothing runs behind the probes' Service.
    const missing = questions.filter((_, index) => answers[index]?.status !== 502);
    if (missing.length === 0) return;
    if (Date.now() > deadline)
      throw new Error(
        `no answer from ${missing.map(({ scheme, host }) => `${scheme}://${host}`).join(", ")}`,
      );
    await sleep(50);
  }
}

/** The Gateway, the ingress class, and what {@link ready} asks for. */
function platform({ http, https }: Ports, { cert, key }: Credentials): readonly KubeObject[] {
  const metadata = (name: string) => ({ name, namespace: NAMESPACE });
  const [ingressHost = "", crdHost = "", gatewayHost = ""] = PROBES;
  const everywhere = { namespaces: { from: "All" } };
  const certificateRefs = [{ group: "", kind: "Secret", name: "certificate" }];
  return [
    ...[NAMESPACE, "apps"].map((name) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels: { "kubernetes.io/metadata.name": name } },
    })),
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name: "traefik" },
      spec: { controller: "traefik.io/ingress-controller" },
    },
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "GatewayClass",
      metadata: { name: "traefik" },
      spec: { controllerName: "traefik.io/gateway-controller" },
    },
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: metadata("external"),
      spec: {
        gatewayClassName: "traefik",
        listeners: [
          { name: "http", port: http, protocol: "HTTP", allowedRoutes: everywhere },
          {
            name: "https",
            port: https,
            protocol: "HTTPS",
            tls: { mode: "Terminate", certificateRefs },
            allowedRoutes: everywhere,
          },
        ],
      },
    },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: metadata("certificate"),
      type: "kubernetes.io/tls",
      data: { "tls.crt": btoa(cert), "tls.key": btoa(key) },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: metadata("ready"),
      spec: { clusterIP: "10.0.0.2", ports: [{ name: "http", port: 80, targetPort: 80, protocol: "TCP" }] },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata("ready"), labels: { "kubernetes.io/service-name": "ready" } },
      addressType: "IPv4",
      // The discard port: no program listens there.
      ports: [{ name: "http", port: 9 }],
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: metadata("ready"),
      spec: {
        ingressClassName: "traefik",
        rules: [
          {
            host: ingressHost,
            http: {
              paths: [
                {
                  path: "/",
                  pathType: "Prefix",
                  backend: { service: { name: "ready", port: { number: 80 } } },
                },
              ],
            },
          },
        ],
      },
    },
    {
      apiVersion: "traefik.io/v1alpha1",
      kind: "IngressRoute",
      metadata: metadata("ready"),
      spec: {
        routes: [{ kind: "Rule", match: `Host(\`${crdHost}\`)`, services: [{ name: "ready", port: 80 }] }],
      },
    },
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: metadata("ready"),
      spec: {
        parentRefs: [{ name: "external" }],
        hostnames: [gatewayHost],
        rules: [{ backendRefs: [{ name: "ready", port: 80 }] }],
      },
    },
  ];
}
