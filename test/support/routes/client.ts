import {
  Agent as PlainAgent,
  request as plainRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import type { Seen } from "./backends.ts";
import type { Credentials } from "./credentials.ts";

/** One request, as a client sends it. */
export interface Question {
  readonly scheme?: "http" | "https";
  readonly host: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A loopback address. */
  readonly from?: string;
  readonly certificate?: Credentials;
  /** Size of the body in bytes. */
  readonly size?: number;
}

/** What the client sees of the answer. */
export interface Answer {
  /** 0 if the connection was refused or the TLS handshake failed. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly seen: Seen | undefined;
}

/** Ports of the entry points. */
export interface Ports {
  readonly http: number;
  readonly https: number;
}

/** Headers of Traefik that differ with every answer. */
const UNINTERESTING =
  /^(?:date|content-length|connection|keep-alive|transfer-encoding|content-type|x-retry-in)$/;

const agents = { http: new PlainAgent({ keepAlive: true }), https: new SecureAgent({ keepAlive: true }) };

/** Sends one request. */
export function ask(question: Question, ports: Ports): Promise<Answer> {
  const { scheme = "http", host, path, method = "GET", headers, from, certificate, size } = question;
  const isSecure = scheme === "https";
  const options: RequestOptions & { readonly servername: string; readonly rejectUnauthorized: false } = {
    host: "127.0.0.1",
    port: ports[scheme],
    path,
    method,
    servername: host,
    headers: { host, ...headers, ...(size === undefined ? {} : { "content-length": size }) },
    rejectUnauthorized: false,
    agent: isSecure ? agents.https : agents.http,
    ...(from === undefined ? {} : { localAddress: from }),
    ...certificate,
  };
  return new Promise((resolve) => {
    const sent = (isSecure ? secureRequest : plainRequest)(options, (response) => {
      void answerOf(response).then(resolve);
    });
    sent.on("error", () => {
      resolve({ status: 0, headers: {}, seen: undefined });
    });
    sent.end(size === undefined ? undefined : "x".repeat(size));
  });
}

/** Closes idle connections. */
export function hangUp(): void {
  agents.http.destroy();
  agents.https.destroy();
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const kept = Object.entries(response.headers).filter(([name]) => !UNINTERESTING.test(name));
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
    seen: text.startsWith('{"backend"') ? (JSON.parse(text) as Seen) : undefined,
  };
}
