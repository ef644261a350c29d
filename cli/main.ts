#!/usr/bin/env node
import { Command } from "commander";
import { EdgefirstError } from "../errors.ts";
import { doctor } from "./doctor.ts";
import { sandbox } from "./sandbox.ts";
import { start } from "./start.ts";

const program = new Command("edgefirst")
  .description(
    "The same platform layer on every cluster of a small GitOps fleet, proven on edge before main gets it",
  )
  .showHelpAfterError("(--help shows what there is)")
  .addCommand(start)
  .addCommand(sandbox)
  .addCommand(doctor);

try {
  await program.parseAsync();
} catch (error) {
  // Faults that a person can act on say so in a sentence; a stack trace belongs to bugs only.
  process.stderr.write(
    `${error instanceof EdgefirstError ? `edgefirst: ${error.message}` : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
}
