import { EdgefirstError } from "../lib/errors.ts";

/** A request that an API server, or a proxy in front of it, rejected. */
export interface RefusedRequest {
  /** Method and path. */
  readonly request: string;
  /** Name of the cluster's context. */
  readonly context: string;
  /** HTTP status. */
  readonly status: number;
  /** The response body, usually a Kubernetes `Status`. */
  readonly body: unknown;
}

/** How many characters to show: a proxy's page can be long, and its beginning identifies the proxy. */
const SHOWN = 300;

/** A non-2xx response from the API server, with a hint on what to do about it. */
export class ApiError extends EdgefirstError {
  override readonly name = "ApiError";
  /** HTTP status. */
  readonly status: number;
  /** The API server's message, for callers that quote it in their own messages. */
  readonly reason: string;

  constructor({ request, context, status, body }: RefusedRequest) {
    // A program that is reached through the API server's proxy may put its message in `error`, as Prometheus does.
    const { message, error } = (body ?? {}) as { message?: string; error?: string };
    const reason = message ?? (typeof error === "string" ? error : String(body).slice(0, SHOWN));
    super(`${request} on cluster ${context}: ${reason} (${status})`, hintFor(status));
    this.status = status;
    this.reason = reason;
  }
}

function hintFor(status: number): string | undefined {
  if (status === 401)
    return "Not authenticated. Log in again, or renew the credentials of this context in the kubeconfig.";
  if (status === 403)
    return "The user of this context lacks a permission. A stack reads the kinds that it declares or checks, in all namespaces, and changes cluster-scoped objects. The ClusterRole cluster-admin covers both.";
  if (status < 400)
    return "Something other than the API server responded, such as a login page. Check the server URL of this context in the kubeconfig.";
  return status < 500
    ? undefined
    : "The API server, or a proxy in front of it, is failing. Try again once `kubectl get --raw /readyz` prints ok.";
}
