import { checkOf, isFluxs, type App } from "./apps.ts";
import type { SimCluster } from "./cluster.ts";
import type { SimProcess } from "./scheduler.ts";

/** Clocks may be off by two seconds, and the evidence rounds times to whole seconds. */
export const TOLERANCE_MS = 3_000;

/** A verification, and what really happened during it. */
export interface Attempt {
  readonly release: string;
  readonly process: SimProcess;
  readonly cluster: SimCluster;
  readonly began: number;
  readonly soakMs: number;
  readonly intervalMs: number;
  readonly skip: Readonly<Record<string, string>>;
  readonly override: string | undefined;
  /** The stack's own checks that ran. */
  readonly own: readonly string[];
  /** Apps whose health does not count. */
  readonly ignore: Readonly<Record<string, { readonly reason: string; readonly until: string }>>;
  /** Apps that may be unhealthy, because they already were before the first update after the last verification that passed. */
  readonly excused: Set<string>;
  /** Apps that were healthy at that time, and must still exist. */
  readonly expected: ReadonlySet<string>;
  readonly revision: string;
  /** What its update found, unless the repository changed at that moment. */
  readonly found: Approach | undefined;
  /** When it ended. */
  concluded?: number;
  /** The revision of the repository at its end. */
  revisionAtEnd?: string;
  /** When its outputs were stored. */
  ended?: number;
  result?: string;
  /** The longest time, in milliseconds, for which the verification really saw everything healthy; undefined if it never did. */
  soaked?: number | undefined;
  /** Apps that were suspended at the end. */
  suspended?: readonly string[];
  /** Reasons why apps that existed at the end were ignored. */
  ignoredFor?: readonly string[];
  /** Apps that were healthy at the end. */
  healthy?: ReadonlySet<string>;
}

/** Whether an attempt checked the health of an app. */
export function isChecked({ skip, own }: Pick<Attempt, "skip" | "own">, app: Pick<App, "type">): boolean {
  const check = checkOf(app);
  const isConfigured = isFluxs(app) || app.type === "deployment" || own.includes(check);
  return isConfigured && skip[check] === undefined;
}

/** Whether an app's health does not count at the given time. */
export function isIgnored({ ignore }: Pick<Attempt, "ignore">, app: string, at: number): boolean {
  return new Date(at - TOLERANCE_MS).toISOString().slice(0, 10) <= (ignore[app]?.until ?? "");
}

/** What the next verification may excuse and has to find, from the first update after the last one that passed. */
export interface Open {
  readonly cluster: SimCluster;
  readonly excused: Set<string>;
  readonly expected: ReadonlySet<string>;
  readonly revision: string;
}

/** What an update found on its cluster before its first change. */
export interface Approach {
  readonly down: ReadonlySet<string>;
  /** Apps in good health, which must still exist at the end at this revision. */
  readonly standing: ReadonlySet<string>;
  readonly revision: string;
}

/** The time since which a stack has run a release without a break. */
interface Since {
  readonly release: string;
  readonly at: number;
}

/** What has really happened to a stack. */
export class Ledger {
  readonly attempts: Attempt[] = [];
  /** The last verification that passed. */
  lastPass: Attempt | undefined;
  /** Set from the first update after {@link lastPass} until the next verification that passes. */
  open: Open | undefined;
  /** When the first verification in an unbroken series for one release ended. */
  since: Since | undefined;
  /** Like {@link since}, but based only on the stored outputs, in which an update that was killed does not appear. */
  storedSince: Since | undefined;
  /** When the stack was last destroyed, and with it its evidence. */
  destroyedAt = -Infinity;
  /** What the latest update found on its cluster. */
  approach: Approach | undefined;
}
