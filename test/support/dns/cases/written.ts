import type { CaseTable } from "./cases.ts";
import { both, gateway, ingress, ingresses, TARGET } from "./objects.ts";

const IN = { [TARGET]: "in.example.com" };
const FORCED = ["--default-targets=fixed.example.com", "--force-default-targets"];

/** Which of its names and targets external-dns writes. */
export const WRITTEN: CaseTable = {
  "the same targets for all, and Ingresses only": [ingresses(...FORCED), gateway(), ingress()],
  "targets for those without": [both("--default-targets=fixed.example.com"), gateway(), ingress()],
  "targets for those without, and a target": [
    both("--default-targets=fixed.example.com"),
    gateway(),
    ingress({ annotations: IN }),
  ],
};
