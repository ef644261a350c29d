import { isDeepStrictEqual } from "node:util";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { indexOf } from "../../clusters.ts";
import { fieldAt } from "../../objects.ts";
import { controllerPods } from "../route/network/pods.ts";
import { policiesOf, type Policy } from "../route/network/policies.ts";
import type { PortRule } from "../route/network/port-rules.ts";
import type { Pods } from "../route/network/selectors.ts";
import type { ReleaseOptions } from "./values.ts";

/** The ports of the chart's entry points. Source: values.yaml of github.com/traefik/traefik-helm-chart */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { web: 8000, websecure: 8443 };

/** An entry point that moves from one port of Traefik's pods to another. */
export interface MovedPort {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The entry points of a release whose port changes; those without a known port today are left out. */
export function movedPorts(release: Mapping, { ports }: ReleaseOptions): readonly MovedPort[] {
  return Object.entries(ports).flatMap(([name, to]) => {
    const from = fieldAt(release, ["spec", "values", "ports", name, "port"]) ?? DEFAULT_PORTS[name];
    return typeof from === "number" && from !== to ? [{ name, from, to }] : [];
  });
}

/** Why a release's entry points cannot move yet: network policies in the repository admit only their present ports. */
export function whyClosed(
  release: Mapping,
  moved: readonly MovedPort[],
  cluster: BuiltCluster | undefined,
): string | undefined {
  if (!cluster || moved.length === 0) return undefined;
  const pods = controllerPods(asKubeObject(release), indexOf(cluster));
  const closed = policiesOf(cluster).flatMap((policy) => {
    const ports = moved.filter((port) => closes(policy, port, pods));
    if (ports.length === 0) return [];
    return [`${policy.name} names ${ports.map(({ from, to }) => `${from} and not ${to}`).join(", ")}`];
  });
  if (closed.length === 0) return undefined;
  const changes = moved.map(({ name, from, to }) => `${name} from ${from} to ${to}`).join(", ");
  return `the step moves ports of its pods (${changes}), and network policies would stop the requests: ${closed.join("; ")}. Add the new ports to them in an earlier commit`;
}

/** Whether a rule of a policy opens the present port of Traefik's pods, and no rule for the same peers opens the new one. */
function closes({ selects, portRules }: Policy, { from, to }: MovedPort, pods: Pods): boolean {
  return portRules
    .filter((rule) => rule.includes(from) && isAbout(rule, { selects, pods }))
    .some(
      ({ direction, peers }) =>
        !portRules.some(
          (rule) => rule.direction === direction && isDeepStrictEqual(rule.peers, peers) && rule.includes(to),
        ),
    );
}

/** Whether a rule is about requests to the pods. A rule for requests to anywhere may be about other apps. */
const isAbout = (
  { direction, peers, matches }: PortRule,
  { selects, pods }: Pick<Policy, "selects"> & { readonly pods: Pods },
): boolean =>
  direction === "ingress" ? selects(pods) !== false : peers.length > 0 && matches(pods) !== false;
