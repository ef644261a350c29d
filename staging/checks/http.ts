import type { HttpCheck } from "../../config/own-checks.ts";
import type { LiveCluster } from "../../kube/client.ts";
import type { Check, Verdict } from "./check.ts";
import { getService, getUrl } from "./http-get.ts";

/** Checks that each configured HTTP request succeeds. */
export function httpCheck(cluster: LiveCluster, requests: Readonly<Record<string, HttpCheck>>): Check {
  return {
    id: "http",
    run: async () => ({
      verdicts: await Promise.all(
        Object.entries(requests).map(([name, request]) => verdict(cluster, name, request)),
      ),
    }),
  };
}

async function verdict(cluster: LiveCluster, name: string, request: HttpCheck): Promise<Verdict> {
  const problem = "url" in request ? await problemOfUrl(request) : await problemOfService(cluster, request);
  return {
    object: `HTTP check ${name}`,
    state: problem === undefined ? "held" : "failed",
    message: problem ?? "",
    own: true,
  };
}

async function problemOfUrl({
  url,
  status,
  contains,
}: Extract<HttpCheck, { url: string }>): Promise<string | undefined> {
  const answer = await getUrl(url);
  if (answer.state === "silent") return answer.reason;
  if (!status.includes(answer.status)) return `returned ${answer.status}, expected ${status.join(" or ")}`;
  return contains === undefined || String(answer.body).includes(contains)
    ? undefined
    : "the response does not contain the expected text";
}

async function problemOfService(
  cluster: LiveCluster,
  request: Exclude<HttpCheck, { url: string }>,
): Promise<string | undefined> {
  const answer = await getService(cluster, request, request.path);
  if (answer.state === "silent") return `cannot be reached through the API server: ${answer.reason}`;
  return answer.status < 300 ? undefined : `returned ${answer.status}`;
}
