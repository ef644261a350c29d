import type { StepContext } from "../../../step.ts";
import { classesThatMove, type CutoverNote, type DnsRecord } from "../outcome.ts";
import { controllerSources } from "./services.ts";

/** What to check before the commit if the repository does not show what runs a class that moves: once per class. */
export function unseenControllers(
  records: readonly DnsRecord[],
  { clusters, options }: Pick<StepContext, "clusters" | "options">,
): readonly CutoverNote[] {
  const unseen = clusters.flatMap((cluster) =>
    classesThatMove(records, cluster).filter((one) => controllerSources(one, cluster).length === 0),
  );
  return [...new Set(unseen)].map((ingressClass) => {
    const { namespace = "", name = "" } = options.route.gateways[ingressClass] ?? {};
    return {
      kind: "cutover",
      message: `class ${ingressClass}: nothing in this repository runs its controller, so what that does for every Ingress is not known, such as a redirect to HTTPS, a login or an allow list; first make sure that Gateway ${namespace}/${name} does the same`,
    };
  });
}
