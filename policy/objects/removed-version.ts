import type { KubeObject } from "../../kube/objects.ts";
import type { Problem, RuleContext } from "../engine/rule.ts";

/**
 * Reports an API version that Flux has removed: v1beta1 and v2beta1 in 2.7, v1beta2 and v2beta2 in 2.8.
 * Source: https://fluxcd.io/blog/2025/09/flux-v2.7.0 and https://github.com/fluxcd/flux2/issues/5711
 */
export function* removedVersion({ apiVersion }: KubeObject, { hasFlux }: RuleContext): Generator<Problem> {
  const [, beta] = /v[12]beta([12])$/.exec(apiVersion) ?? [];
  if (beta === undefined) return;
  const since = beta === "1" ? "2.7" : "2.8";
  yield {
    path: ["apiVersion"],
    message: `Flux ${since} and later do not support ${apiVersion}.`,
    cause: apiVersion,
    recommendation: hasFlux(`${since}.0`) === false,
  };
}
