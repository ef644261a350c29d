import { EdgefirstError } from "../../lib/errors.ts";
import { revocationOf } from "../../staging/directives.ts";
import { readEvidence } from "../../staging/evidence.ts";
import { addDirective, readDirectives } from "../rollout/directives.ts";
import { namesFrom, stackNamed } from "../rollout/plan.ts";
import { stackOutputs } from "../rollout/stack.ts";
import { decide } from "./exit-codes.ts";
import { gatesOf, newDirective, print } from "./hold.ts";
import type { ProjectFlags } from "./commands/project-options.ts";
import { progress } from "./progress.ts";
import { openProject } from "./project.ts";

/** Flags of `edgefirst revoke`. */
export interface RevokeFlags extends ProjectFlags {
  readonly reason: string;
  readonly undo?: true;
  readonly json?: true;
}

/** `edgefirst revoke`: withdraws the proof of a release, or restores it. */
export async function revoke(name: string, wanted: string, flags: RevokeFlags): Promise<void> {
  const given = newDirective(flags.undo ? "restore" : "revoke", flags.reason, new Date());
  const project = await openProject(flags, progress);
  const address = project.address(stackNamed(project.stacks, name).name);
  const [outputs, current] = [await stackOutputs(address), await readDirectives(address)];
  const known = [...knownReleases(name, outputs), ...current.entries.flatMap(({ release }) => release ?? [])];
  const release = decide(() => releaseNamed(name, wanted, known));
  const revoked = revocationOf(current, release);
  if (flags.undo && revoked === undefined)
    decide(() => {
      throw new EdgefirstError(`Release ${release} is not revoked on stack ${name}.`, "Nothing was changed.");
    });
  const directives = await addDirective(address, { ...given, release });
  print(flags, { stack: name, release, revoked: !flags.undo, directives }, [
    flags.undo
      ? `Release ${release} is no longer revoked on stack ${name}: what ${name} has proven about it counts again.`
      : `Release ${release} is revoked on stack ${name}: ${given.reason}\n${gatesOf(namesFrom(project.stacks, name))} it.`,
  ]);
}

/** Every release that a stack's outputs name. */
export function knownReleases(stack: string, outputs: Readonly<Record<string, unknown>>): string[] {
  const read = readEvidence(stack, outputs);
  const records = read.state === "present" ? [...read.evidence.verified, ...read.evidence.revoked] : [];
  const running = typeof outputs.release === "string" ? [outputs.release] : [];
  return [...running, ...records.map(({ release }) => release)];
}

/**
 * The only release whose hash starts with `wanted`.
 * @throws {EdgefirstError} if there is none, or more than one
 */
export function releaseNamed(stack: string, wanted: string, known: readonly string[]): string {
  const releases = [...new Set(known)];
  const [found, another] = releases.filter((release) => release.startsWith(wanted));
  if (found !== undefined && another === undefined) return found;
  throw new EdgefirstError(
    found === undefined
      ? `Stack ${stack} has no release ${wanted}.`
      : `${wanted} matches more than one release of stack ${stack}.`,
    `Its releases: ${releases.join(", ") || "none"}. Nothing was changed.`,
  );
}
