/**
 * Node's module `http`. An `import` of it reads all of its exports, and two of them load Node's whole implementation of `fetch`, 7 MB that
 * the program and the sandbox's agents do without.
 */
export const http = process.getBuiltinModule("node:http");
