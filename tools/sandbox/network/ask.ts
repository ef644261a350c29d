import { request } from "node:http";
import { connect } from "node:tls";
import { dial } from "./dial.ts";

/** The request that {@link ask} sends. */
export interface Question {
  readonly path: string;
  /** Default: 80. */
  readonly port?: number;
  /** The request's Host header and TLS server name. Default: the host that is connected to. */
  readonly hostname?: string;
  readonly tls?: boolean;
  /** The timeout for connection and response together. Default: 10 s. */
  readonly timeoutMs?: number;
}

/** An HTTP response. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Sends a request to an address or a name in a cluster's private network, without checking certificates.
 * @throws Error if no response arrives in time
 */
export async function ask(
  clusterDir: string,
  host: string,
  { path, port = 80, hostname = host, tls = false, timeoutMs = 10_000 }: Question,
): Promise<HttpAnswer> {
  // A request over an existing connection has no connect timeout, so the signal limits the whole exchange.
  const signal = AbortSignal.timeout(timeoutMs);
  const raw = await dial(clusterDir, host, port, signal);
  const socket = tls ? connect({ socket: raw, servername: hostname, rejectUnauthorized: false }) : raw;
  return new Promise((resolve, reject) => {
    // Sends the request over the existing connection, whether or not it is encrypted.
    const outgoing = request({
      createConnection: () => socket,
      path,
      headers: { host: hostname },
      signal,
    });
    outgoing.once("error", (error) => {
      // The request does not own the connection until the TLS handshake completes.
      socket.destroy();
      reject(signal.aborted ? new Error(`no response within ${timeoutMs / 1000} s`) : error);
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
