/**
 * The authorization headers for Gatus, keyed by Gatus's URL. A header is sent to no other URL, because the gate also queries URLs from the evidence of upstream
 * stacks.
 */
export type GatusAuthorizations = ReadonlyMap<string, string>;

/** Format of the secret `gatusCredentials`, for error messages. */
export const GATUS_CREDENTIALS = "one line per Gatus: URL basic USER:PASSWORD, or URL bearer TOKEN";

/**
 * Parses the secret `gatusCredentials`: one line per Gatus.
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
