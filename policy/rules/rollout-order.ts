import { z } from "zod";
import { STACK } from "../objects/stack.ts";
import { fields, text, texts } from "../engine/read.ts";
import { defineRule } from "../engine/rule.ts";

/** See docs/reference/rules/rollout-order.md. */
export const rolloutOrder = defineRule({
  id: "rollout-order",
  description:
    "A stack names its upstream stacks (edgefirst:after), and overrides the gate only with a reason and an expiry date.",
  why: "A stack without an upstream stack gets every release unverified. An override without an expiry date stays forever.",
  remediation:
    "Set edgefirst:after to the stacks that must verify a release first, or add the stack to the `first` setting. Give the override a reason and an expiry date in the future.",
  severity: "high",
  enforcement: "mandatory",
  kinds: [STACK],
  settings: z.strictObject({
    first: z
      .array(z.string())
      .default([])
      .describe("Stacks without an upstream stack. If empty, a stack without `after` gets a warning."),
  }),
  *check({ metadata, spec }, { settings, now }) {
    const { after, override } = fields(spec);
    const before = texts(after);
    if (before.length === 0 && !settings.first.includes(metadata.name))
      yield {
        path: ["spec"],
        message: `Stack ${metadata.name} has no upstream stack, so every release reaches it unverified.`,
        ...(settings.first.length === 0 && { warning: true as const }),
      };
    if (before.includes(metadata.name))
      yield {
        path: ["spec", "after", before.indexOf(metadata.name)],
        message: "A stack cannot be its own upstream stack.",
      };
    if (override === undefined) return;
    const { reason, expires } = fields(override);
    const path = ["spec", "override"];
    if ((text(reason) ?? "").trim() === "") yield { path, message: "The gate override has no reason." };
    const end = Date.parse(text(expires) ?? "");
    if (Number.isNaN(end)) yield { path, message: "The gate override has no expiry date." };
    else if (end < now.getTime())
      yield {
        path: [...path, "expires"],
        message: `The gate override expired on ${text(expires) ?? ""}.`,
      };
    else
      yield {
        path,
        message: `The gate is overridden until ${text(expires) ?? ""}: ${text(reason) ?? ""}.`,
        warning: true,
      };
  },
});
