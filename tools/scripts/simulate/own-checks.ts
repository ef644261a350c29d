import { ApiError } from "../../../kube/api-error.ts";
import { wasDown, type App } from "./apps.ts";
import { scheduler, type SimProcess } from "./scheduler.ts";

/** The settings of the stack's own checks of the simulated apps. */
export const OWN_CHECKS = {
  prometheus: { namespace: "monitoring", service: "prometheus", port: "9090" },
  queries: { errors: { query: "errors", max: 0.5, empty: "wait" as const } },
  http: { api: { namespace: "apps", service: "api", port: "80", path: "/" } },
  jobs: {
    smoke: {
      namespace: "apps",
      image: "example.com/smoke:1.0.0",
      env: {},
      runAsUser: 65_534,
      timeout: "60s",
      attempts: 2,
    },
  },
};

const PROMETHEUS = "/api/v1/namespaces/monitoring/services/http:prometheus:9090/proxy/api/v1/query";
const API = "/api/v1/namespaces/apps/services/http:api:80/proxy/";
/** How long a Job runs. */
const JOB_MS = 4_000;

/** The response to a request of an own check; undefined for all other requests. @throws {ApiError} if the app is down */
export function readOwnCheck(path: string, isDown: (app: string) => boolean): unknown {
  if (path.startsWith(PROMETHEUS))
    return {
      status: "success",
      data: { resultType: "scalar", result: [scheduler.now / 1_000, isDown("errors") ? "1" : "0"] },
    };
  if (path !== API) return undefined;
  if (isDown("api")) throw new ApiError({ request: `GET ${path}`, context: "", status: 500, body: "down" });
  return {};
}

/** A Job that ran. */
interface RanJob {
  readonly process: SimProcess;
  readonly name: string;
  readonly created: number;
}

/** The Jobs that were created on a cluster. They succeed if the app is up when they end. */
export class Jobs {
  readonly #ran: RanJob[] = [];

  create(name: string, process: SimProcess): void {
    this.#ran.push({ process, name, created: scheduler.now });
  }

  statusOf(name: string, app: App): object {
    const job = this.#ran.findLast((each) => each.name === name);
    const ended = (job?.created ?? 0) + JOB_MS;
    if (ended > scheduler.now) return {};
    return { conditions: [{ type: wasDown(app, ended) ? "Failed" : "Complete", status: "True" }] };
  }

  /** When the Jobs of a process that succeeded were created and ended. */
  succeeded(process: SimProcess, app: App): { readonly created: number; readonly ended: number }[] {
    return this.#ran
      .filter((job) => job.process === process)
      .map(({ created }) => ({ created, ended: created + JOB_MS }))
      .filter(({ ended }) => ended <= scheduler.now && !wasDown(app, ended));
  }
}
