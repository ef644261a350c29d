const missing = require("../lib/typescript-support.cjs").missingNode("Pulumi ran", "pulumi preview");
if (missing !== undefined) throw new Error(missing);

// An ES module, which Pulumi's own TypeScript compiler leaves alone.
require("./main.js");
