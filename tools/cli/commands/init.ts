import { Command } from "commander";
import type { InitFlags } from "../init.ts";

const HELP = `
Reads the cluster and changes nothing in it. Looks for Flux's root Kustomization and its source, the Gateway API,
Gateways, Traefik, Gatus and cert-manager's issuers. Whatever already runs in the cluster stays under its current
management; anything missing is written commented out, for you to uncomment.

Examples:
  edgefirst init edge --context edge
  edgefirst init main --context admin@main --kubeconfig ~/.kube/main
  edgefirst init edge --context edge --stdout | diff Pulumi.edge.yaml -
  edgefirst init edge --context edge --json | jq .found.issuers`;

/** `edgefirst init`: writes a stack's configuration from a live cluster. */
export const initCommand = (): Command =>
  new Command("init")
    .argument("<stack>", "name of the stack, such as edge")
    .requiredOption("--context <name>", "context of the cluster in the kubeconfig")
    .option("--kubeconfig <path>", "default: KUBECONFIG, then ~/.kube/config")
    .option("--force", "overwrite Pulumi.<stack>.yaml")
    .option("--stdout", "print the file instead of writing it")
    .option("--json", "print what was found and the configuration as JSON, and write nothing")
    .addHelpText("after", HELP)
    .action(async (stack: string, flags: InitFlags) => {
      await (await import("../init.ts")).init(stack, flags);
    });
