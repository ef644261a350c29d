#!/usr/bin/env node
import { enter } from "./enter.ts";

await enter(async (args) => {
  await (await import("./program.ts")).runProgram(args);
});
