import type { Note, StepContext } from "../../../step.ts";
import { staysAtController } from "../gateway/doors.ts";
import { covers } from "../network/address-lines.ts";
import { classesThatMove, type DnsRecord } from "../outcome.ts";
import { controllerNames } from "./targets.ts";

/**
 * Moved hosts that the Service of the class's controller publishes as well, by its annotation for external-dns: their records may stay with it.
 * Source: PerResource.ResolveUpdate in plan/conflict.go of github.com/kubernetes-sigs/external-dns, which prefers the resource that has the record, then the lowest target
 */
export function heldRecords(records: readonly DnsRecord[], context: StepContext): readonly Note[] {
  const messages = context.clusters.flatMap((cluster) =>
    classesThatMove(records, cluster).flatMap((ingressClass) => {
      if (staysAtController(ingressClass, cluster, context)) return [];
      const own = records.filter((one) => one.cluster === cluster.name && one.ingressClass === ingressClass);
      return controllerNames({ reading: { ingressClass }, cluster }).flatMap((name) => {
        const hosts = new Set(
          own.map(({ host }) => host).filter((host) => covers({ names: [name], to: "" }, host)),
        );
        return hosts.size === 0 ? [] : [messageOf(ingressClass, name, [...hosts].join(", "))];
      });
    }),
  );
  return [...new Set(messages)].map((message) => ({ kind: "cutover", message }));
}

const messageOf = (ingressClass: string, name: string, hosts: string): string =>
  name.startsWith("*.")
    ? `${hosts}: the Service of the controller of class ${ingressClass} publishes ${name} by its annotation for external-dns, which answers for every host without a record of its own: what writes the routes' records must write one for each host`
    : `${hosts}: the Service of the controller of class ${ingressClass} publishes it as well, by its annotation for external-dns: remove it there in the same commit, or the record may stay at the controller, which answers 404`;
