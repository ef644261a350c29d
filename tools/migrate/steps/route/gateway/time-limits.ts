import type { KubeObject } from "../../../../../kube/objects.ts";
import { GATEWAY_CLASS } from "../../../../../policy/objects/kinds.ts";
import { at, fields, text } from "../../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { indexOf } from "../../../clusters.ts";
import type { StepContext } from "../../../step.ts";
import { controllerOf } from "../controllers/classes.ts";
import { nginx } from "../controllers/nginx.ts";
import { entryPointLimits, READ_TIMEOUT, type Limit } from "../controllers/traefik-limits.ts";
import type { RouteOptions } from "../options.ts";
import { isOthers, settingsBehind } from "./doors.ts";
import { gatewayIn } from "./gateway.ts";

type GatewayOption = RouteOptions["gateways"][string];

/** `spec.controllerName` of the GatewayClasses of Envoy Gateway. */
const ENVOY = "gateway.envoyproxy.io/gatewayclass-controller";

/** Envoy's limit for a whole response, in seconds. Source: https://gateway.envoyproxy.io/latest/tasks/traffic/http-timeouts/ */
const ENVOY_TIMEOUT = 15;

/**
 * What the controller of a Gateway does with requests that take long, unless it is configured otherwise. ingress-nginx limits only the time between two reads
 * or writes, so uploads and downloads of any length work there.
 * @param classes those that move to the Gateway and that another controller serves today
 * @param policies those in the repository that apply to the Gateway
 */
export function timeLimits(
  option: GatewayOption,
  classes: readonly string[],
  policies: readonly KubeObject[],
  { cluster, context }: { readonly cluster: BuiltCluster; readonly context: StepContext },
): readonly string[] {
  if (classes.length === 0) return [];
  if (isOthers(option, cluster)) return isEnvoys(option, cluster) ? envoyLimit(policies) : [];
  // The step compares the limits of a class's own Traefik with those of the Gateway's.
  if (!classes.some((name) => controllerOf(name, cluster) === nginx)) return [];
  const settings = settingsBehind(option, cluster, context);
  const limit = `cancels requests that take more than ${READ_TIMEOUT} s to send, unless readTimeout says otherwise`;
  if (settings.some((values) => !entryPointLimits(values).some(isLonger))) return [`its Traefik ${limit}`];
  if (settings.length > 0) return [];
  return option.middlewares || gatewayIn(cluster, option)
    ? [`its Traefik, whose settings this repository does not show, ${limit}`]
    : [`this repository does not show what runs it: a Traefik ${limit}, and Envoy Gateway ${ENVOY_LIMIT}`];
}

const ENVOY_LIMIT = `ends responses after ${ENVOY_TIMEOUT} s, unless a BackendTrafficPolicy sets timeout.http.requestTimeout`;

function envoyLimit(policies: readonly KubeObject[]): readonly string[] {
  const isSet = policies.some(
    ({ kind, spec }) =>
      kind === "BackendTrafficPolicy" && at(spec, ["timeout", "http", "requestTimeout"]) !== undefined,
  );
  return isSet ? [] : [`Envoy Gateway ${ENVOY_LIMIT}, and none in this repository does so for it`];
}

/** Whether Envoy Gateway runs the Gateway, judged by its class's name if the class itself is not in the repository. */
function isEnvoys(option: GatewayOption, cluster: BuiltCluster): boolean {
  const className = text(fields(gatewayIn(cluster, option)?.spec).gatewayClassName) ?? "";
  const found = indexOf(cluster).get(GATEWAY_CLASS, undefined, className);
  return found ? text(fields(found.spec).controllerName) === ENVOY : className.includes("envoy");
}

const isLonger = ({ setting, permits }: Limit): boolean =>
  setting.endsWith(".readtimeout") && permits !== undefined;
