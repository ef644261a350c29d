import { Command } from "commander";
import type { TourFlags } from "../tour.ts";

const HELP = `
Starts a new sandbox, rolls the platform out on edge, and breaks an app there: main refuses the release. Then it fixes
the app, rolls out on main, and moves another app from its Ingress to a route. Deletes the sandbox at the end.

Examples:
  edgefirst tour                 on a terminal, waits for Enter before each step
  edgefirst tour --yes           does not wait
  edgefirst tour --keep          leaves the sandbox up`;

/** `edgefirst tour`: shows how a broken app on edge blocks main. */
export const tourCommand = (): Command =>
  new Command("tour")
    .option("--dir <dir>", "folder of the sandbox, which must not exist yet", ".tour")
    .option("--keep", "leave the sandbox up at the end")
    .option("-y, --yes", "do not wait for Enter before each step")
    .addHelpText("after", HELP)
    .action(async (flags: TourFlags) => {
      await (await import("../tour.ts")).tour(flags);
    });
