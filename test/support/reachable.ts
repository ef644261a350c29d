import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { connectProxy, tunnel } from "./connect-proxy.ts";

/** The caller of a request as seen by an API server, and the proxy that it came through. */
export interface Caller {
  readonly authorization?: string | undefined;
  readonly certificate?: string | undefined;
  readonly impersonated?: string | undefined;
  readonly proxy?: string | undefined;
}

/** Servers that respond to `/version` like an API server, and proxies that connect to one of them whatever the requested target. */
export interface ReachableServers {
  /** Ports. */
  readonly https: number;
  readonly http: number;
  readonly httpProxy: number;
  readonly socksProxy: number;
  /** The caller of the last request; cleared by reading it. */
  take(): Caller | undefined;
  close(): void;
}

/** @param pki a folder with the certificates of `createPki` */
export async function startReachable(pki: string): Promise<ReachableServers> {
  let [caller, proxy]: [Caller | undefined, string | undefined] = [undefined, undefined];
  const answer: http.RequestListener = (request, response) => {
    const certificate = request.socket instanceof TLSSocket ? commonName(request.socket) : undefined;
    const { authorization, "impersonate-user": user } = request.headers;
    // An expired token.
    response.statusCode = authorization === "Bearer stale" ? 401 : 200;
    caller = { authorization, certificate, impersonated: user?.toString(), proxy };
    proxy = undefined;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ gitVersion: "v1.36.0" }));
  };
  const file = (name: string) => readFileSync(join(pki, name));
  const tls = https.createServer(
    {
      key: file("apiserver.key"),
      cert: file("apiserver.crt"),
      ca: file("ca.crt"),
      requestCert: true,
      rejectUnauthorized: false,
    },
    answer,
  );
  const plain = http.createServer(answer);
  const servers: net.Server[] = [tls, plain];
  const tlsPort = await listen(tls);
  const connect = connectProxy(tlsPort, (target) => (proxy = `http for ${target}`));
  const socks = net.createServer((client) => {
    // RFC 1928: a greeting, then a request with the address; ATYP 3 is a name.
    client.once("data", () => {
      client.write(Buffer.from([5, 0]));
      client.once("data", (request: Buffer) => {
        const [length = 0] = request.subarray(4);
        const name = request[3] === 3 ? request.toString("utf8", 5, 5 + length) : "an address";
        proxy = `socks for ${name}`;
        tunnel(client, tlsPort, () => client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])));
      });
    });
  });
  servers.push(connect, socks);
  return {
    https: tlsPort,
    http: await listen(plain),
    httpProxy: await listen(connect),
    socksProxy: await listen(socks),
    take: () => {
      const last = caller;
      caller = undefined;
      return last;
    },
    close: () => {
      for (const server of servers) server.close();
      tls.closeAllConnections();
      plain.closeAllConnections();
    },
  };
}

/** Without a certificate, the peer's is an empty object. */
function commonName(socket: TLSSocket): string | undefined {
  const { subject } = socket.getPeerCertificate() as { subject?: { CN: string } };
  return subject?.CN;
}

function listen(server: net.Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve((server.address() as net.AddressInfo).port);
    });
  });
}
