import type { StepContext } from "../../../step.ts";
import { classesThatMove, type CutoverNote, type DnsRecord } from "../outcome.ts";
import { controllerOf } from "./classes.ts";
import { controllerSources } from "./services.ts";

/** What to check before the commit if the repository does not show what runs a class that moves: once per class. */
export function unseenControllers(
  records: readonly DnsRecord[],
  { clusters, options }: Pick<StepContext, "clusters" | "options">,
): readonly CutoverNote[] {
  const moving = clusters.flatMap((cluster) =>
    classesThatMove(records, cluster).map((ingressClass) => ({ ingressClass, cluster })),
  );
  return [...Map.groupBy(moving, ({ ingressClass }) => ingressClass)].flatMap(([ingressClass, all]) => {
    const unseen = all.filter(({ cluster }) => controllerSources(ingressClass, cluster).length === 0);
    if (unseen.length === 0) return [];
    const { namespace = "", name = "" } = options.route.gateways[ingressClass] ?? {};
    // Another controller may run here, such as that of Cilium's chart.
    const isKnown = unseen.some(({ cluster }) => controllerOf(ingressClass, cluster) !== undefined);
    const why = isKnown
      ? "nothing in this repository runs its controller"
      : "this step does not know its controller";
    const where =
      unseen.length === all.length
        ? why
        : `${why} in ${unseen.map(({ cluster }) => cluster.name).join(", ")}`;
    return {
      kind: "cutover",
      message: `class ${ingressClass}: ${where}, so what that does for every Ingress is not known, such as a redirect to HTTPS, a login or an allow list; first make sure that Gateway ${namespace}/${name} does the same`,
    };
  });
}
