/** What a registry answered about an artifact; `unknown` holds the reason why it did not. */
export type RegistryAnswer = "published" | "absent" | { readonly unknown: string };

/** What registries answered, by the artifact's address and tag, as `oci://host/chart:1.0.0`. */
export type RegistryAnswers = ReadonlyMap<string, RegistryAnswer>;
