import { type IncomingMessage } from "node:http";
import { Agent } from "node:https";
import { readBody, sendJson } from "../../kube/http.ts";
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
 * What the agent and the launcher say to an API server beside the client for objects of cluster/: watches, subresources, other kinds of patch, and
 * nothing that needs discovery. It stays away from the client library: that would add 60 MiB to each agent.
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
    return (await readBody(response)) as T;
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
    const headers = { "content-type": contentType };
    const options = { method, headers, agent: this.agent, ...(signal && { signal }) };
    const response = await sendJson(this.access.server + path, options, body);
    if (response.statusCode === undefined || response.statusCode >= 300) {
      const answer = await readBody(response);
      const text = typeof answer === "string" ? answer : JSON.stringify(answer);
      throw new ApiError(
        response.statusCode ?? 0,
        `${method} ${path}: ${response.statusCode ?? "?"} ${text}`,
      );
    }
    return response;
  }
}
