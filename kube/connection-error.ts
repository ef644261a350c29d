import { EdgefirstError } from "../lib/errors.ts";

/** An API server that could not be reached. */
export interface UnreachableServer {
  /** Name of the cluster's context. */
  readonly context: string;
  /** URL. */
  readonly server: string;
  /** How long the client waited. */
  readonly timeoutMs: number;
}

/** The error for a request that got no response: what went wrong, and what to do about it. */
export function connectionError(error: unknown, server: UnreachableServer): EdgefirstError {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const at = `${server.server} (context ${server.context})`;
  // OpenSSL rejects the client's certificate or key before anything is sent.
  if (code.startsWith("ERR_OSSL"))
    return new EdgefirstError(
      `A certificate or key for the context ${server.context} in the kubeconfig cannot be read: ${message}`,
      "Nothing was changed. The kubeconfig is damaged or incomplete. Download it again.",
      { cause: error },
    );
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return new EdgefirstError(
      `The certificate of ${at} is not valid at ${new Date().toISOString()}: ${message}`,
      "Nothing was changed. Check the clock of this machine; if it is correct, renew the API server's certificate.",
      { cause: error },
    );
  return new EdgefirstError(
    `The cluster of context ${server.context} cannot be reached at ${server.server}: ${reasonOf(error, server)}`,
    "Nothing was changed. Check that the cluster is running and reachable from this machine, then try again.",
    { cause: error },
  );
}

function reasonOf(error: unknown, { timeoutMs }: UnreachableServer): string {
  if (!(error instanceof Error)) return String(error);
  const timedOut = error.name === "AbortError" || error.name === "TimeoutError";
  return timedOut ? `no response within ${timeoutMs / 1000} s` : error.message;
}
