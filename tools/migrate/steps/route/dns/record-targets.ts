import { isIP } from "node:net";
import type { Flags } from "./flags.ts";

/** The targets of records, as an annotation lists them; undefined if there are none. */
export function targetsOf(annotation: string | undefined): string | undefined {
  const targets = (annotation ?? "")
    .split(",")
    .map((target) => target.trim().replace(/\.$/, ""))
    .filter(Boolean);
  return targets.length === 0 ? undefined : targets.join(", ");
}

/** Whether two lists of targets make the same records. */
export function sameTargets(one: string | undefined, other: string | undefined): boolean {
  const sorted = (targets: string | undefined): string => (targets ?? "").split(", ").sort().join(", ");
  return sorted(one) === sorted(other);
}

const MANAGED = ["A", "AAAA", "CNAME"];

/** Whether external-dns writes a record to these targets, by its type; an address may be of either type. */
export function writtenTypes({ all }: Flags): (targets: string | undefined) => boolean {
  const managed = all("managed-record-types", "managedRecordTypes");
  const excluded = all("exclude-record-types");
  const isWritten = (type: string): boolean =>
    (managed.length === 0 ? MANAGED : managed).includes(type) && !excluded.includes(type);
  return (targets) =>
    targets === undefined
      ? isWritten("A") || isWritten("AAAA")
      : targets.split(", ").some((target) => isWritten(typeOf(target)));
}

const typeOf = (target: string): string => ({ 4: "A", 6: "AAAA" })[isIP(target)] ?? "CNAME";

/** What limits the addresses in the records of external-dns, which only the cluster knows. */
export function addressLimit({ all }: Flags): readonly string[] {
  const limits = ["target-net-filter", "exclude-target-net"].flatMap((flag) => {
    const nets = all(flag);
    return nets.length === 0 ? [] : [`--${flag}=${nets.join(",")}`];
  });
  return limits.length === 0
    ? []
    : [
        `writes the record only if ${limits.join(" and ")} ${limits.length === 1 ? "admits" : "admit"} the address`,
      ];
}
