import { askForProgram } from "../network/ask-program.ts";
import { type Service } from "../network/objects.ts";
import { SOCKETS } from "../network/sockets.ts";
import { PodEvents } from "../runtime/events.ts";
import { PodRuntime } from "../runtime/pod-runtime.ts";
import { simulatedParts } from "../runtime/simulated-parts.ts";
import { type AgentContext, reportStatus } from "./pods.ts";

/** Creates the runtime for a node's pods, which reports their status to the API server. */
export function realPods(
  { api, log }: AgentContext,
  node: string,
  services: ReadonlyMap<string, Service>,
): PodRuntime {
  return new PodRuntime(
    {
      api,
      log,
      services,
      events: new PodEvents(api, node, log),
      program: (name, version) => askForProgram(SOCKETS.programs, name, version),
    },
    (pod, status) => reportStatus(api, pod, status, simulatedParts(pod).join("; ")),
  );
}
