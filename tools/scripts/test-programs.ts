import { programsOf } from "../toolchain/programs.ts";
import { progressTo } from "../toolchain/progress.ts";
import { resolvePrograms } from "../toolchain/resolve.ts";

// Builds what a tier of tests runs, before the first of them starts, because a test's time-out leaves no time for compiling Kubernetes.
// Without an argument: npm test. With `real`: npm run test:real.

const progress = progressTo(process.stderr);
if (process.argv[2] === "real") {
  await resolvePrograms(programsOf("start", "test:real"), { progress });
} else {
  await resolvePrograms(programsOf("start", "test"), { progress });
  progress(
    `not in this run: npm run test:real (faults injected into real clusters, the Gateway API's conformance suite, the comparison with kube-score; it also builds ${programsOf("test:real").join(", ")})`,
  );
}
