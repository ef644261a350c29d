// Loaded by `node --import` into a program under test: appends each module that Node loads and each file that the program reads, one per
// line, to the file that RECORD_FILES names.
import fs from "node:fs";
import { registerHooks, syncBuiltinESMExports } from "node:module";
import { fileURLToPath } from "node:url";

const { appendFileSync } = fs;
const record = (path) => {
  if (path instanceof URL) path = fileURLToPath(path);
  if (typeof path === "string") appendFileSync(process.env.RECORD_FILES, `${path}\n`);
};

registerHooks({
  load(url, context, next) {
    if (url.startsWith("file:")) record(new URL(url.split("?")[0]));
    return next(url, context);
  },
});
for (const object of [fs, fs.promises])
  for (const name of ["readFileSync", "openSync", "readFile", "open", "createReadStream"]) {
    const original = object[name];
    if (original === undefined) continue;
    object[name] = (path, ...rest) => {
      record(path);
      return original.call(object, path, ...rest);
    };
  }
syncBuiltinESMExports();
