/** Node's module `http`. An `import` of it reads all of its exports, and two of them load Node's whole implementation of `fetch`, which the program does without. */
export const http = process.getBuiltinModule("node:http");
