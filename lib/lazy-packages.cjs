// In CommonJS, because the packages are loaded by `require` in the Pulumi SDK.

const { createRequire } = require("node:module");

/**
 * Postpones loading packages until one of their exports is used, for CommonJS modules that load them from now on. Packages that are not installed are skipped.
 * @param importer package whose dependencies they are
 */
exports.postpone = (importer, packages) => {
  const requireThere = createRequire(require.resolve(importer));
  for (const name of packages) {
    const path = pathOf(requireThere, name);
    if (path !== undefined) require.cache[path] ??= postponed(path);
  }
};

function pathOf(requireThere, name) {
  try {
    return requireThere.resolve(name);
  } catch {
    return undefined;
  }
}

function postponed(path) {
  let loaded;
  const load = () => {
    if (loaded === undefined) {
      delete require.cache[path];
      loaded = require(path);
    }
    return loaded;
  };
  // `__esModule` keeps TypeScript's `import *` from copying the exports.
  const get = (_, key) => (key === "__esModule" && loaded === undefined ? true : load()[key]);
  return { id: path, filename: path, loaded: true, children: [], exports: new Proxy({}, { get }) };
}
