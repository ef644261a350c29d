import { Command, Option } from "commander";
import type { DownFlags, SandboxFlags, UpFlags } from "../sandbox.ts";
import type { LogsFlags, OpenFlags } from "../sandbox-pods.ts";

const EXAMPLES = `
Examples:
  edgefirst sandbox up                      both clusters, edge and main, in .sandbox
  edgefirst sandbox up --clusters edge      only edge
  edgefirst sandbox up --neighbours         with metrics-server, cert-manager and others
  edgefirst sandbox status
  edgefirst sandbox logs -f traefik         a pod's output
  edgefirst sandbox open                    Gateways and Gatus on 127.0.0.1
  edgefirst sandbox down                    stop everything, keep the data for the next up
  edgefirst sandbox down --delete-data      stop everything and delete it
  edgefirst sandbox up --dir /tmp/another   a second sandbox next to the first`;

/** `edgefirst sandbox …`: runs real control planes on this machine. */
export const sandboxCommand = (): Command =>
  new Command("sandbox")
    .addHelpText("afterAll", EXAMPLES)
    .addCommand(up())
    .addCommand(status())
    .addCommand(logs())
    .addCommand(open())
    .addCommand(down());

const dirOption = (): Option => new Option("--dir <dir>", "folder of the sandbox").default(".sandbox");
const jsonOption = (): Option => new Option("--json", "print the result as JSON");
/** `--neighbours`, of `sandbox up` and `start`. */
export const neighboursOption = (): Option =>
  new Option(
    "--neighbours",
    "also install what most clusters have: metrics-server, cert-manager, prometheus-operator, external-dns, an ingress controller",
  );
const clustersOption = (what: string): Option =>
  new Option("--clusters <names>", `${what}, separated by commas`).argParser((value) =>
    value.split(",").map((name) => name.trim()),
  );

const up = (): Command =>
  new Command("up")
    .description("start the clusters, or only the processes that have died")
    .addOption(clustersOption("which clusters").default(["edge", "main"], "edge,main"))
    .addOption(dirOption())
    .addOption(jsonOption())
    .option("--new-ports", "stop the clusters first, and give them other ports")
    .addOption(
      new Option(
        "--pods <mode>",
        "run pods as processes, or only report them as running (default: real if this machine allows it)",
      ).choices(["real", "simulated"]),
    )
    .addOption(neighboursOption())
    .action(async (flags: UpFlags) => {
      await (await import("../sandbox.ts")).up(flags);
    });

const status = (): Command =>
  new Command("status")
    .description("show the processes, their memory, and what is only simulated")
    .addOption(dirOption())
    .addOption(jsonOption())
    .action(async (flags: SandboxFlags) => {
      await (await import("../sandbox.ts")).status(flags);
    });

const down = (): Command =>
  new Command("down")
    .description("stop the sandbox's processes and nothing else")
    .addOption(clustersOption("only these clusters"))
    .addOption(dirOption())
    .addOption(jsonOption())
    .option("--delete-data", "also delete the clusters and everything in them")
    .action(async (flags: DownFlags) => {
      await (await import("../sandbox.ts")).down(flags);
    });

const logs = (): Command =>
  new Command("logs")
    .description("print what a real pod has printed since its last start")
    .argument("<pod>", "name of the pod, or the start of it, with or without namespace/")
    .option("-c, --container <name>", "which container, if the pod has several")
    .option("-f, --follow", "keep printing new output")
    .option("--cluster <name>", "which cluster, if pods in several match")
    .addOption(dirOption())
    .action(async (pod: string, flags: LogsFlags) => {
      await (await import("../sandbox-pods.ts")).logs(pod, flags);
    });

const open = (): Command =>
  new Command("open")
    .description("forward a cluster's Services to ports on 127.0.0.1, until Ctrl-C")
    .argument(
      "[services...]",
      "namespace/name of each Service; default: those of type LoadBalancer, and gatus",
    )
    .option("--cluster <name>", "which cluster", "edge")
    .addOption(dirOption())
    .action(async (services: string[], flags: OpenFlags) => {
      await (await import("../sandbox-pods.ts")).open(services, flags);
    });
