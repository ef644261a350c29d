import { fetchByProxy } from "../../lib/fetch-by-proxy.ts";

/** Short, so that an unreachable host is noticed quickly even if the network drops packets. */
const TIMEOUT_MS = 2_500;

const known = new Map<string, Promise<string | undefined>>();

/** Why a server cannot be reached; undefined if it responds at all. Tried once per process and URL. */
export function whyUnreachable(url: string): Promise<string | undefined> {
  let reason = known.get(url);
  if (reason === undefined) {
    reason = attempt(url);
    known.set(url, reason);
  }
  return reason;
}

async function attempt(url: string): Promise<string | undefined> {
  try {
    const response = await fetchByProxy(url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    return undefined;
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
    if ((error as Error).name === "TimeoutError") return `no response within ${TIMEOUT_MS / 1000} s`;
    return cause?.code ?? cause?.message ?? message;
  }
}
