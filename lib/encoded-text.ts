import { readFileSync } from "node:fs";

/** The byte order mark, with which a text in UTF-16 begins, and one in UTF-8 may. */
export const BYTE_ORDER_MARK = "\ufeff";

/**
 * The text in a file: UTF-16 if it begins with the byte order mark of that, else UTF-8. The mark stays. What is not valid in UTF-16 is read as UTF-8, in which it
 * is not valid either. Source: yaml_parser_determine_encoding in go-yaml's readerc.go.
 */
export function readText(file: string): string {
  const text = readFileSync(file, "utf8");
  // Reading text is much faster than decoding bytes, and in UTF-8 neither byte of the mark is valid.
  return text.startsWith("\ufffd") ? decoded(readFileSync(file)) : text;
}

/** The text of bytes, as {@link readText} reads it. */
export function decoded(bytes: Buffer): string {
  const order = wideOrder(bytes);
  if (order === undefined) return bytes.toString("utf8");
  const text = (order === "little" ? bytes : Buffer.from(bytes).swap16()).toString("utf16le");
  return text.isWellFormed() ? text : bytes.toString("utf8");
}

/** The bytes of a text in the encoding of earlier ones, such as those of the file that it replaces. */
export function encodedAs(text: string, earlier: Buffer): Buffer {
  if (!isWide(earlier)) return Buffer.from(text);
  const bytes = Buffer.from(text, "utf16le");
  return wideOrder(earlier) === "little" ? bytes : bytes.swap16();
}

/** Whether bytes are text in UTF-16, with its byte order mark. */
export const isWide = (bytes: Buffer): boolean =>
  wideOrder(bytes) !== undefined && decoded(bytes).startsWith(BYTE_ORDER_MARK);

/** The order of the bytes in UTF-16; undefined for any other encoding. UTF-32 begins like UTF-16 with a null character. */
function wideOrder(bytes: Buffer): "little" | "big" | undefined {
  if (bytes.length % 2 > 0 || /^(?:fffe|feff)0000/.test(bytes.toString("hex", 0, 4))) return undefined;
  const mark = bytes.toString("hex", 0, 2);
  if (mark === "fffe") return "little";
  return mark === "feff" ? "big" : undefined;
}
