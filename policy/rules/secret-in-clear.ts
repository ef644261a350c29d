import { z } from "zod";
import { fields } from "../engine/read.ts";
import { defineRule } from "../engine/rule.ts";
import { SECRET } from "../objects/kinds.ts";

/** See docs/reference/rules/secret-in-clear.md. */
export const secretInClear = defineRule({
  id: "secret-in-clear",
  description: "A Secret in the repository is encrypted, or takes its values from variables.",
  why: "Anyone who can read the repository, a fork or a backup can read the value, and it stays in Git's history.",
  remediation:
    "Encrypt the file with SOPS, or create the Secret with an ExternalSecret or a SealedSecret. Change the value: it has been readable.",
  severity: "critical",
  enforcement: "mandatory",
  kinds: [SECRET],
  settings: z.strictObject({
    allow: z
      .array(z.string())
      .default([])
      .describe("Secrets whose values are not secret, as `namespace/name`."),
  }),
  *check(secret, { host, settings, buildSteps }) {
    if (host !== "repository" || fields(secret).sops !== undefined) return;
    if (settings.allow.includes(`${secret.metadata.namespace ?? ""}/${secret.metadata.name}`)) return;
    const written = buildSteps(secret)?.beforeSubstitution ?? secret;
    const readable = ["data", "stringData"].flatMap((field) =>
      Object.entries(fields(fields(written)[field]))
        .filter(([, value]) => isReadable(value, field === "data"))
        .map(([key]) => [field, key]),
    );
    const [path] = readable;
    if (path === undefined) return;
    const keys = readable.map(([, key]) => key).join(", ");
    yield { path, message: `Anyone with the repository can read the value of ${keys}.` };
  },
});

/** Neither empty, nor encrypted, nor taken from a variable, nor a placeholder. */
function isReadable(value: unknown, isEncoded: boolean): boolean {
  if (typeof value !== "string" || value.trim() === "") return false;
  const text = isEncoded ? Buffer.from(value, "base64").toString("utf8") : value;
  return ![value, text].some((one) => /^ENC\[|^\s*$|\$\{|\{\{|^<[^>]*>$/.test(one));
}
