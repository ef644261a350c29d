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
  recommends:
    "a value that neither its key nor its form shows to be secret, such as a certificate or a region, one whose decoded text stands in quotes in a comment on its line, and one that a comment excludes from a scanner for secrets (`gitleaks:allow`, `NOSONAR`, `pragma: allowlist secret` and the like)",
  kinds: [SECRET],
  settings: z.strictObject({
    allow: z
      .array(z.string())
      .default([])
      .describe("Secrets whose values are not secret, as `namespace/name`."),
  }),
  *check(secret, { host, settings, buildSteps, commentsOn }) {
    if (host !== "repository" || fields(secret).sops !== undefined) return;
    if (settings.allow.includes(`${secret.metadata.namespace ?? ""}/${secret.metadata.name}`)) return;
    const written = buildSteps(secret)?.beforeSubstitution ?? secret;
    const readable = ["data", "stringData"].flatMap((field) =>
      Object.entries(fields(fields(written)[field]))
        .filter(([key, value], _, entries) => !isOfSops(key, entries) && isReadable(value, field === "data"))
        .map(([key, value]) => {
          const plain = decoded(String(value), field === "data");
          const isPublic = (comment: string): boolean =>
            EXCLUDED.test(comment) || (field === "data" && shows(comment, plain));
          return {
            path: [field, key],
            isSensitive: isSecret(key, plain) && !commentsOn(secret, [field, key]).some(isPublic),
          };
        }),
    );
    const sensitive = readable.filter(({ isSensitive }) => isSensitive);
    const shown = sensitive.length > 0 ? sensitive : readable;
    const [first] = shown;
    if (first === undefined) return;
    const keys = shown.map(({ path }) => path[1]).join(", ");
    yield {
      path: first.path,
      message: `Anyone with the repository can read the value of ${keys}.`,
      recommendation: sensitive.length === 0,
    };
  },
});

/**
 * Comments by which an owner lets a scanner know that everyone may read a value: gitleaks, detect-secrets, SonarQube, TruffleHog, GitGuardian, KICS and Semgrep,
 * each according to its documentation.
 */
const EXCLUDED =
  /\b(?:gitleaks:allow|pragma: ?allowlist (?:nextline )?secret|NOSONAR|trufflehog:ignore|ggignore|kics-scan ignore(?:-line)?|nosemgrep)\b/i;

/** Whether a comment shows the value in quotes, as an example in a tutorial does. */
function shows(comment: string, value: string): boolean {
  return [`"${value}"`, `'${value}'`, `\`${value}\``].some((quoted) => comment.includes(quoted));
}

/** A key whose value is a secret: a password, a token, a private key, or an address that may contain a password. */
const SENSITIVE =
  /pass(?!key)|pwd|secret|token(?!_?url)|credential|private|api_?-?key|access_?-?key|signing|encryption|\.key$|id_(?:rsa|ed25519|ecdsa)|kubeconfig|dsn|webhook/i;

/** Keys that contain such a word, but say where something is, or how it is called. */
const HARMLESS = /(?:url|uri|host|name|user|path|enabled|file|id|type|\.(?:crt|pem|pub))$|^ca\./i;

/**
 * Whether a value is a secret, judged by its key, or by the value itself: a private key, or a password in a URL or a connection string, but no
 * NAME_OF_A_PLACEHOLDER, and neither a sentence nor the key's own words, which stand in for a value in tests. They may be a real password, though.
 */
function isSecret(key: string, text: string): boolean {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return true;
  const [, ...embedded] = EMBEDDED.exec(text) ?? [];
  if (embedded.some((password: string | undefined) => password !== undefined && isPassword(password)))
    return true;
  return (
    SENSITIVE.test(key) &&
    !HARMLESS.test(key) &&
    (/pass|pwd/i.test(key) || !(wordsOf(key) === wordsOf(text) || isSentence(text))) &&
    !/^(?:[Tt]rue|[Ff]alse|\d{1,2})$/.test(text) &&
    !PLACEHOLDER.test(text)
  );
}

/** The password in a URL (`scheme://user:password@host`, `redis://:password@host`), or in a connection string (`Host=db;Password=…`). */
const EMBEDDED = /^[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:([^\s/@]+)@|(?:^|;)\s*(?:password|pwd)\s*=\s*([^;\s]+)/i;
/** Words with at most one short number each, as in YOUR_N8N_KEY: a key that a program made has more. */
const PLACEHOLDER = /^[A-Z]+(?:\d{1,2}[A-Z]*)?(?:_(?:[A-Z]+(?:\d{1,2}[A-Z]*)?|\d{1,2}))+$/;

/** Whether a password in a longer text is not what the owner or a tool is to replace. */
const isPassword = (text: string): boolean =>
  !PLACEHOLDER.test(text) && !/^(?:PASS(?:WORD|WD)?|<.*>|\*+|[xX]+)$/.test(text);

/** Whether a text says what it is, as that of a demonstration does: "This is a secret". */
function isSentence(text: string): boolean {
  return (
    /^[A-Z][a-z]*(?: \S+){3,}/.test(text.trim()) && /\b(?:secret|token|key|example|test|demo)\b/i.test(text)
  );
}

/** The letters of a text, to compare `access_key` with `accesskey`. */
function wordsOf(text: string): string {
  return text.toLowerCase().replace(/[^a-z]/g, "");
}

/**
 * What a webhook or a tool replaces with the secret: `vault:path#key` (bank-vaults.dev), `ref+vault://…` (github.com/helmfile/vals), `op://…` (1Password), and
 * `<path:…>` (argocd-vault-plugin).
 */
const REFERENCE = /^(?:(?:>>)?vault:\S+#|ref\+[a-z0-9]+:\/\/|op:\/\/|<[^>]*>$)/;

/** Whether SOPS itself has written a key, in a dotenv file from which the Secret is generated. */
function isOfSops(key: string, entries: readonly (readonly [string, unknown])[]): boolean {
  return key.startsWith("sops_") && entries.some(([name]) => name === "sops_mac");
}

/** Neither empty, nor encrypted, nor taken from a variable, nor a placeholder. */
function isReadable(value: unknown, isEncoded: boolean): boolean {
  if (typeof value !== "string" || value.trim() === "") return false;
  return ![value, decoded(value, isEncoded)].some(
    (one) => /^ENC\[|ENC\[AES256_GCM,|^\s*$|\$\{|\{\{/.test(one) || REFERENCE.test(one),
  );
}

function decoded(value: string, isEncoded: boolean): string {
  return isEncoded ? Buffer.from(value, "base64").toString("utf8") : value;
}
