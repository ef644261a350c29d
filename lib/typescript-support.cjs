// Plain JavaScript, which any Node runs: without this check, a Node that does not strip types reports an unknown file extension.

/** What is missing to run TypeScript; undefined if nothing is. `who` runs Node, for `command`. */
exports.missingNode = (who, command) =>
  process.features.typescript
    ? undefined
    : `edgefirst needs Node 22.18 or later (24 is tested), but ${who} Node ${process.versions.node}: ${process.execPath}. Nothing was changed.
Install a newer Node, or put the one that \`npm ci\` installed on Linux first on PATH: PATH="$PWD/node_modules/.bin:$PATH" ${command}`;
