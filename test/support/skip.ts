import { findProgram } from "../../tools/toolchain/find.ts";
import { programNamed } from "../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../tools/toolchain/programs.ts";

/** Skips a test, or all tests of the suite whose hook this is, and prints why. */
export function skip(test: Mocha.Context, reason: string): never {
  process.stdout.write(`    skipped: ${reason}\n`);
  return test.skip();
}

/** The path of `flux-build`; without it, the test is skipped. */
export async function fluxBuildOrSkip(test: Mocha.Context): Promise<string> {
  const program = await findProgram(programNamed("flux-build", PROGRAMS));
  return program?.path ?? skip(test, "flux-build is not built here");
}
