import { EdgefirstError } from "../lib/errors.ts";

/** A request that an API server, or something before it, did not answer as asked. */
export interface FailedRequest {
  /** Method and path. */
  readonly request: string;
  /** Context name of the cluster. */
  readonly context: string;
  /** HTTP status. */
  readonly status: number;
  /** A Kubernetes `Status`, or whatever else came. */
  readonly body: unknown;
}

/** A proxy's page can be long, and its beginning tells whose it is. */
const SHOWN = 300;

/** What the answer means to a person, and what to do about it. */
export function apiError({ request, context, status, body }: FailedRequest): EdgefirstError {
  const message = (body as { message?: string } | undefined)?.message ?? String(body).slice(0, SHOWN);
  return new EdgefirstError(`${request} on cluster ${context}: ${message} (${status})`, hintFor(status));
}

function hintFor(status: number): string | undefined {
  if (status === 401)
    return "Not authenticated: log in again, or renew the credentials of this context in the kubeconfig.";
  if (status === 403)
    return "The user of this context lacks a right. A stack reads the kinds that it declares or checks in all namespaces, and changes cluster-scoped objects; the ClusterRole cluster-admin has it all.";
  if (status < 400)
    return "Something before the API server answers, such as a login page: check the server of this context in the kubeconfig.";
  return status < 500
    ? undefined
    : "The API server, or what stands before it, is in trouble; try again once `kubectl get --raw /readyz` says ok.";
}
