import { isDeepStrictEqual } from "node:util";
import { at, type Fields } from "../../../../policy/engine/read.ts";
import { entryPointPorts } from "../../../../policy/knowledge/lookups.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { knowledgeOf } from "../../../lint/knowledge.ts";
import { indexOf } from "../../clusters.ts";
import { valuesIn } from "../route/chart.ts";
import { controllerPods } from "../route/network/pods.ts";
import { policiesOf, type Policy } from "../route/network/policies.ts";
import type { PortRule } from "../route/network/port-rules.ts";
import type { Pods } from "../route/network/selectors.ts";
import type { StepContext } from "../../step.ts";
import type { ReleaseOptions } from "./values.ts";

/** Why a release's entry points cannot move yet: network policies in the repository admit only their present ports. */
export function whyClosed(
  release: Mapping,
  option: ReleaseOptions,
  cluster: BuiltCluster,
  context: Pick<StepContext, "repository">,
): string | undefined {
  const defaults = entryPointPorts(knowledgeOf(context.repository));
  const moved = movedPorts(valuesIn(release, cluster), option, defaults);
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

/** An entry point that moves from one port of Traefik's pods to another. */
interface MovedPort {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The entry points of a release whose port changes; those without a known port today are left out. */
function movedPorts(
  values: Fields,
  { ports }: ReleaseOptions,
  defaults: ReturnType<typeof entryPointPorts>,
): readonly MovedPort[] {
  return Object.entries(ports).flatMap(([name, to]) => {
    const from = at(values, ["ports", name, "port"]) ?? defaults[name];
    return typeof from === "number" && from !== to ? [{ name, from, to }] : [];
  });
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
