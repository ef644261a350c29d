import { parse, stringify } from "yaml";

/** Keys of a stack file that Pulumi writes next to `config`. Without them, it cannot decrypt the stack's secrets. */
const SECRET_SETTINGS = ["secretsprovider", "encryptedkey", "encryptionsalt"];

/** Whether the text of a stack file configures anything. After `pulumi stack init`, it holds only the settings for secrets. */
export function isConfigured(text: string): boolean {
  const file = (parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  return typeof file !== "object" || Object.keys(file).some((key) => !SECRET_SETTINGS.includes(key));
}

/** The settings for secrets in a stack file, as YAML. */
export function secretSettings(text: string): string {
  const file = parse(text) as unknown;
  if (typeof file !== "object" || file === null) return "";
  const kept = Object.entries(file).filter(([key]) => SECRET_SETTINGS.includes(key));
  return kept.length === 0 ? "" : stringify(Object.fromEntries(kept), { lineWidth: 0 });
}
