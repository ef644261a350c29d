import { duration } from "../../lib/duration.ts";
import { programNamed, PROGRAMS } from "../toolchain/programs.ts";
import { resolveProgram } from "../toolchain/resolve.ts";
import { survey } from "../toolchain/survey.ts";

/**
 * Part of `npm test`: builds what the tests run before the first of them starts. A test's time-out is no place to compile Kubernetes in.
 * What only `npm run conformance` needs is left out.
 */
const needed = (await survey()).filter(
  ({ name, state }) =>
    state !== "found" && programNamed(name, PROGRAMS).tests !== true && name !== "echo-basic",
);
const progress = (line: string): void => void process.stdout.write(`${line}\n`);
const secondsLeft = (from: number): number =>
  needed.slice(from).reduce((sum, { name }) => sum + programNamed(name, PROGRAMS).buildSeconds, 0);
for (const [index, { name }] of needed.entries()) {
  progress(`program ${index + 1} of ${needed.length}, about ${duration(secondsLeft(index))} left on 2 cores`);
  await resolveProgram(name, { progress });
}
