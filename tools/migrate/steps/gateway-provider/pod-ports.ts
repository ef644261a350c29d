import { isDeepStrictEqual } from "node:util";
import { entryPointPorts } from "../../../../policy/knowledge/lookups.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { knowledgeOf } from "../../../lint/knowledge.ts";
import { indexOf } from "../../clusters.ts";
import { valuesIn } from "../route/release/chart.ts";
import { controllerPods } from "../route/network/pods.ts";
import { policiesOf, type Policy } from "../route/network/policies.ts";
import type { PortRule } from "../route/network/port-rules.ts";
import type { Pods } from "../route/network/selectors.ts";
import type { StepContext } from "../../step.ts";
import { changesOf, movedPorts, type MovedPort } from "./moved-ports.ts";
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
  return `the step moves ports of its pods (${changesOf(moved)}), and network policies would stop the requests: ${closed.join("; ")}. Add the new ports to them in an earlier commit`;
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
