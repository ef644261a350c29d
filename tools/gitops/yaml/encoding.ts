import { isUtf8 } from "node:buffer";

/** How a file in UTF-16 or UTF-32 begins, in hexadecimal: with a byte order mark, or with an ASCII character, as all YAML of Kubernetes does. */
const WIDE: readonly (readonly [beginning: RegExp, name: string])[] = [
  [/^(?:fffe0000|0000feff)/, "UTF-32"],
  [/^(?:fffe|feff)/, "UTF-16"],
  [/^(?:[2-7].|0[9ad])000000/, "UTF-32LE"],
  [/^000000(?:[2-7].|0[9ad])/, "UTF-32BE"],
  [/^(?:[2-7].|0[9ad])00/, "UTF-16LE"],
  [/^00(?:[2-7].|0[9ad])/, "UTF-16BE"],
];

/** Why the bytes of a file, read as UTF-8, are not text; undefined if they are. */
export function encodingProblem(bytes: Buffer): string | undefined {
  const name = wideEncoding(bytes);
  if (name === "UTF-16") return "the file is not valid UTF-16";
  if (name !== undefined)
    return `the file is in ${name}, and Flux reads only UTF-8, or UTF-16 with a byte order mark: convert it with \`iconv -f ${name} -t UTF-8\``;
  return isUtf8(bytes) ? undefined : "the file is not valid UTF-8";
}

function wideEncoding(bytes: Buffer): string | undefined {
  const beginning = bytes.toString("hex", 0, 4);
  return WIDE.find(([pattern]) => pattern.test(beginning))?.[1];
}
