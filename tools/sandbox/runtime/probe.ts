import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { http } from "../../../lib/node-http.ts";
import { type Probe, type RealContainer } from "./pod-spec.ts";

/** The result of a probe; `output` has the reason for a failure. */
export interface ProbeResult {
  readonly ok: boolean;
  readonly output: string;
}

/** The target of a probe. */
export interface ProbeTarget {
  readonly container: RealContainer;
  readonly podIP: string;
  /** A command to run in the container. */
  readonly execute: (command: readonly string[], timeoutMs: number) => Promise<boolean>;
}

/** Runs a probe once. An unsupported kind of probe always succeeds. */
export async function tryProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.httpGet) return tryHttp(probe.httpGet, target, timeoutMs);
  if (probe.tcpSocket) {
    const { host = target.podIP, port } = probe.tcpSocket;
    return tryTcp(host, portNumber(port, target.container), timeoutMs);
  }
  const command = probe.exec?.command;
  if (command === undefined) return { ok: true, output: "" };
  return (await target.execute(command, timeoutMs))
    ? { ok: true, output: "" }
    : { ok: false, output: `command ${command.join(" ")} failed` };
}

function tryHttp(
  get: NonNullable<Probe["httpGet"]>,
  target: ProbeTarget,
  timeout: number,
): Promise<ProbeResult> {
  const { host = target.podIP, path = "/", scheme = "HTTP", httpHeaders = [] } = get;
  const headers: Record<string, string> = { "user-agent": "kube-probe/edgefirst", accept: "*/*" };
  for (const { name, value } of httpHeaders) headers[name.toLowerCase()] = value;
  const options = {
    host,
    port: portNumber(get.port, target.container),
    path: path.startsWith("/") ? path : `/${path}`,
    headers,
    agent: false,
    signal: AbortSignal.timeout(timeout),
    // As in the kubelet, certificates are not checked: a probe tests the response, not the server's identity.
    rejectUnauthorized: false,
  };
  return new Promise((resolve) => {
    const request = scheme === "HTTPS" ? httpsRequest(options) : http.request(options);
    request.once("response", (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      const ok = statusCode >= 200 && statusCode < 400;
      resolve({ ok, output: ok ? "" : `HTTP probe failed with statuscode: ${statusCode}` });
    });
    request.on("error", (error) => {
      resolve({ ok: false, output: `Get "${options.path}": ${error.message}` });
    });
    request.end();
  });
}

function tryTcp(host: string, port: number, timeout: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (ok: boolean, output: string): void => {
      socket.destroy();
      resolve({ ok, output });
    };
    socket.setTimeout(timeout, () => {
      settle(false, `dial tcp ${host}:${port}: i/o timeout`);
    });
    socket.once("connect", () => {
      settle(true, "");
    });
    socket.once("error", (error) => {
      settle(false, error.message);
    });
  });
}

function portNumber(port: number | string, { ports = [] }: RealContainer): number {
  return typeof port === "number"
    ? port
    : (ports.find(({ name }) => name === port)?.containerPort ?? Number(port));
}
