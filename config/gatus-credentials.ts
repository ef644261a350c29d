/** The authorization headers for Gatus, keyed by Gatus's URL. A credential is never sent to another URL, since upstream stacks configure their own. */
export type GatusAuthorizations = ReadonlyMap<string, string>;

/** Format of the secret, for error messages. */
export const GATUS_CREDENTIALS = "one line for each Gatus: URL basic USER:PASSWORD, or URL bearer TOKEN";

/**
 * Reads credentials, one line for each Gatus.
 * @returns undefined if a line does not have the expected format
 */
export function parseGatusCredentials(text: string): GatusAuthorizations | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const headers = lines.map((line) => {
    const [url = "", scheme = "", ...rest] = line.trim().split(/\s+/);
    const value = headerOf(scheme, rest.join(" "));
    return /^https?:\/\/[^\s/@]+(\/\S*)?$/.test(url) && value !== undefined
      ? ([url.replace(/\/$/, ""), value] as const)
      : undefined;
  });
  return headers.includes(undefined) ? undefined : new Map(headers.filter((each) => each !== undefined));
}

function headerOf(scheme: string, credential: string): string | undefined {
  if (scheme === "basic" && /^[^:]+:./.test(credential))
    return `Basic ${Buffer.from(credential).toString("base64")}`;
  return scheme === "bearer" && /^[\x21-\x7e]+$/.test(credential) ? `Bearer ${credential}` : undefined;
}
