import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import type { StepContext } from "../../../step.ts";
import type { CutoverNote, DnsRecord } from "../outcome.ts";
import { controllerSources } from "./services.ts";

/** What to check before the commit if the repository does not show what runs a class that moves: once per class. */
export function unseenControllers(
  records: readonly DnsRecord[],
  { clusters, options }: Pick<StepContext, "clusters" | "options">,
): readonly CutoverNote[] {
  const unseen = clusters.flatMap((cluster) =>
    classesOf(records, cluster).filter((one) => isUnseen(one, cluster)),
  );
  return [...new Set(unseen)].map((ingressClass) => {
    const { namespace = "", name = "" } = options.route.gateways[ingressClass] ?? {};
    return {
      kind: "cutover",
      message: `class ${ingressClass}: nothing in this repository runs its controller, so what that does for every Ingress is not known, such as a redirect to HTTPS, a login or an allow list; first make sure that Gateway ${namespace}/${name} does the same`,
    };
  });
}

const classesOf = (records: readonly DnsRecord[], { name }: BuiltCluster): readonly string[] => [
  ...new Set(records.filter(({ cluster }) => cluster === name).map(({ ingressClass }) => ingressClass)),
];

const isUnseen = (ingressClass: string, cluster: BuiltCluster): boolean =>
  controllerSources(ingressClass, cluster).length === 0;
