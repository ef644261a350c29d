import { request } from "node:http";
import { connect } from "node:tls";
import { dial } from "./dial.ts";

/** What {@link ask} asks for; the port is 80 if absent. */
export interface Question {
  readonly path: string;
  readonly port?: number;
  /** Host that is asked for, where it is another one than the connection goes to. */
  readonly hostname?: string;
  readonly tls?: boolean;
  /** How long connecting and answering may take, in milliseconds; ten seconds if absent. */
  readonly timeoutMs?: number;
}

/** An answer over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Asks an address or a name in a cluster's private network over HTTP, whoever has signed the certificate there.
 * @throws Error where nobody answers in time
 */
export async function ask(
  clusterDir: string,
  host: string,
  { path, port = 80, hostname = host, tls = false, timeoutMs = 10_000 }: Question,
): Promise<HttpAnswer> {
  // It bounds the whole of it: a request over a connection that was made for it has no timeout of its own.
  const signal = AbortSignal.timeout(timeoutMs);
  const raw = await dial(clusterDir, host, port, signal);
  const socket = tls ? connect({ socket: raw, servername: hostname, rejectUnauthorized: false }) : raw;
  return new Promise((resolve, reject) => {
    // The connection is made already, encrypted or not.
    const outgoing = request({
      createConnection: () => socket,
      path,
      headers: { host: hostname },
      signal,
    });
    outgoing.once("error", (error) => {
      // Without a TLS handshake that ends, the request does not own the connection yet.
      socket.destroy();
      reject(signal.aborted ? new Error(`no answer within ${timeoutMs / 1000} s`) : error);
    });
    outgoing.once("response", (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.once("error", reject).once("end", () => {
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    outgoing.end();
  });
}
