import { stringify } from "yaml";
import { yamlMap } from "../../lib/yaml-map.ts";

/** Keys of a stack file that Pulumi writes next to `config`. Without them, it cannot decrypt the stack's secrets. */
const SECRET_SETTINGS = ["secretsprovider", "encryptedkey", "encryptionsalt"];

/** Whether the text of a stack file configures anything, or is no YAML map. After `pulumi stack init`, it holds only the settings for secrets. */
export function isConfigured(text: string): boolean {
  const file = yamlMap(text);
  return file === undefined || Object.keys(file).some((key) => !SECRET_SETTINGS.includes(key));
}

/** The settings for secrets in a stack file, as YAML; empty if the text is no YAML map. */
export function secretSettings(text: string): string {
  const kept = Object.entries(yamlMap(text) ?? {}).filter(([key]) => SECRET_SETTINGS.includes(key));
  return kept.length === 0 ? "" : stringify(Object.fromEntries(kept), { lineWidth: 0 });
}
