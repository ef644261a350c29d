import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { KubeObject } from "../../../kube/objects.ts";

/** What an app saw of a request; Traefik's answer to the client contains it. */
export interface Seen {
  readonly backend: string;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  /** Headers that a client or a Middleware may have set. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Running {@link startBackends}. */
export interface Backends {
  /** The Services and EndpointSlices of a namespace, one per backend. */
  objects(namespace: string): readonly KubeObject[];
  close(): void;
}

/** Headers that say nothing about routing, or that differ with every request. */
const UNINTERESTING =
  /^(?:connection|accept-encoding|user-agent|content-length|transfer-encoding|host|x-forwarded-(?:port|server|for)|x-real-ip)$/;

/** Starts one app per name; each answers with what it saw. */
export async function startBackends(names: readonly string[]): Promise<Backends> {
  const started = await Promise.all(names.map(async (name) => ({ name, server: await listen(name) })));
  return {
    objects: (namespace) => started.flatMap(({ name, server }) => objectsOf(name, namespace, server)),
    close: () => {
      for (const { server } of started) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

async function listen(backend: string): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const { method = "", url: path = "", headers } = request;
      // As an authentication server: it lets one token pass.
      const denied = path.startsWith("/check") && headers["x-token"] !== "let-me-in";
      const kept = Object.entries(headers).filter(([name]) => !UNINTERESTING.test(name));
      const seen: Seen = {
        backend,
        method,
        path,
        host: headers.host ?? "",
        headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
      };
      // As an app that allows every origin itself.
      const own = path.startsWith("/own-cors")
        ? { "Access-Control-Allow-Origin": headers.origin ?? "*" }
        : {};
      response
        .writeHead(denied ? 401 : 200, { "Content-Type": "application/json", ...own })
        .end(JSON.stringify(seen));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function objectsOf(name: string, namespace: string, server: Server): readonly KubeObject[] {
  const { port } = server.address() as AddressInfo;
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
      spec: { clusterIP: "10.0.0.1", ports: [{ name: "http", port: 80, targetPort: port, protocol: "TCP" }] },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, namespace, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ name: "http", port, protocol: "TCP" }],
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true, serving: true } }],
    },
  ];
}
