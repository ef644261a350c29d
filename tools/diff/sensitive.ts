/** Names whose values are usually secret. `passwordKey`, `secretName` and the like name a place, so the word must come last. */
const NAME =
  /(?:pass(?:word|wd|phrase|code)?|pwd|secrets?|token|api[-_.]?key|private[-_.]?key|access[-_.]?key|secret[-_.]?key|encryption[-_.]?key|signing[-_.]?key|credentials?|salt|hmac|cookie|dsn|connection[-_.]?string|authorization)$/i;

/** Names that end in such a word, but name an object. */
const REFERENCE = /(?:existing|imagePull|tls|pull)[-_.]?Secrets?$|^(?:automount|serviceAccount)\w*token$/i;

/** Whether a field or variable with this name usually holds a secret. */
export function isSecretName(name: string): boolean {
  return NAME.test(name) && !REFERENCE.test(name);
}

/** A reference to a variable, which Flux or a program replaces later. */
const REFERENCE_VALUE = /^(?:\$\{[^}]*\}|\$\([^)]*\)|\{\{[^}]*\}\})$/;

/** Whether a value next to a secret name may itself be secret. */
export function mayBeSecret(value: string): boolean {
  return value !== "" && !REFERENCE_VALUE.test(value);
}

/** Values that are secret wherever they are written: keys, tokens and passwords in addresses. Each has one group, the secret part. */
export const SECRET_VALUES: readonly RegExp[] = [
  /(-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$))/g,
  /(AGE-SECRET-KEY-1[0-9A-Z]+)/g,
  /(ENC\[AES256_GCM,[^\]]*\])/g,
  /\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16})\b/g,
  /\b(eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+)/g,
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:([^\s@/]+)@/gi,
];

/** A line such as `password: value` or `TOKEN=value` in a text; the value is in the second group. */
export const SECRET_LINE = /^(\s*(?:-\s+|export\s+)?["']?([\w.-]+)["']?\s*[:=]\s*)(\S.*)$/;
