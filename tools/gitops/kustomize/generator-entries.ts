import { isUtf8 } from "node:buffer";
import { posix } from "node:path";
import { SourceFile, type Origin } from "../yaml/source.ts";
import { entryOrigin, type Mapping } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import type { Directory } from "./directory.ts";
import { localPath } from "./local-path.ts";
import { scalarText } from "./resource.ts";

/** One entry in a generated ConfigMap or Secret. */
export interface DataEntry {
  readonly key: string;
  readonly value: Buffer;
  readonly origin: Origin;
}

/** The data from a generator: `envs`, `literals` and `files`, in that order. Source: api/kv/kv.go. */
export function dataEntries(entry: Mapping, directory: Directory): readonly DataEntry[] {
  const read = (path: string, origin: Origin): { bytes: Buffer; source: Origin } => {
    const resolved = localPath(directory, path, origin);
    const bytes = directory.repository.readBytes(resolved, origin);
    return { bytes, source: { source: new SourceFile(resolved, bytes.toString("utf8")), offset: 0 } };
  };
  const all: DataEntry[] = [];
  for (const [path, origin] of [...strings(entry, "envs"), ...single(entry, "env")]) {
    const { bytes, source } = read(path, origin);
    if (!isUtf8(bytes)) throw new BuildError(`the file ${path} is not valid UTF-8`, source);
    all.push(...environmentEntries(bytes.toString("utf8"), source));
  }
  for (const [literal, origin] of strings(entry, "literals")) all.push(literalEntry(literal, origin));
  for (const [file, origin] of strings(entry, "files")) {
    const [first = "", second, ...more] = file.split("=");
    if (more.length > 0 || first === "" || second === "")
      throw new BuildError(`${file} is not in the form key=path`, origin);
    const { bytes, source } = read(second ?? first, origin);
    all.push({ key: second === undefined ? posix.basename(first) : first, value: bytes, origin: source });
  }
  return all;
}

function* strings(entry: Mapping, field: string): Generator<[string, Origin]> {
  const list = entry[field];
  if (!Array.isArray(list)) return;
  for (const [index, value] of list.entries()) yield [scalarText(value), entryOrigin(list, index)];
}

function* single(entry: Mapping, field: string): Generator<[string, Origin]> {
  if (scalarText(entry[field]) !== "") yield [scalarText(entry[field]), entryOrigin(entry, field)];
}

function literalEntry(literal: string, origin: Origin): DataEntry {
  const equals = literal.indexOf("=");
  if (equals < 1) throw new BuildError(`${literal} is not in the form key=value`, origin);
  const value = literal.slice(equals + 1).replace(/^(["'])(.*)\1$/s, "$2");
  return { key: literal.slice(0, equals), value: Buffer.from(value), origin };
}

function environmentEntries(content: string, { source }: Origin): readonly DataEntry[] {
  const all: DataEntry[] = [];
  let offset = 0;
  for (const [index, raw] of content.split("\n").entries()) {
    const line = raw
      .replace(/\r$/, "")
      .replace(index === 0 ? /^\uFEFF/ : "", "")
      .replace(/^(?:(?!\uFEFF)[\s\x85])+/, "");
    if (line !== "" && !line.startsWith("#")) {
      const [key = ""] = line.split("=", 1);
      all.push({ key, value: Buffer.from(line.slice(key.length + 1)), origin: { source, offset } });
    }
    offset += raw.length + 1;
  }
  return all;
}
