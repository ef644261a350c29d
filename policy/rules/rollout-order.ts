import { z } from "zod";
import { STACK } from "../objects/stack.ts";
import { fields, text, texts } from "../engine/read.ts";
import { defineRule } from "../engine/rule.ts";

/** See `docs/reference/policies.md`. */
export const rolloutOrder = defineRule({
  id: "rollout-order",
  description:
    "A stack comes after another by its configuration key `after`, and goes round that gate only by an override that says why and until when.",
  remediation:
    "Set edgefirst:after to the stacks that must have verified a release first, or list the stack in the setting `first`. An override has a reason and an expiry date that is still to come.",
  severity: "high",
  enforcement: "mandatory",
  kinds: [STACK],
  settings: z.strictObject({
    first: z
      .array(z.string())
      .default([])
      .describe("Stacks that come after no other. Left empty, a stack without `after` is only mentioned."),
  }),
  *check({ metadata, spec }, { settings, now }) {
    const { after, override } = fields(spec);
    const before = texts(after);
    if (before.length === 0 && !settings.first.includes(metadata.name))
      yield {
        path: ["spec"],
        message: `Stack ${metadata.name} comes after no other: whatever is in the program is rolled out to it unproven.`,
        ...(settings.first.length === 0 && { advice: true as const }),
      };
    if (before.includes(metadata.name))
      yield {
        path: ["spec", "after", before.indexOf(metadata.name)],
        message: "A stack cannot come after itself.",
      };
    if (override === undefined) return;
    const { reason, expires } = fields(override);
    const path = ["spec", "override"];
    if ((text(reason) ?? "").trim() === "")
      yield { path, message: "The override of the gate gives no reason." };
    const end = Date.parse(text(expires) ?? "");
    if (Number.isNaN(end)) yield { path, message: "The override of the gate has no expiry date." };
    else if (end < now.getTime())
      yield {
        path: [...path, "expires"],
        message: `The override of the gate expired on ${text(expires) ?? ""}.`,
      };
    else
      yield {
        path,
        message: `The gate is overridden until ${text(expires) ?? ""}: ${text(reason) ?? ""}.`,
        advice: true,
      };
  },
});
