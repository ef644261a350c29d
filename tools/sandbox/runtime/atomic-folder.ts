import {
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** A file in a volume. */
export interface VolumeFile {
  readonly data: Buffer;
  readonly mode: number;
}

/** Name of the link that an update switches to the new files. */
const DATA = "..data";

/**
 * Makes a folder hold exactly these files (keyed by relative path), as the kubelet does: each file is a link through `..data`, which is switched atomically, so
 * that a reader sees either all old files or all new ones, and a watcher sees a single change.
 */
export function writeVolume(folder: string, files: ReadonlyMap<string, VolumeFile>): void {
  mkdirSync(folder, { recursive: true });
  const version = `..${new Date().toISOString().replaceAll(/[:.]/g, "_")}.${crypto.randomUUID().slice(0, 8)}`;
  mkdirSync(join(folder, version));
  for (const [path, { data, mode }] of files) {
    const target = join(folder, version, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, data, { mode });
  }
  const before = readdirSync(folder);
  const old = before.includes(DATA) ? readlinkSync(join(folder, DATA)) : undefined;
  symlinkSync(version, join(folder, `${DATA}_tmp`));
  renameSync(join(folder, `${DATA}_tmp`), join(folder, DATA));
  const visible = new Set([...files.keys()].map((path) => path.split("/")[0] ?? path));
  for (const name of visible) if (!before.includes(name)) symlinkSync(join(DATA, name), join(folder, name));
  for (const name of before) {
    if (!name.startsWith("..") && !visible.has(name)) rmSync(join(folder, name));
  }
  if (old !== undefined) rmSync(join(folder, old), { recursive: true, force: true });
}
