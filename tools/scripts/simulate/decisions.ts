import { TOLERANCE_MS } from "./ledger.ts";
import { scheduler } from "./scheduler.ts";

/** What a person decided about a stack with `edgefirst hold`, `unhold` or `revoke`. */
export interface Decision {
  readonly stack: string;
  readonly kind: "hold" | "unhold" | "revoke" | "restore";
  readonly at: number;
  /** The revoked or restored release. */
  readonly release: string;
  /** When a hold ends. */
  readonly until: number;
}

/** An update that passed the gate, as far as decisions concern it. */
export interface Decided {
  /** The stack and its upstream stacks. */
  readonly stacks: readonly string[];
  readonly release: string;
  readonly isForward: boolean;
  /** When the gate began. */
  readonly began: number;
}

/** Every decision: a revoked release runs nowhere downstream, and a stack on hold does not move forward. */
export class Decisions {
  readonly #all: Decision[] = [];

  add(decision: Decision): void {
    this.#all.push(decision);
  }

  /** @returns how a decision is ignored; undefined if none is */
  judge({ stacks, release, isForward, began }: Decided): string | undefined {
    for (const stack of stacks) {
      const [revoked, held] = [this.#lasting(stack, began, release), this.#lasting(stack, began)];
      if (revoked?.kind === "revoke") return `it is revoked on ${stack}`;
      if (isForward && held?.kind === "hold" && held.until > scheduler.now + TOLERANCE_MS)
        return `${stack} is on hold`;
    }
    return undefined;
  }

  /** The decision that was in force during the whole gate: about a release, or else about a hold. */
  #lasting(stack: string, began: number, release?: string): Decision | undefined {
    const about = this.#all.filter(
      (each) =>
        each.stack === stack &&
        (release === undefined
          ? each.kind.endsWith("hold")
          : !each.kind.endsWith("hold") && each.release === release),
    );
    const latest = about.at(-1);
    return latest !== undefined && latest.at <= began ? latest : undefined;
  }
}
