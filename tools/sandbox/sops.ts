import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { armor, Encrypter, identityToRecipient } from "age-encryption";
import { stringify } from "yaml";
import { parse } from "../../lib/quiet-yaml.ts";

/** Flux expects only the values of a Secret to be encrypted. */
const ENCRYPTED = ["data", "stringData"];
/** A version that is common in GitOps repositories; the format has not changed since. */
const FORMAT = "3.9.0";
const KEY_BYTES = 32;
const IV_BYTES = 32;

/**
 * Encrypts a Secret's YAML for one age key, as SOPS does: a random data key, encrypted with age; each value encrypted with AES-256-GCM, with
 * the value's path as additional data; a MAC over all values (https://getsops.io/docs/#encryption-protocol). The sandbox does not run sops.
 * @param identity `AGE-SECRET-KEY-…`
 * @throws Error if a value is not a string, the only type supported here
 */
export async function encryptSecret(secret: string, identity: string): Promise<string> {
  const key = randomBytes(KEY_BYTES);
  const mac = createHash("sha512");
  const encrypt = (value: unknown, path: readonly string[]): unknown => {
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, encrypt(inner, [...path, name])]),
      );
    if (typeof value !== "string")
      throw new Error(`Cannot encrypt the Secret: ${path.join(".")} is not a string.`);
    mac.update(value);
    return ENCRYPTED.includes(path[0] ?? "") ? seal(key, value, `${path.join(":")}:`) : value;
  };
  const tree = encrypt(parse(secret), []) as object;
  const lastmodified = `${new Date().toISOString().slice(0, 19)}Z`;
  const recipient = await identityToRecipient(identity);
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const sops = {
    age: [{ recipient, enc: armor.encode(await encrypter.encrypt(key)) }],
    lastmodified,
    mac: seal(key, mac.digest("hex").toUpperCase(), lastmodified),
    encrypted_regex: `^(${ENCRYPTED.join("|")})$`,
    version: FORMAT,
  };
  return stringify({ ...tree, sops });
}

function seal(key: Buffer, value: string, additional: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(additional));
  const data = Buffer.concat([cipher.update(value, "utf8"), cipher.final()]).toString("base64");
  return `ENC[AES256_GCM,data:${data},iv:${iv.toString("base64")},tag:${cipher.getAuthTag().toString("base64")},type:str]`;
}
