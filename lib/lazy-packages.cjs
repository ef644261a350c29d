// In CommonJS, because the packages are loaded by `require` in the Pulumi SDK.

const { createRequire } = require("node:module");

/**
 * Postpones loading packages until one of their exports is used, for CommonJS modules that load them from now on. Packages that are not installed, or are
 * loaded already, are skipped.
 * @param importer package whose dependencies they are
 */
exports.postpone = (importer, packages) => replaceEach(importer, packages, (load, key) => load()[key]);

/**
 * The same for packages whose exports their importers take out at once, as in `const { Name } = require("package")`: loads a package when one of them is called
 * or constructed. All exports in use must be functions or classes.
 */
exports.postponeExports = (importer, packages) => replaceEach(importer, packages, postponedExport);

function replaceEach(importer, packages, valueOf) {
  const requireThere = createRequire(require.resolve(importer));
  for (const name of packages) {
    const path = pathOf(requireThere, name);
    if (path !== undefined) require.cache[path] ??= postponed(path, valueOf);
  }
}

function pathOf(requireThere, name) {
  try {
    return requireThere.resolve(name);
  } catch {
    return undefined;
  }
}

function postponed(path, valueOf) {
  let loaded;
  const load = () => {
    if (loaded === undefined) {
      delete require.cache[path];
      loaded = require(path);
    }
    return loaded;
  };
  // `__esModule` keeps TypeScript's `import *` from copying the exports.
  const get = (_, key) => (key === "__esModule" && loaded === undefined ? true : valueOf(load, key));
  return { id: path, filename: path, loaded: true, children: [], exports: new Proxy({}, { get }) };
}

function postponedExport(load, key) {
  const proxy = new Proxy(function () {}, {
    apply: (_, self, values) => Reflect.apply(load()[key], self, values),
    // Another class may extend it.
    construct: (_, values, target) =>
      Reflect.construct(load()[key], values, target === proxy ? load()[key] : target),
    get: (_, property) => load()[key][property],
  });
  return proxy;
}
