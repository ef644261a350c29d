#!/usr/bin/env node
import { enter } from "../enter.ts";

// The entry point of the packed command: `npm run build` bundles it. Commands that drive Pulumi or the toolchain run the code from the project in the
// current directory, so that a rollout never mixes two versions of edgefirst.
await enter(async (args) => {
  const { runProgram } = await import("../program.ts");
  const { handOver } = await import("./hand-over.ts");
  await runProgram(args, handOver);
});
