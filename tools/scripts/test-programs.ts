import { programsOf } from "../toolchain/programs.ts";
import { progressTo } from "../toolchain/progress.ts";
import { resolvePrograms } from "../toolchain/resolve.ts";

// Builds the programs that a tier of tests needs before the tests start, because a test's timeout leaves no time to compile Kubernetes.
// Without an argument, it builds those for `npm test`, and says what that leaves out; with the argument `long`, those for `npm run test:long`, which are the same; with
// the argument `real`, those for `npm run test:real`.

const progress = progressTo(process.stderr);
const tier = process.argv[2];
await resolvePrograms(programsOf("start", tier === "real" ? "test:real" : "test"), { progress });
if (tier === undefined)
  progress(
    `not part of npm test: npm run test:long, which has the longer tests with the real engine and the real Flux; npm run test:real, which injects faults into real clusters, runs the platform next to cert-manager, Prometheus, external-dns and metrics-server, queries a real Prometheus, checks alert routes with amtool and NetworkPolicies with cyclonus, logs in to Gatus through an OpenID provider, runs the Gateway API's conformance suite and reduced Taskfiles, and compares lint with kube-score; it also builds ${programsOf("test:real").join(", ")}`,
  );
