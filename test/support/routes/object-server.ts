import { createServer, type ServerResponse } from "node:http";
import type { KubeObject } from "../../../kube/objects.ts";
import { listening } from "../listening.ts";

/** Resources whose name is not the lower-case kind with an s. */
const PLURALS: Readonly<Record<string, string>> = {
  Ingress: "ingresses",
  IngressClass: "ingressclasses",
  GatewayClass: "gatewayclasses",
  BackendTLSPolicy: "backendtlspolicies",
  TLSStore: "tlsstores",
};

/** `/api/v1/services` or `/apis/<group>/<version>/…`, in all namespaces. */
const LIST = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))\/(?:namespaces\/[^/]+\/)?([^/]+)$/;

/** A running {@link serveObjects}. */
export interface ObjectServer {
  readonly url: string;
  close(): void;
}

/**
 * An API server with fixed objects, enough for a controller's informers: lists, watches that never report a change, and status updates
 * that are forgotten. Unlike a real one it starts at once, and accepts endpoints on loopback addresses.
 */
export async function serveObjects(objects: readonly KubeObject[]): Promise<ObjectServer> {
  const byResource = Map.groupBy(objects, ({ apiVersion, kind }) => `${apiVersion}/${pluralOf(kind)}`);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const [, core, group, resource = ""] = LIST.exec(url.pathname) ?? [];
    if (request.method === "PUT") {
      const type = request.headers["content-type"] ?? "";
      request.pipe(response.writeHead(200, { "Content-Type": type }));
    } else if (url.pathname === "/version") {
      answer(response, { major: "1", minor: "34", gitVersion: "v1.34.0" });
    } else if (resource === "") {
      answer(response, { kind: "Status", status: "Failure", code: 404 }, 404);
    } else if (url.searchParams.has("sendInitialEvents")) {
      // As an API server without streaming lists; clients then list and watch.
      const message = "sendInitialEvents: Forbidden: not supported";
      answer(
        response,
        { kind: "Status", apiVersion: "v1", status: "Failure", reason: "Invalid", message, code: 422 },
        422,
      );
    } else if (url.searchParams.has("watch")) {
      // The stream stays open, and nothing happens.
      response.writeHead(200, JSON_TYPE).flushHeaders();
    } else {
      const items = byResource.get(`${core ?? group ?? ""}/${resource}`) ?? [];
      // Without a kind, the client assumes the one that it asked for.
      answer(response, { metadata: { resourceVersion: "1" }, items: items.map(numbered) });
    }
  });
  return {
    url: `http://${await listening(server)}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const JSON_TYPE = { "Content-Type": "application/json" };

function pluralOf(kind: string): string {
  return PLURALS[kind] ?? `${kind.toLowerCase()}s`;
}

function answer(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, JSON_TYPE).end(JSON.stringify(body));
}

/** An object with the fields that the API server sets. */
function numbered(object: KubeObject, index: number): object {
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      resourceVersion: "1",
      generation: 1,
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
  };
}
