import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import { createServer as createTlsServer } from "node:https";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { KubeObject } from "../../../kube/objects.ts";
import type { Credentials } from "./credentials.ts";

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
  /^(?:connection|accept-encoding|user-agent|content-length|transfer-encoding|host|x-forwarded-(?:port|server|for)|x-real-ip)$|^:/;

/** Starts one app per name; each answers with what it saw. */
export async function startBackends(names: readonly string[]): Promise<Backends> {
  const started = await Promise.all(
    names.map(async (name) => ({ name, servers: [await listening(createServer(answering(name)))] })),
  );
  return running(started);
}

/** Starts the apps `tls` (only HTTPS, with this certificate), `grpc` (only HTTP/2 without TLS) and `pods` (two pods, `pod-1` and `pod-2`). */
export async function startOtherBackends(certificate: Credentials): Promise<Backends> {
  const pods = ["127.0.0.1", "127.0.0.2"].map((address, index) =>
    listening(createServer(answering(`pod-${index + 1}`)), address),
  );
  return running([
    { name: "tls", servers: [await listening(createTlsServer(certificate, answering("tls")))] },
    { name: "grpc", servers: [await listening(createHttp2Server(answering("grpc")))] },
    { name: "pods", servers: await Promise.all(pods) },
  ]);
}

/** The port on which the first backend in some objects listens. */
export function listeningPort(objects: readonly KubeObject[]): number {
  const slice = objects.find(({ kind }) => kind === "EndpointSlice");
  const [{ port } = { port: 0 }] = slice?.ports as readonly { readonly port: number }[];
  return port;
}

type AnyServer = Server | Http2Server;

interface Started {
  readonly name: string;
  readonly servers: readonly AnyServer[];
}

function running(started: readonly Started[]): Backends {
  return {
    objects: (namespace) =>
      started.flatMap(({ name, servers }) =>
        backendObjects(
          name,
          namespace,
          servers.map((server) => server.address() as AddressInfo),
        ),
      ),
    close: () => {
      for (const server of started.flatMap(({ servers }) => servers)) {
        if ("closeAllConnections" in server) server.closeAllConnections();
        server.close();
      }
    },
  };
}

async function listening<S extends AnyServer>(server: S, address = "127.0.0.1"): Promise<S> {
  server.listen(0, address);
  await once(server, "listening");
  return server;
}

/** Answers each request with what it saw. */
function answering(backend: string) {
  return (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ): void => {
    request.resume().on("end", () => {
      const { method = "", url: path = "", headers } = request;
      // As an authentication server: it lets one token pass.
      const denied = path.startsWith("/check") && headers["x-token"] !== "let-me-in";
      const kept = Object.entries(headers).filter(([name]) => !UNINTERESTING.test(name));
      const seen: Seen = {
        backend,
        method,
        path,
        host: headers.host ?? String(headers[":authority"] ?? ""),
        headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
      };
      // As an app that allows every origin itself.
      if (path.startsWith("/own-cors"))
        response.setHeader("Access-Control-Allow-Origin", headers.origin ?? "*");
      response.setHeader("Content-Type", "application/json");
      response.statusCode = denied ? 401 : 200;
      response.end(JSON.stringify(seen));
    });
  };
}

/** The Service of an app, and its EndpointSlices. Each pod listens on its own port here, so it has its own EndpointSlice. */
export function backendObjects(
  name: string,
  namespace: string,
  pods: readonly Pick<AddressInfo, "address" | "port">[],
): readonly KubeObject[] {
  return [
    serviceOf(name, namespace),
    ...pods.map((pod, index) => endpointsOf({ name, namespace, index }, pod)),
  ];
}

const serviceOf = (name: string, namespace: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace },
  spec: { clusterIP: "10.0.0.1", ports: [{ name: "http", port: 80, protocol: "TCP" }] },
});

function endpointsOf(
  { name, namespace, index }: { readonly name: string; readonly namespace: string; readonly index: number },
  { address, port }: Pick<AddressInfo, "address" | "port">,
): KubeObject {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-${index}`, namespace, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    ports: [{ name: "http", port, protocol: "TCP" }],
    endpoints: [{ addresses: [address], conditions: { ready: true, serving: true } }],
  };
}
