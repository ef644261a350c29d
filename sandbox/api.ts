import { Agent, request } from "node:https";
import { type IncomingMessage } from "node:http";
import { type ClusterAccess } from "./kubeconfig.ts";

const TIMEOUT_MS = 10_000;

/** An answer of the API server other than 2xx. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status code. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What a request may carry. */
export interface RequestOptions {
  readonly body?: unknown;
  /** Media type of the body, `application/json` by default; a patch names its kind here. */
  readonly contentType?: string;
}

/**
 * The few HTTP calls that the launcher and the agent make. They stay away from the full client library: it would triple the
 * agent's memory and start-up time, twice on every machine.
 */
export class Api {
  private readonly access: ClusterAccess;
  private readonly agent: Agent;

  constructor(access: ClusterAccess) {
    this.access = access;
    this.agent = new Agent({ ca: access.ca, cert: access.cert, key: access.key, keepAlive: true });
  }

  /**
   * One request; resolves to the parsed answer.
   * @throws ApiError for an answer other than 2xx, the socket's error if there is none within 10 s.
   */
  async call<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.send(method, path, options, AbortSignal.timeout(TIMEOUT_MS));
    const text = await readText(response);
    return (response.headers["content-type"]?.includes("json") ? JSON.parse(text) : text) as T;
  }

  /** Like {@link call}, but undefined for 404. */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.call<T>("GET", path);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** The JSON lines of a watch, until the server ends it; throws if the connection breaks. */
  async *stream<T>(path: string): AsyncGenerator<T> {
    const response = await this.send("GET", path, {});
    let rest = "";
    for await (const chunk of response.setEncoding("utf8")) {
      const lines = (rest + (chunk as string)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line) as T;
    }
  }

  private async send(
    method: string,
    path: string,
    { body, contentType = "application/json" }: RequestOptions,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // Without its length Node would send the body of a DELETE unframed, as the beginning of the next request.
      const headers =
        payload === undefined
          ? {}
          : { "content-type": contentType, "content-length": Buffer.byteLength(payload) };
      request(
        this.access.server + path,
        { method, headers, agent: this.agent, ...(signal && { signal }) },
        resolve,
      )
        .on("error", reject)
        .end(payload);
    });
    if (response.statusCode === undefined || response.statusCode >= 300) {
      const text = await readText(response);
      throw new ApiError(
        response.statusCode ?? 0,
        `${method} ${path}: ${response.statusCode ?? "?"} ${text}`,
      );
    }
    return response;
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
