import { imagePrivileges } from "../knowledge/lookups.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import { fields, text, texts } from "../engine/read.ts";
import type { Container } from "./workloads.ts";

/** The setting that drops every capability, in the words of the rule. */
export const DROP_ALL = "capabilities.drop: [ALL]";

/** What a container's image needs of its security context. */
export interface ImageNeeds {
  /** The settings of the Restricted profile with which the image does not start. */
  readonly refused: readonly string[];
  /** Why, as the end of a sentence; "" if it starts with all of them. */
  readonly because: string;
  /** The capabilities that the container must keep, and does not add yet. */
  readonly capabilities: readonly string[];
}

/** What is known of a container's image. A `command` replaces the image's entrypoint, and with it what the entrypoint needs. */
export function imageNeeds({ spec, pod }: Container, knowledge: Knowledge): ImageNeeds {
  const row = imagePrivileges(text(spec.image) ?? "", knowledge);
  const own = fields(spec.securityContext);
  const shared = fields(pod.securityContext);
  const added = texts(fields(own.capabilities).add);
  const capabilities = (row?.capabilities ?? []).filter((capability) => !added.includes(capability));
  const isUserSet = (own.runAsUser ?? shared.runAsUser ?? 0) !== 0;
  const isNonRoot = isUserSet || (own.runAsNonRoot ?? shared.runAsNonRoot) === true;
  const none = { refused: [], because: "", capabilities };
  const isRootless = /:[^@]*rootless/.test(text(spec.image) ?? "");
  if (row === undefined || spec.command !== undefined || isRootless) return none;
  if (row.root !== undefined && !isNonRoot)
    return {
      ...none,
      refused: ["runAsNonRoot: true", DROP_ALL],
      because: `it starts as root and uses ${row.root} to run the app as another user`,
    };
  if (row.setuid !== undefined)
    return {
      ...none,
      refused: ["allowPrivilegeEscalation: false", DROP_ALL],
      because: `${row.setuid}, which starts it, is setuid root`,
    };
  return none;
}
