import type { Agent, IncomingMessage } from "node:http";
import * as https from "node:https";
import { setTimeout } from "node:timers/promises";
import { EdgefirstError, messageOf } from "../lib/errors.ts";
import { http } from "../lib/node-http.ts";
import { ApiError } from "./api-error.ts";
import { connectionError } from "./connection-error.ts";
import { readBody, sendJson } from "./http.ts";
import type { ClusterAccess } from "./cluster-access.ts";

/** Body of the request. */
export interface RequestOptions {
  readonly body?: unknown;
  /** Media type of the body, `application/json` by default; for a patch, it selects the patch type. */
  readonly contentType?: string;
}

/** Long enough for a healthy API server under load, and short enough to report a dead one promptly. */
const TIMEOUT_MS = 5_000;

/** Requests to one API server by path, in plain JSON, without discovery. */
export class ApiServer {
  /** Name of the context, for messages. */
  readonly context: string;
  /** URL, without a slash at the end. */
  readonly server: string;
  readonly #access: ClusterAccess;
  readonly #timeoutMs: number;
  readonly #agent: Agent;

  constructor(context: string, access: ClusterAccess, timeoutMs = TIMEOUT_MS) {
    this.context = context;
    this.server = access.server.replace(/\/$/, "");
    this.#access = access;
    this.#timeoutMs = timeoutMs;
    const module = access.server.startsWith("http:") ? http : https;
    this.#agent = new module.Agent({ keepAlive: true, maxSockets: 10 });
  }

  /**
   * Sends one request; resolves to the parsed response.
   * @throws {ApiError} for a non-2xx response; {@link EdgefirstError} if no response arrives in time
   */
  async call<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const { body } = await this.#answer(method, path, options);
    return body as T;
  }

  /** Sends a GET; resolves to undefined for a 404. */
  async find<T>(path: string): Promise<T | undefined> {
    return this.unlessAbsent(this.call<T>("GET", path));
  }

  /**
   * Sends a GET over a separate connection without a timeout. Resolves once the headers arrive, and leaves the body, such as a watch, to the caller.
   * @throws like {@link call}
   */
  async open(path: string): Promise<IncomingMessage> {
    const response = await this.#send("GET", path, {}, undefined);
    await this.#check(`GET ${path}`, response);
    return response;
  }

  /** The API server's clock, in milliseconds since the epoch, to the second; this machine's clock if a proxy drops the `Date` header. */
  async time(): Promise<number> {
    const { date } = await this.#answer("GET", "/version", {});
    const time = Date.parse(date ?? "");
    return Number.isNaN(time) ? Date.now() : time;
  }

  /** Closes idle connections, so that the process can exit. */
  close(): void {
    this.#agent.destroy();
  }

  /** Resolves to undefined for a 404. */
  protected async unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  async #answer(
    method: string,
    path: string,
    options: RequestOptions,
  ): Promise<{ readonly body: unknown; readonly date: string | undefined }> {
    const response = await this.#send(method, path, options, this.#timeoutMs);
    await this.#check(`${method} ${path}`, response);
    return { body: await this.#read(response), date: response.headers.date };
  }

  async #check(request: string, response: IncomingMessage): Promise<void> {
    const { statusCode: status = 0 } = response;
    if (status >= 200 && status < 300) return;
    throw new ApiError({ request, context: this.context, status, body: await this.#read(response) });
  }

  async #read(response: IncomingMessage): Promise<unknown> {
    return readBody(response).catch((error: unknown) => {
      throw this.#unreachable(error);
    });
  }

  /** @param timeoutMs covers connecting, waiting and reading; undefined for a watch, which stays open */
  async #send(
    method: string,
    path: string,
    request: RequestOptions,
    timeoutMs: number | undefined,
  ): Promise<IncomingMessage> {
    const response = await this.#sendOnce(method, path, request, timeoutMs);
    if (response.statusCode !== 401 || this.#access.renew?.() !== true) return response;
    response.resume();
    return this.#sendOnce(method, path, request, timeoutMs);
  }

  async #sendOnce(
    method: string,
    path: string,
    { body, contentType = "application/json" }: RequestOptions,
    timeoutMs: number | undefined,
  ): Promise<IncomingMessage> {
    const options = await this.#authenticated(method, contentType);
    // A proxy needs the client library's agent, which `authenticate` has set. Our own agent limits the number of connections, so a watch, which keeps its
    // connection open, does not use it.
    options.agent ??= timeoutMs === undefined ? false : this.#agent;
    // The timeout starts after the login, which may take minutes.
    const signal = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
    if (signal) options.signal = signal;
    try {
      for (;;) {
        const response = await sendJson(this.server + path, options, body);
        if (response.statusCode !== 429) return response;
        response.resume();
        // The API server is overloaded, or is preparing storage for a new kind. The signal ends the wait.
        const seconds = Number(response.headers["retry-after"]);
        await setTimeout(1_000 * (Number.isFinite(seconds) ? seconds : 1), undefined, signal && { signal });
      }
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  async #authenticated(method: string, contentType: string): Promise<https.RequestOptions> {
    const options: https.RequestOptions = {
      method,
      headers: { accept: "application/json", "content-type": contentType },
    };
    await this.#access.authenticate(options).catch((cause: unknown) => {
      throw this.#withoutCredentials(cause);
    });
    return options;
  }

  #withoutCredentials(cause: unknown): EdgefirstError {
    const reason = messageOf(cause);
    return new EdgefirstError(
      `The context ${this.context} in the kubeconfig provides no way to connect: ${reason}`,
      "Nothing was changed. Log in again, install the exec plugin of the context's user, or fix the kubeconfig.",
      { cause },
    );
  }

  #unreachable(error: unknown): EdgefirstError {
    const { context, server } = this;
    return connectionError(error, { context, server, timeoutMs: this.#timeoutMs });
  }
}
