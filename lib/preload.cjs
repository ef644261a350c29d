// Node runs this before the Pulumi SDK (`nodeargs` in Pulumi.yaml); main.js runs it again, for a language host that ignores that option. It only saves time.

const { enableCompileCache } = require("node:module");
const { join } = require("node:path");
const { postpone, postponeExports } = require("./lazy-packages.cjs");

// Node before 22.1 has no such function; main.js then says which Node is needed.
enableCompileCache?.(join(__dirname, "../node_modules/.cache/compiled"));

// The SDKs need these only to serialize functions, to run the CLI, for Helm charts, and to send traces.
postpone("@pulumi/pulumi", ["typescript", "./automation"]);
postpone("@pulumi/kubernetes", ["./helm", "./kustomize", "./yaml"]);
postponeExports("@pulumi/pulumi", [
  "@opentelemetry/exporter-zipkin",
  "@opentelemetry/instrumentation",
  "@opentelemetry/instrumentation-grpc",
  "@opentelemetry/resources",
  "@opentelemetry/sdk-trace-base",
  "@opentelemetry/sdk-trace-node",
]);
