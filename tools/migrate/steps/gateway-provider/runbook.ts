import { fields } from "../../../../policy/engine/read.ts";
import { entryPointPorts } from "../../../../policy/knowledge/lookups.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { knowledgeOf } from "../../../lint/knowledge.ts";
import { fieldAt } from "../../objects.ts";
import type { Note, StepContext } from "../../step.ts";
import { movedPorts } from "./moved-ports.ts";
import { DOCUMENTED_RIGHTS } from "./rights.ts";
import type { ReleaseOptions } from "./values.ts";

/** What the new ports of a release's entry points need, and which ports of the nodes close. */
export function runbook(
  written: Mapping,
  option: ReleaseOptions,
  position: Note["position"],
  { repository }: Pick<StepContext, "repository">,
): readonly Note[] {
  if (!position) return [];
  const values = fields(fieldAt(written, ["spec", "values"]));
  const bound = Object.entries(option.ports).filter(
    ([name, port]) => port < 1024 && fieldAt(written, ["spec", "values", "ports", name, "port"]) !== port,
  );
  const list = bound.map(([name, port]) => `${name} to ${port}`).join(", ");
  const moved =
    values.hostNetwork === true ? movedPorts(values, option, entryPointPorts(knowledgeOf(repository))) : [];
  const [closed, opened] = [moved.map(({ from }) => from), moved.map(({ to }) => to)];
  return [
    ...(fields(values.rbac).enabled === false
      ? [
          `its chart gives it no rights (rbac.enabled: false): before the commit, its ServiceAccount needs every rule of ${DOCUMENTED_RIGHTS}`,
        ]
      : []),
    ...(bound.length === 0
      ? []
      : [
          `moves ${list}: to bind a port below 1024 without root, set net.ipv4.ip_unprivileged_port_start=0 on the node or in podSecurityContext.sysctls`,
        ]),
    ...(moved.length === 0
      ? []
      : [
          `its pods are in the node's network: ${closed.join(" and ")} of each node with such a pod ${closed.length === 1 ? "closes" : "close"}, and ${opened.join(" and ")} must be free there; change load balancers, firewalls and clients that use them`,
        ]),
  ].map((message) => ({ kind: "runbook", message, position }));
}
