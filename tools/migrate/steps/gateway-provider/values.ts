import { coerce, lt, minVersion } from "semver";
import { at, text } from "../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import type { Mapping, Value } from "../../../gitops/yaml/values.ts";
import { fieldAt, idOf } from "../../objects.ts";
import { knowledgeOf } from "../../../lint/knowledge.ts";
import type { StepContext } from "../../step.ts";
import { isRelease } from "../oci/artifact.ts";
import { chartRange, classSelectorValues } from "../../../../policy/knowledge/lookups.ts";
import { chartOf, valuesIn } from "../route/release/chart.ts";

/** The options for one of Traefik's HelmReleases. */
export type ReleaseOptions = NonNullable<StepContext["options"]["gateway-provider"]["releases"][string]>;

/**
 * The values for a Gateway. The chart's own Gateway and GatewayClass (`traefik`, the same name in every release) are turned off, because
 * the platform creates them. A listener is served by the entry point with the same port (the chart's templates/gateway.yaml; Traefik's
 * gateway provider).
 */
export function wantedValues(
  { labelSelector, ports }: ReleaseOptions,
  selectorValue: string,
  present: Value | undefined,
): Mapping {
  const entryPoints = Object.entries(ports).map(([name, port]): [string, Mapping] => [name, { port }]);
  const flag = fieldAt(present, ["experimental", "kubernetesGateway", "enabled"]);
  return {
    ...(flag === undefined ? {} : { experimental: { kubernetesGateway: { enabled: false } } }),
    providers: {
      kubernetesGateway: { enabled: true, experimentalChannel: false, [selectorValue]: labelSelector },
    },
    gateway: { enabled: false },
    gatewayClass: { enabled: false },
    ...(entryPoints.length === 0 ? {} : { ports: Object.fromEntries(entryPoints) }),
  };
}

/**
 * The key below `providers.kubernetesGateway` that takes the label selector in a release's chart; undefined if the chart version does not
 * determine it.
 */
export function selectorValueOf(release: Mapping, { clusters, repository }: StepContext): string | undefined {
  const { version } = chartOf(release, clusters);
  const known = knowledgeOf(repository);
  const [value, ...others] = classSelectorValues(version === "" ? undefined : version, known);
  return others.length === 0 ? value?.split(".").at(-1) : undefined;
}

/**
 * Why `providers.kubernetesGateway` in a release's chart is not enough: before 30.0.0 it installs a Traefik before 3.1, which also wants `experimental.kubernetesGateway`, and before
 * 29.0.0 it reads only that. Of later charts, the values may name an older Traefik, with which the chart does not render. Sources: github.com/traefik/traefik-helm-chart:
 * traefik/templates/_podtemplate.tpl of v10.24.0, v28.0.0 and v29.0.0, traefik/Chart.yaml of v29.0.1 and v30.0.0, requirements.yaml and _helpers.tpl of v34.0.0;
 * https://doc.traefik.io/traefik/migration/v3/
 */
export function whyOld(
  release: Mapping,
  cluster: BuiltCluster,
  { clusters }: StepContext,
): string | undefined {
  const { version } = chartOf(release, clusters);
  const range = chartRange(version);
  const oldest = range === null ? null : minVersion(range);
  if (oldest !== null && lt(oldest, "30.0.0"))
    return `chart ${version} installs a Traefik whose Gateway API provider is still an experiment: upgrade it to 30.0.0 or later first`;
  const values = valuesIn(release, cluster);
  const old = [["image", "tag"], ["versionOverride"]].find((path) => {
    const traefik = coerce(text(at(values, path)));
    return traefik !== null && lt(traefik, "3.1.0");
  });
  return (
    old &&
    `${old.join(".")} is ${text(at(values, old)) ?? ""}, and before 3.1.0, Traefik's Gateway API provider is still an experiment, which the chart rejects: upgrade it first`
  );
}

/** Whether a release installs the chart `traefik`. */
export function isTraefik(release: Mapping | undefined, { clusters }: StepContext): boolean {
  return release !== undefined && isRelease(release) && chartOf(release, clusters).name === "traefik";
}

/** The options for a release. */
export function optionsOf(release: Mapping, { options }: StepContext): ReleaseOptions | undefined {
  const { releases } = options["gateway-provider"];
  const key = idOf(release);
  return Object.hasOwn(releases, key) ? releases[key] : undefined;
}
