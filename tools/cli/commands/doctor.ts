import { Command } from "commander";
import type { DoctorFlags } from "../doctor.ts";

const HELP = `
Builds and downloads nothing. Exit code: 1 if a program can be neither found nor built.

Examples:
  edgefirst doctor
  edgefirst doctor --json | jq '.[] | select(.state != "found") | .name'
  EDGEFIRST_PULUMI=/opt/pulumi/pulumi edgefirst doctor`;

/** `edgefirst doctor`: lists the programs in the toolchain. */
export const doctorCommand = (): Command =>
  new Command("doctor")
    .option("--json", "print the result as JSON")
    .addHelpText("after", HELP)
    .action(async (flags: DoctorFlags) => {
      await (await import("../doctor.ts")).doctor(flags);
    });
