import { posix } from "node:path";
import "core-js/actual/map/group-by.js";
import "core-js/actual/object/group-by.js";
import "core-js/actual/regexp/escape.js";
import "core-js/actual/set/index.js";
import { minimatch } from "minimatch";

// Features that the commands use and that Node 20 (the package) or 22 (a clone) lacks. Node 24 never loads this file. core-js adds only what is missing; the
// older matchesGlob works, but prints a warning at each start.
posix.matchesGlob = (path, pattern) => minimatch(path, pattern, { nocomment: true, nonegate: true });
